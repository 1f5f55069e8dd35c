/** The live room: puts the views together, holds how things look on this device, keys and notices. */

import { Listeners, h, setAttribute, svg } from "../../lib/dom.js";
import { Menu } from "../../lib/menu.js";
import { maskName } from "../../lib/names.js";
import { recall, remember } from "../../lib/storage.js";
import { Store } from "../../lib/store.js";
import { ICONS } from "../icons.js";
import { looksOn, myHand } from "../room-state.js";
import { Captions } from "./captions.js";
import { Controls } from "./controls.js";
import { answerCheck, answerInvitation } from "./dialogs.js";
import { More } from "./more.js";
import { sentenceFor } from "./notice-words.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";
import { TopBar } from "./top-bar.js";

/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("../../messages.js").Reaction} Reaction */

/**
 * @typedef {object} UiState how the room looks on this device
 * @property {boolean} panel the side panel is open
 * @property {"chat" | "people"} tab
 * @property {boolean} both there is room for chat and participants at once
 * @property {boolean} inline the panel stands below the stage and cannot be closed
 * @property {boolean} narrow a phone
 * @property {boolean} simple
 * @property {boolean} large
 * @property {boolean} screenOnly
 * @property {boolean} captions what is said is shown in writing
 * @property {boolean} captionsLarge
 * @property {boolean} captionsRead screen readers read them
 * @property {boolean} writing the box for writing captions is open
 * @property {string | null} pinned tile id
 * @property {number} unread chat lines nobody has seen
 */

/**
 * @typedef {object} Context what every view may use
 * @property {Session} session
 * @property {import("../page.js").Page} page
 * @property {import("../texts.js").Words} words
 * @property {import("../../lib/timing.js").Language} language
 * @property {Store<UiState>} ui
 * @property {Menu} menu
 * @property {boolean} consent agreed to being recorded
 * @property {(view: {peer: string, name: string, role: string}) => string} nameOf as this person may see it
 * @property {() => void} unlock play sound and pictures after a touch
 * @property {() => void} leave
 * @property {() => void} openMore
 * @property {(open?: boolean) => void} togglePanel
 * @property {(on: boolean) => void} setSimple
 * @property {(on: boolean) => void} setLarge
 * @property {(change: {captions?: boolean, captionsLarge?: boolean, captionsRead?: boolean}) => void} setCaptions
 * @property {(kind: import("./device-fields.js").DeviceKind, id: string) => void} chooseDevice
 * @property {() => import("../../lib/menu.js").MenuItem[]} reactions
 */

const LOOKS = "room.looks";
const WIDE = "(min-width: 1100px) and (min-height: 600px)";
const NARROW = "(max-width: 700px), (max-height: 460px)";
const INLINE = "(max-width: 899px) and (orientation: portrait)";
/** @type {readonly Reaction[]} */
const REACTIONS = ["clap", "heart", "thumbs-up", "laugh", "surprise"];

export class RoomView {
  #listeners = new Listeners();
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {AbortController | null} an invitation is being answered */
  #question = null;
  #captioned = false; // a line came since we are here
  /** @type {{check: string, asked: AbortController} | null} "are you there?" as we were asked last */
  #check = null;

  /**
   * @param {object} options
   * @param {Session} options.session
   * @param {import("../page.js").Page} options.page
   * @param {import("../texts.js").Words} options.words
   * @param {import("../../lib/timing.js").Language} options.language
   * @param {boolean} options.consent
   * @param {import("../sounds.js").Sounds} options.sounds
   */
  constructor({ session, page, words, language, consent, sounds }) {
    this.element = h("div", { class: "room" });
    this.session = session;
    const looks = recall("local", LOOKS) ?? {};
    /** @type {UiState} */
    const initial = { panel: true, tab: "chat", both: false, inline: false, narrow: false, simple: looks.simple === true, large: looks.large === true, screenOnly: false, captions: looks.captions === true || page.role === "captioner", captionsLarge: looks.captionsLarge === true, captionsRead: looks.captionsRead === true, writing: page.role === "captioner", pinned: null, unread: 0 };
    this.ui = new Store(initial);
    const menu = new Menu(this.element);
    /** @type {Context} */
    this.context = {
      session,
      page,
      words,
      language,
      ui: this.ui,
      menu,
      consent,
      nameOf: ({ peer, name, role }) => {
        const others = page.mask_names && session.state.class.role !== "instructor" && role === "learner" && peer !== session.state.class.me;
        return others ? maskName(name) : name;
      },
      unlock: () => {
        void sounds.unlock();
        this.stage.wake();
        session.soundBlocked(false);
      },
      leave: () => session.leave(),
      openMore: () => this.more.open(),
      togglePanel: (open) => this.#togglePanel(open),
      setSimple: (on) => this.#setLooks({ simple: on }),
      setLarge: (on) => this.#setLooks({ large: on }),
      setCaptions: (change) => this.#setLooks(change),
      chooseDevice: (kind, id) => (kind === "speaker" ? void sounds.choose(id) : void session.media.choose(kind, id)),
      reactions: () => REACTIONS.map((reaction) => ({ label: words(`react.${reaction}`), icon: svg(ICONS[reaction]), run: () => session.react(reaction) })),
    };
    this.top = new TopBar(this.context);
    this.stage = new Stage(this.context);
    this.panel = new Panel(this.context);
    this.captions = new Captions(this.context);
    this.controls = new Controls(this.context, this.top.more);
    this.notices = new Notices(this.context);
    this.more = new More(this.context);
    this.element.prepend(this.top.element, h("div", { class: "room__centre" }, this.stage.element, this.captions.element, this.captions.writer, this.notices.element), this.panel.element, this.controls.element, this.more.element);
  }

  // -- lifecycle ------------------------------------------------------------------------------------------------------

  start() {
    this.#watchShape();
    this.top.start();
    this.stage.start();
    this.#ends.push(this.session.store.subscribe(() => this.#update()), this.ui.subscribe(() => this.#update()));
    this.#listeners.listen(document, "keydown", (event) => this.#onKey(event));
    this.#listeners.listen(document, "fullscreenchange", () => this.#update());
    this.#listeners.listen(document, "visibilitychange", () => document.visibilityState === "visible" && this.stage.wake());
    this.stage.element.focus({ preventScroll: true });
  }

  stop() {
    for (const end of this.#ends) end();
    this.#listeners.stop();
    this.#question?.abort();
    this.#check?.asked.abort();
    this.more.close();
    this.top.stop();
    this.stage.stop();
    this.element.remove();
  }

  // -- once-only news -------------------------------------------------------------------------------------------------

  /**
   * @param {string} code
   * @param {Record<string, any>} values
   */
  onNotice(code, values) {
    switch (code) {
      case "chat-posted":
        this.#onChat();
        return;
      case "reacted":
        this.#onReaction(values.peer, values.reaction);
        return;
      case "invited":
        void this.#onInvited(values.name);
        return;
      case "captioned":
        this.#onCaption(values.text, values.language);
        return;
      case "caption-refused":
        this.captions.restore();
        return;
      case "chat-refused":
        this.panel.chat.restore(values.text);
        this.onNotice(values.code, {});
        return;
      default: {
        const notice = sentenceFor(code, values, this.context.words);
        const raise = code === "ask-to-speak" && myHand(this.session.state.class) === 0;
        const action = raise ? { label: this.context.words("notice.raise-hand"), run: () => this.session.toggleHand() } : undefined;
        this.notices.show(notice.text, { ...notice, ...(action ? { action } : {}) });
      }
    }
  }

  #onChat() {
    const { panel, both, tab, unread } = this.ui.state;
    const seen = panel && (both || tab === "chat") && document.visibilityState === "visible";
    if (!seen) this.ui.set({ ...this.ui.state, unread: unread + 1 });
  }

  /**
   * The first line tells those who have them switched off that there are captions.
   * @param {string} text
   * @param {import("../../messages.js").Language} language
   */
  #onCaption(text, language) {
    this.captions.show(text, language);
    const told = this.#captioned;
    this.#captioned = true;
    if (told || this.ui.state.captions || this.ui.state.writing) return;
    const { words } = this.context;
    this.notices.show(words("notice.captioned"), { action: { label: words("captions.show"), run: () => this.#setLooks({ captions: true }) } });
  }

  /**
   * @param {string} peer
   * @param {Reaction} reaction
   */
  #onReaction(peer, reaction) {
    const view = this.session.state.class.room?.peers.find((other) => other.peer === peer);
    this.stage.reactions.show(reaction, view ? this.context.nameOf(view) : "");
  }

  /** @param {string} name */
  async #onInvited(name) {
    this.#question?.abort();
    const question = new AbortController();
    this.#question = question;
    await answerInvitation(this.context, name, question.signal);
    if (this.#question === question) this.#question = null;
  }

  /**
   * Asked once per check; put away without an answer, a notice keeps the button within reach.
   * @param {import("../../messages.js").CheckView | null} check
   */
  #onCheck(check) {
    if (check?.check === this.#check?.check) return;
    this.#check?.asked.abort();
    this.#check = null;
    if (check === null || this.session.state.class.role !== "learner") return;
    const asked = new AbortController();
    this.#check = { check: check.check, asked };
    void this.#askCheck(check, asked.signal);
  }

  /**
   * @param {import("../../messages.js").CheckView} check
   * @param {AbortSignal} signal
   */
  async #askCheck(check, signal) {
    const { words } = this.context;
    if (await answerCheck(this.context, check, signal)) {
      this.onNotice("check-answered", {});
    } else if (!signal.aborted) {
      const action = { label: words("check.here"), run: () => void (this.session.answerCheck(check.check) && this.onNotice("check-answered", {})) };
      this.notices.show(words("notice.check-waiting"), { ...sentenceFor("check-waiting", {}, words), action });
    }
  }

  // -- state ----------------------------------------------------------------------------------------------------------

  #update() {
    const { state } = this.session;
    const looks = this.ui.state;
    /** @type {UiState} the simple view has the conversation and nothing else at its side */
    const ui = looks.simple ? { ...looks, both: false, tab: "chat" } : looks;
    if (state.over !== null) return;
    const seen = ui.panel && (ui.both || ui.tab === "chat");
    if (seen && ui.unread > 0) {
      this.ui.set({ ...looks, unread: 0 });
      return;
    }
    this.#onCheck(state.class.room?.check ?? null);
    if (this.#question && state.class.room !== null && state.class.invitedBy === null) this.#question.abort();
    setAttribute(this.element, "data-panel", ui.panel);
    setAttribute(this.element, "data-simple", ui.simple);
    setAttribute(this.element, "data-role", state.class.role);
    document.documentElement.dataset.text = ui.large ? "large" : "normal";
    for (const view of [this.top, this.stage, this.captions, this.panel, this.controls, this.more]) view.update(state, ui);
  }

  /** Follow the shape of the window: phone or desk, upright or lying. */
  #watchShape() {
    const queries = { both: matchMedia(WIDE), narrow: matchMedia(NARROW), inline: matchMedia(INLINE) };
    const read = () => ({ both: queries.both.matches, narrow: queries.narrow.matches, inline: queries.inline.matches });
    const roomy = matchMedia("(min-width: 900px)");
    const follow = () => {
      const shape = read();
      this.ui.set({ ...this.ui.state, ...shape, panel: shape.inline || this.ui.state.panel });
    };
    this.ui.set({ ...this.ui.state, ...read(), panel: queries.inline.matches || roomy.matches });
    for (const query of Object.values(queries)) this.#listeners.listen(query, "change", follow);
  }

  /** @param {{simple?: boolean, large?: boolean, captions?: boolean, captionsLarge?: boolean, captionsRead?: boolean}} change */
  #setLooks(change) {
    const next = { ...this.ui.state, ...change };
    this.ui.set(next);
    const { simple, large, captions, captionsLarge, captionsRead } = next;
    remember("local", LOOKS, { simple, large, captions, captionsLarge, captionsRead });
  }

  /** @param {boolean} [open] */
  #togglePanel(open = !this.ui.state.panel) {
    this.ui.set({ ...this.ui.state, panel: open });
    if (!open && this.panel.element.contains(document.activeElement)) this.top.panel.focus();
  }

  // -- keys -----------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (this.top.close()) return;
      if (this.ui.state.panel && !this.ui.state.both && !this.ui.state.inline) this.#togglePanel(false);
      return;
    }
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu]")) return;
    // by place on the keyboard too: with Hangul switched on the M key types ㅡ
    const press = { KeyM: () => this.session.toggleMicrophone(), KeyV: () => this.session.toggleCamera(), KeyH: () => this.#hand() }[event.code];
    if (!press || looksOn(this.session.state.class.role)) return;
    event.preventDefault();
    press();
  }

  #hand() {
    if (this.session.state.class.role === "learner") this.session.toggleHand();
  }
}
