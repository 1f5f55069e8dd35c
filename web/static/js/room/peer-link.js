/**
 * What the two media connections of a browser have in common: a new RTCPeerConnection replaces the old one only when it is
 * connected (the old picture stays until then), and a connection that fails or stays disconnected for 2 s is replaced.
 * Subclasses say how to negotiate. Nothing is negotiated while `allow(false)`: the room or the relay is away.
 */

import { backoff_ms, wait } from "../lib/timing.js";

const DISCONNECTED_MS = 2000;
const CONNECT_MS = 7000;
const SETTLED_MS = 10_000;
const REPLY_MS = 5000;

/** @typedef {import("../messages.js").ClientMessage} ClientMessage */
/** @typedef {"idle" | "connecting" | "connected" | "waiting"} LinkStatus */

export class PeerLink {
  /** @type {RTCPeerConnection | null} the one that carries media */
  current = null;
  /** @type {RTCPeerConnection | null} the one being made */
  next = null;
  /** attempts since the last connection that lasted */
  failures = 0;
  #wanted = false;
  #allowed = false;
  #connected_ms = 0;
  #asked_ms = 0; // when the question of the attempt in progress went out; 0 = none is open
  #again = false; // another attempt is due as soon as the open question is answered
  /** @type {LinkStatus} */
  #status = "idle";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;

  /**
   * @param {(message: ClientMessage) => boolean} send false when the room is out of reach
   * @param {(status: LinkStatus) => void} onStatus
   */
  constructor(send, onStatus) {
    this.send = send;
    this.onStatus = onStatus;
  }

  /** @returns {LinkStatus} */
  get status() {
    return this.#status;
  }

  /**
   * The room is reachable and the relay is up, or not.
   * @param {boolean} allowed
   * @param {boolean} [lost] the relay no longer holds our connection, whatever it looks like from here
   */
  allow(allowed, lost = false) {
    const before = this.#allowed;
    this.#allowed = allowed;
    if (allowed) {
      if (this.#wanted && (lost || (this.next === null && this.#status !== "connected"))) this.renew();
    } else if (before) {
      clearTimeout(this.#timer);
      this.#asked_ms = 0;
      this.#again = false;
      this.abandon();
      this.settle();
    }
  }

  /**
   * Make a new connection: at once, or as soon as the server has answered the last question, because answers carry no number
   * and must not be taken for another question's.
   */
  renew() {
    this.#wanted = true;
    clearTimeout(this.#timer);
    if (this.#asked_ms > 0 && performance.now() - this.#asked_ms < REPLY_MS) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#asked_ms = 0;
    this.abandon();
    if (!this.#allowed) {
      this.settle();
      return;
    }
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.next = pc;
    pc.onconnectionstatechange = () => this.#onState(pc);
    pc.oniceconnectionstatechange = () => this.#onState(pc);
    this.#deadline = setTimeout(() => this.fail(pc), CONNECT_MS);
    this.settle();
    Promise.resolve(this.negotiate(pc)).catch(() => this.fail(pc));
  }

  /** Want a connection: made now, or as soon as it is allowed. */
  open() {
    this.#wanted = true;
    if (this.#allowed && this.current === null && this.next === null && this.#asked_ms === 0) this.renew();
  }

  /** Close everything; `renew` opens it again. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.abandon();
    this.current?.close();
    this.current = null;
    this.settle();
  }

  /** The network came back: what looks broken is replaced without waiting. */
  check() {
    const state = this.current?.iceConnectionState;
    if (this.#wanted && this.next === null && this.#allowed && state !== "connected" && state !== "completed") this.renew();
  }

  /**
   * The network may have changed under a connection that ought to receive something all the time: when nothing comes for
   * `patience_ms`, it is replaced without waiting until ICE has given up.
   * @param {number} patience_ms
   */
  async suspect(patience_ms) {
    const pc = this.current;
    if (pc === null || this.next !== null) return;
    const before = await this.bytesReceived();
    await wait(patience_ms);
    if (pc !== this.current || this.next !== null || !this.#wanted || !this.#allowed) return;
    if ((await this.bytesReceived()) <= before && pc === this.current && this.next === null) this.renew();
  }

  /** What the connection that carries media has received, in bytes. */
  async bytesReceived() {
    let bytes = 0;
    (await this.current?.getStats())?.forEach((stats) => {
      if (stats.type === "candidate-pair" && stats.nominated) bytes += stats.bytesReceived ?? 0;
    });
    return bytes;
  }

  /**
   * This attempt did not work: another one follows after a pause.
   * @param {RTCPeerConnection} pc
   */
  fail(pc) {
    if (pc !== this.next && (pc !== this.current || this.next !== null)) return;
    if (pc === this.next) {
      this.#asked_ms = 0;
      this.abandon();
    }
    if (this.#connected_ms === 0 || performance.now() - this.#connected_ms < SETTLED_MS) this.failures += 1;
    else this.failures = 0;
    clearTimeout(this.#timer);
    if (this.#wanted && this.#allowed) this.#timer = setTimeout(() => this.renew(), backoff_ms(this.failures));
    this.settle();
  }

  /**
   * Send the one question of an attempt. Throws when the room is out of reach.
   * @param {ClientMessage} message
   */
  ask(message) {
    if (!this.send(message)) throw new Error("the room is out of reach");
    this.#asked_ms = performance.now();
  }

  /** An answer came. @returns {boolean} whether it is for the attempt in progress */
  answered() {
    this.#asked_ms = 0;
    if (!this.#again) return this.next !== null;
    this.renew();
    return false;
  }

  /** The server refused the attempt in progress, or lost the connection it had. */
  refused() {
    const pc = this.next ?? this.current;
    if (this.answered() && pc !== null) this.fail(pc);
    else if (this.next === null && this.#wanted) this.renew();
  }

  /** Give up the attempt in progress; the connection that carries media stays. */
  abandon() {
    clearTimeout(this.#deadline);
    const pc = this.next;
    this.next = null;
    if (pc === null) return;
    pc.onconnectionstatechange = pc.oniceconnectionstatechange = pc.ontrack = null;
    pc.close();
  }

  /**
   * @param {RTCPeerConnection} _pc
   * @returns {Promise<void> | void}
   */
  negotiate(_pc) {}

  /**
   * The new connection carries media; the old one is about to be closed.
   * @param {RTCPeerConnection} _pc
   */
  adopted(_pc) {}

  /** @param {RTCPeerConnection} pc */
  #onState(pc) {
    if (pc === this.next && pc.connectionState === "connected") {
      clearTimeout(this.#deadline);
      const old = this.current;
      this.current = pc;
      this.next = null;
      this.#connected_ms = performance.now();
      this.adopted(pc);
      this.settle();
      if (old) {
        old.onconnectionstatechange = old.oniceconnectionstatechange = old.ontrack = null;
        old.close();
      }
      return;
    }
    if (pc.connectionState === "failed" || pc.connectionState === "closed") {
      this.fail(pc);
      return;
    }
    if (pc === this.current && pc.iceConnectionState === "disconnected") {
      setTimeout(() => {
        if (pc === this.current && this.next === null && pc.iceConnectionState === "disconnected") this.renew();
      }, DISCONNECTED_MS);
    }
    if (pc === this.current) this.settle();
  }

  /** The connection there is carries media, whether or not another is being made to take its place. */
  get alive() {
    return this.current?.connectionState === "connected" && this.current.iceConnectionState !== "disconnected";
  }

  settle() {
    const status = !this.#wanted ? "idle" : this.next ? "connecting" : this.alive ? "connected" : "waiting";
    if (status === this.#status) return;
    this.#status = status;
    this.onStatus(status);
  }
}
