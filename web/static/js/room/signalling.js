/**
 * One WebSocket to the room, kept alive: hello → welcome → messages, a heartbeat every 5 s, and a new connection whenever the
 * old one is lost, with the resume token that gives our place back. The network's return and a page that becomes visible are
 * reasons to try at once. Who listens is told every message, every change of status, and once when it is over for good.
 */

import { VERSION, readFrame } from "../messages.js";
import { backoff_ms } from "../lib/timing.js";
import { Reach } from "./reach.js";
import { Listeners } from "../lib/dom.js";
import { TicketRefused } from "./tickets.js";

/** @typedef {import("../messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./tickets.js").Ticket} Ticket */
/** @typedef {"connecting" | "open" | "waiting" | "closed"} Status */

const HEARTBEAT_MS = 5000;
const SILENCE_MS = 8500; // a heartbeat and most of a second one went unanswered
const LOOK_MS = 1000;
const HANGS_MS = 1500; // an attempt that has not got through by then is worth asking beside it
const WELCOME_MS = 6000;
const PROBE_MS = 2500;
const YOUNG_MS = 400; // an attempt younger than this has not met the dead line
const LATE_BYTES = 64 * 1024; // more than this unsent: passing wishes are dropped
const STUCK_BYTES = 1024 * 1024; // more than this: the connection is as good as dead

/** After these the server will not have us back; the page says why. */
const FINAL = new Set(["class-ended", "removed", "replaced", "left", "lesson-over", "lesson-unknown", "ticket-invalid", "version", "account-closed", "no-captioner"]);

export class Signalling {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Ticket | null} */
  #ticket = null;
  /** @type {string | null} */
  #resume = null;
  /** @type {Status} */
  #status = "closed";
  #attempt = 0;
  #heard_ms = 0;
  #beaten_ms = 0;
  #began_ms = 0; // the attempt in progress; an older one that still waits for its ticket is nobody's any more
  #answered = false; // the server is known to answer heartbeats
  #stopped = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;
  #listeners = new Listeners();
  #reach = new Reach("/healthz", () => this.#onReached());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hanging;

  /**
   * @param {object} options
   * @param {string} options.url ws:// or wss://
   * @param {() => Promise<Ticket>} options.ticket
   * @param {string | null} options.resume token of an earlier welcome
   * @param {(message: ServerMessage) => void} options.receive
   * @param {(status: Status) => void} options.status
   * @param {(code: string) => void} options.over called once; nothing follows
   */
  constructor(options) {
    this.options = options;
    this.#resume = options.resume;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#listeners.listen(window, "online", () => this.wake());
    this.#listeners.listen(window, "pageshow", () => this.wake());
    this.#listeners.listen(document, "visibilitychange", () => document.visibilityState === "visible" && this.wake());
    this.#beat = setInterval(() => this.#onBeat(), LOOK_MS);
    this.#connect();
  }

  /** Close without a word: the server keeps our place for a while. */
  stop() {
    this.#stopped = true;
    this.#listeners.stop();
    this.#reach.stop();
    clearInterval(this.#beat);
    this.#drop();
    this.#become("closed");
  }

  /** Say goodbye and close. */
  leave() {
    this.send({ type: "leave" });
    this.stop();
  }

  /** The token that gives our place back after a reload. */
  get resume() {
    return this.#resume;
  }

  /**
   * @param {ClientMessage} message
   * @param {{passing?: boolean}} [options] passing: not worth sending late
   * @returns {boolean} false when it could not be sent
   */
  send(message, { passing = false } = {}) {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN || this.#status !== "open") return false;
    if (passing && socket.bufferedAmount > LATE_BYTES) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  /** Something hints that the network changed: connect now, or make sure that the connection is alive. */
  wake() {
    if (this.#stopped) return;
    this.#attempt = 0;
    if (this.#status === "open") this.probe();
    else if (this.#status === "waiting" || performance.now() - this.#began_ms > YOUNG_MS) this.#connect();
  }

  /**
   * Ask for a sign of life; without an answer in time the connection is replaced.
   * @param {number} [patience_ms]
   */
  probe(patience_ms = PROBE_MS) {
    const socket = this.#socket;
    const asked_ms = performance.now();
    if (socket === null || !this.send({ type: "heartbeat" }) || !this.#answered) return;
    setTimeout(() => {
      if (this.#heard_ms >= asked_ms || socket !== this.#socket || this.#stopped) return;
      this.#drop();
      this.#become("waiting");
      void this.#connect();
    }, patience_ms);
  }

  // -- connecting -----------------------------------------------------------------------------------------------------

  async #connect() {
    this.#began_ms = performance.now();
    clearTimeout(this.#retry);
    this.#become("connecting");
    let socket;
    try {
      socket = new WebSocket(this.options.url);
    } catch {
      this.#again();
      return;
    }
    this.#drop();
    this.#socket = socket;
    this.#hanging = setTimeout(() => this.#reach.start(), HANGS_MS);
    socket.onmessage = (event) => this.#onFrame(socket, event.data);
    socket.onclose = () => this.#lost(socket);
    const opened = new Promise((resolve) => {
      socket.onopen = resolve;
    });
    let ticket;
    try {
      ticket = await this.#usableTicket(); // on its way while the line is built
    } catch (wrong) {
      if (this.#stopped || socket !== this.#socket) return;
      if (wrong instanceof TicketRefused) this.#end(wrong.code);
      else this.#lost(socket);
      return;
    }
    if (this.#stopped || socket !== this.#socket) return;
    this.#deadline = setTimeout(() => this.#lost(socket), WELCOME_MS);
    await opened;
    if (this.#stopped || socket !== this.#socket) return;
    clearTimeout(this.#hanging);
    this.#reach.stop();
    socket.send(JSON.stringify({ type: "hello", version: VERSION, ticket: ticket.ticket, resume: this.#resume }));
  }

  /** With a resume token an expired ticket is good enough; otherwise it must live long enough to arrive. */
  async #usableTicket() {
    const known = this.#ticket;
    if (known !== null && (this.#resume !== null || known.expires_at_ms - Date.now() > 5000)) return known;
    this.#ticket = await this.options.ticket();
    return this.#ticket;
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket || this.#stopped) return;
    this.#drop();
    this.#again();
  }

  /** The line is back: what hangs in an old attempt is not waited for. */
  #onReached() {
    if (this.#stopped || this.#status === "open") return;
    this.#attempt = 0;
    void this.#connect();
  }

  #again() {
    this.#become("waiting");
    this.#reach.start();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), backoff_ms(this.#attempt++));
  }

  /** @param {string} code */
  #end(code) {
    this.stop();
    this.options.over(code);
  }

  #drop() {
    clearTimeout(this.#deadline);
    clearTimeout(this.#hanging);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {Status} status */
  #become(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.options.status(status);
  }

  // -- receiving ------------------------------------------------------------------------------------------------------

  /**
   * @param {WebSocket} socket
   * @param {unknown} data
   */
  #onFrame(socket, data) {
    if (socket !== this.#socket || typeof data !== "string") return;
    this.#heard_ms = performance.now();
    for (const message of readFrame(data)) {
      if (socket !== this.#socket) return;
      this.#onMessage(message);
    }
  }

  /** @param {ServerMessage} message */
  #onMessage(message) {
    switch (message.type) {
      case "alive":
        this.#answered = true;
        return;
      case "closed":
        this.#onClosed(message.code);
        return;
      case "welcome":
        clearTimeout(this.#deadline);
        this.#reach.stop();
        this.#attempt = 0;
        this.#resume = message.resume;
        this.options.receive(message);
        this.#become("open");
        this.send({ type: "heartbeat" });
        return;
      default:
        this.options.receive(message);
    }
  }

  /** @param {string} code */
  #onClosed(code) {
    if (FINAL.has(code)) {
      this.#end(code);
      return;
    }
    if (code === "ticket-expired") {
      this.#ticket = null;
      this.#drop();
      this.#become("waiting");
      this.#attempt === 0 ? this.#connect() : this.#again();
      this.#attempt++;
      return;
    }
    // our place may be gone with the reason for closing: a fresh ticket is asked for when the token is refused
    this.#drop();
    this.#again();
  }

  // -- proof of life --------------------------------------------------------------------------------------------------

  #onBeat() {
    const socket = this.#socket;
    if (this.#status !== "open" || socket === null) return;
    const now_ms = performance.now();
    const silent = this.#answered && now_ms - this.#heard_ms > SILENCE_MS;
    if (silent || socket.bufferedAmount > STUCK_BYTES) {
      this.#lost(socket);
    } else if (now_ms - this.#beaten_ms > HEARTBEAT_MS - LOOK_MS / 2) {
      this.#beaten_ms = now_ms;
      this.send({ type: "heartbeat" });
    }
  }
}
