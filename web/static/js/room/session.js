/**
 * One stay in a class: joins the socket, the two media connections and the devices, and holds what the views show.
 *
 * The views read `store` and call the actions; what happens once (a hand, a removal, a device that fails) is told to `notify`.
 * What the room knows is never changed here by guessing: an action is sent, the server's event changes the state.
 */

import { Store } from "../lib/store.js";
import { EMPTY, myself, pictures, reduce } from "./room-state.js";
import { isSilenced, losesSpeech, newsOf } from "./news.js";
import { Signalling } from "./signalling.js";
import { ViewLink } from "./view-link.js";
import { PublishLink } from "./publish-link.js";
import { LocalMedia } from "./local-media.js";
import { Monitor } from "./monitor.js";
import { Layers } from "./layers.js";
import { OtherWindows, ScreenLight } from "./presence.js";

/** @typedef {import("./room-state.js").ClassState} ClassState */
/** @typedef {import("../messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../messages.js").Source} Source */
/** @typedef {import("../messages.js").Reaction} Reaction */
/** @typedef {import("./local-media.js").Switches} Switches */
/** @typedef {{id: string, text: string}} PendingLine */

/**
 * @typedef {object} SessionState
 * @property {ClassState} class
 * @property {import("./signalling.js").Status} signalling
 * @property {import("./peer-link.js").LinkStatus} view
 * @property {number} viewFailures attempts in a row that did not connect
 * @property {import("./quality.js").Grade} grade
 * @property {import("./quality.js").Cause} cause what the grade comes from
 * @property {Switches} switches our microphone, camera and screen
 * @property {ReadonlyMap<string, MediaStreamTrack>} tracks slot → received track
 * @property {readonly PendingLine[]} pending chat lines on their way
 * @property {boolean} soundBlocked the browser wants a touch before it plays sound
 * @property {string | null} over why the stay ended
 * @property {number} clock_ms server's clock minus ours
 */

/**
 * @typedef {object} SessionOptions
 * @property {string} lesson
 * @property {string} url of the WebSocket
 * @property {() => Promise<import("./tickets.js").Ticket>} ticket
 * @property {string | null} resume
 * @property {string | null} [codec] "vp9" or "av1": what pictures are offered in before VP8
 * @property {import("./sounds.js").Sounds} sounds
 * @property {(code: string, values?: Record<string, any>) => void} notify
 */

const HAND_MS = 200;
const STALL_PROBE_MS = 800; // the picture stands: does the room answer?
const SUSPECT_VIEW_MS = 300;
const SUSPECT_PUBLISH_MS = 2500; // the relay reports to who sends every second

export class Session {
  #layers = new Layers();
  /** @type {Monitor} */
  #monitor;
  #light = new ScreenLight();
  #windows = new OtherWindows();
  #wasIn = false; // a view connection was up since we entered
  #wasLost = false; // the room was out of reach since then

  /** @param {SessionOptions} options */
  constructor(options) {
    this.options = options;
    this.notify = options.notify;
    this.media = new LocalMedia({
      changed: (switches) => this.#patch({ switches }),
      publish: () => this.#publish(),
      muted: (source, muted) => this.#send({ type: "set-muted", source, muted }),
      notify: (code) => this.notify(code),
    });
    /** @type {SessionState} */
    const initial = {
      class: EMPTY,
      signalling: "connecting",
      view: "idle",
      viewFailures: 0,
      grade: "good",
      cause: "none",
      switches: this.media.switches,
      tracks: new Map(),
      pending: [],
      soundBlocked: false,
      over: null,
      clock_ms: 0,
    };
    this.store = new Store(initial);
    const send = (/** @type {ClientMessage} */ message) => this.#send(message);
    this.view = new ViewLink({ send, tracks: (tracks) => this.#onTracks(tracks), status: () => this.#onLinks() });
    this.publishing = new PublishLink({ codec: options.codec ?? null, send, sending: (sources) => this.media.tellMuted(sources), status: () => this.#onLinks() });
    this.#monitor = new Monitor(this.view, this.publishing, () => this.#wantedPictures(), ({ grade, cause }) => this.#onJudged(grade, cause), () => this.signalling.probe(STALL_PROBE_MS));
    this.signalling = new Signalling({
      url: options.url,
      ticket: options.ticket,
      resume: options.resume,
      receive: (message) => this.#receive(message),
      status: (status) => this.#onStatus(status),
      over: (code) => this.#end(code),
    });
  }

  get state() {
    return this.store.state;
  }

  /** We have been in the room and something of it is missing just now. */
  get reconnecting() {
    const moving = this.state.class.room?.media === "moving";
    return this.#wasIn && (moving || this.state.signalling !== "open" || this.state.view !== "connected");
  }

  // -- lifecycle ------------------------------------------------------------------------------------------------------

  start() {
    this.signalling.start();
    this.#light.start();
    this.#windows.start(this.options.lesson, () => this.notify("other-window"));
    this.#monitor.start();
  }

  /** Leave for good. */
  leave() {
    this.signalling.leave();
    this.#end("left");
  }

  /** The page goes away (reload, closed tab): say goodbye; coming back resumes our place. */
  hide() {
    this.signalling.leave();
    this.view.close();
    this.publishing.close();
  }

  /** The page is visible again, or the network is back. */
  wake() {
    this.options.sounds.wake();
    this.media.wake();
    this.view.check();
    this.publishing.check();
    this.#suspect();
  }

  // -- actions: everybody ---------------------------------------------------------------------------------------------

  toggleMicrophone() {
    this.#speak(() => this.media.toggleMicrophone());
  }

  toggleCamera() {
    this.#speak(() => this.media.toggleCamera());
  }

  toggleScreen() {
    if (this.#mayPublish()) void this.media.toggleScreen();
  }

  toggleHand() {
    const { room, me } = this.state.class;
    if (room === null || me === null) return;
    const up = room.hands.includes(me);
    this.#act(up ? { type: "lower-hand", peer: me } : { type: "raise-hand" });
  }

  /** @param {Reaction} reaction */
  react(reaction) {
    this.#act({ type: "react", reaction });
  }

  /** @param {string} text */
  sendChat(text) {
    const line = { id: newId(), text };
    this.#patch({ pending: [...this.state.pending, line] });
    this.#send({ type: "send-chat", ...line });
  }

  /**
   * @param {boolean} accept
   * @param {{camera?: boolean}} [wish]
   */
  answerInvitation(accept, { camera = false } = {}) {
    if (!this.#act({ type: "answer-invitation", accept })) return;
    if (accept) void this.media.speak({ camera });
  }

  /** @param {string} check */
  answerCheck(check) {
    return this.#act({ type: "answer-check", check });
  }

  /** Give the right to speak back. */
  stopSpeaking() {
    if (this.state.class.me) this.#act({ type: "end-speaking", peer: this.state.class.me });
  }

  /**
   * The browser refuses (or allows) to play sound.
   * @param {boolean} blocked
   */
  soundBlocked(blocked) {
    this.#patch({ soundBlocked: blocked });
  }

  // -- actions: the instructor ----------------------------------------------------------------------------------------

  /**
   * Tells whether it could be sent.
   * @param {ClientMessage} message
   */
  lead(message) {
    return this.#act(message);
  }

  // -- what is displayed ----------------------------------------------------------------------------------------------

  /**
   * @param {string} slot
   * @param {number} height device pixels shown now, 0 = hidden
   */
  preferLayer(slot, height) {
    if (this.view.status !== "connected") return;
    const wish = this.#layers.want(slot, height, performance.now());
    if (wish !== null) this.signalling.send({ type: "prefer-layer", slot, max_height: wish }, { passing: true });
  }

  // -- from the server ------------------------------------------------------------------------------------------------

  /** @param {ServerMessage} message */
  #receive(message) {
    const before = this.state.class;
    const after = reduce(before, message);
    this.#patch({ class: after });
    switch (message.type) {
      case "welcome":
        this.#onWelcome(before, message);
        break;
      case "view-offered":
        void this.view.receiveOffer(message.sdp, message.slots);
        break;
      case "published":
        void this.publishing.receiveAnswer(message.sdp);
        break;
      case "offer-again":
        this.publishing.offerAgain(message.codecs);
        break;
      case "media-changed":
        this.#allow(message.media === "up", { view: true, publish: true });
        break;
      case "error":
        this.#onError(message.code, message.about);
        break;
      case "chat-posted":
        if (message.line.peer === after.me) this.#patch({ pending: this.state.pending.filter((line) => line.id !== message.line.id) });
        break;
      default:
    }
    this.#onRights(before, after);
    for (const { code, values } of newsOf(before, message, after)) this.#tell(code, values);
  }

  /**
   * @param {string} code
   * @param {Record<string, any>} [values]
   */
  #tell(code, values) {
    // an invitation lowers the hand too, and has its own question
    if (code === "hand-down") setTimeout(() => this.state.class.invitedBy === null && this.notify(code), HAND_MS);
    else this.notify(code, values);
  }

  /**
   * @param {ClassState} before
   * @param {import("../messages.js").Welcome} message
   */
  #onWelcome(before, message) {
    const said = new Set(message.room.chat.filter((line) => line.peer === message.peer).map((line) => line.id));
    this.#patch({ clock_ms: Date.parse(message.now) - Date.now(), pending: this.state.pending.filter((line) => !said.has(line.id)) });
    const moved = before.me !== message.peer;
    const held = moved ? [] : message.media;
    // the socket becomes "open" right after this; the links may ask from then on
    queueMicrotask(() => {
      this.#allow(message.room.media === "up", { view: !held.includes("view"), publish: !held.includes("publish") });
      this.view.open();
      this.#publish();
      this.media.tellMuted(this.publishing.sources);
      for (const line of this.state.pending) this.#send({ type: "send-chat", ...line });
    });
  }

  /**
   * @param {ClassState} before
   * @param {ClassState} after
   */
  #onRights(before, after) {
    if (losesSpeech(before, after)) this.media.stop();
    if (isSilenced(before, after) && this.media.switches.microphone === "on") {
      this.media.obeyMute();
      this.notify("muted-by-instructor");
    }
  }

  /**
   * @param {string} code
   * @param {string} about
   */
  #onError(code, about) {
    if (about === "publish" || about === "view" || about === "view-answer") {
      (about === "publish" ? this.publishing : this.view).refused();
      if (code === "room-full" || code === "no-usable-codec") this.notify(code);
      return;
    }
    if (about === "prefer-layer" || about === "heartbeat" || about === "set-muted") return;
    if (about === "send-chat") {
      const [line, ...rest] = this.state.pending;
      this.#patch({ pending: rest });
      this.notify("chat-refused", { code, text: line?.text ?? "" });
      return;
    }
    if (about === "post-caption") this.notify("caption-refused");
    this.notify(code);
  }

  /** @param {import("./signalling.js").Status} status */
  #onStatus(status) {
    this.#patch({ signalling: status });
    if (status === "waiting" && this.#wasIn) this.#wasLost = true;
    if (status === "open" && this.#wasLost) {
      this.#wasLost = false;
      this.notify("reconnected");
      this.#suspect();
    }
    if (status !== "open") this.#allow(false, { view: false, publish: false });
  }

  // -- media ----------------------------------------------------------------------------------------------------------

  /**
   * @param {boolean} allowed
   * @param {{view: boolean, publish: boolean}} lost
   */
  #allow(allowed, lost) {
    this.view.allow(allowed, lost.view);
    this.publishing.allow(allowed, lost.publish);
  }

  /** The slots that carry a picture of somebody else which we show. */
  #wantedPictures() {
    const slots = pictures(this.state.class).flatMap((tile) => (tile.slot !== null && !tile.away && this.#layers.wants(tile.slot) ? [tile.slot] : []));
    return new Set(slots);
  }

  /**
   * @param {import("./quality.js").Grade} grade
   * @param {import("./quality.js").Cause} cause
   */
  #onJudged(grade, cause) {
    if (grade !== this.state.grade || cause !== this.state.cause) this.#patch({ grade, cause });
  }

  /** Another network, perhaps: what went over the old one may be dead although nobody has said so yet. */
  #suspect() {
    if (this.#monitor.flowing) void this.view.suspect(SUSPECT_VIEW_MS);
    void this.publishing.suspect(SUSPECT_PUBLISH_MS);
  }

  #publish() {
    if (this.#mayPublish()) void this.publishing.publish(this.media.tracks, new Set(["camera"]));
    else void this.publishing.publish(new Map());
  }

  /** @param {ReadonlyMap<string, MediaStreamTrack>} tracks */
  #onTracks(tracks) {
    this.#layers.forget();
    this.#patch({ tracks });
    this.options.sounds.play(tracks);
  }

  #onLinks() {
    if (this.view.status === "connected") this.#wasIn = true;
    // one that is made beside a working one (a restart of the server, another network) is nobody's trouble
    const view = this.view.status === "connecting" && this.view.alive ? "connected" : this.view.status;
    this.#patch({ view, viewFailures: this.view.status === "connected" ? 0 : this.view.failures });
  }

  // -- helpers --------------------------------------------------------------------------------------------------------

  /** @param {() => Promise<unknown>} press */
  #speak(press) {
    if (this.state.class.me === null) return; // the room has not said yet who may
    this.#mayPublish() ? void press() : this.notify("ask-to-speak");
  }

  #mayPublish() {
    return myself(this.state.class)?.may_publish ?? false;
  }

  /**
   * Send what a person pressed; say so when the room is out of reach.
   * @param {ClientMessage} message
   */
  #act(message) {
    const sent = this.#send(message);
    if (!sent) this.notify("not-connected");
    return sent;
  }

  /** @param {ClientMessage} message */
  #send(message) {
    return this.signalling.send(message);
  }

  /** @param {Partial<SessionState>} change */
  #patch(change) {
    this.store.set({ ...this.store.state, ...change });
  }

  /** @param {string} code */
  #end(code) {
    if (this.state.over !== null) return;
    this.#monitor.stop();
    this.signalling.stop();
    this.view.close();
    this.publishing.close();
    this.media.stop();
    this.options.sounds.stop();
    this.#light.stop();
    this.#windows.stop();
    this.#patch({ over: code });
  }
}

/** `crypto.randomUUID` exists on https only. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");
}
