/** Tells the server what was watched: every ten seconds while playing, at a pause, and when the page goes. Nothing is lost by a failure. */

import { Listeners } from "../lib/dom.js";
import { WatchMeter } from "./watched.js";

/** @typedef {import("./watched.js").Stretch} Stretch */
/** @typedef {{seconds: number, share: number, full: boolean, elsewhere: boolean}} Heard */

const EVERY_MS = 10_000;
const SAMPLE_MS = 250;
const MOST = 250;

export class Beacons {
  #listeners = new Listeners();
  #meter = new WatchMeter();
  /** @type {Stretch[]} told, but not yet heard */
  #waiting = [];
  /** @type {ReturnType<typeof setInterval>[]} */
  #timers = [];
  #player = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  #opened = false;
  #asking = false;

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.video
   * @param {string} options.address
   * @param {(stretch: Stretch) => Stretch[]} options.asMedia what the player calls a time is the film's, perhaps
   * @param {(at_s: number) => number} options.media
   * @param {(heard: Heard) => void} options.heard
   * @param {() => void} options.gone one may not watch any more: signed out, withdrawn, deleted
   */
  constructor({ video, address, asMedia, media, heard, gone }) {
    this.asMedia = asMedia;
    this.media = media;
    this.video = video;
    this.address = address;
    this.heard = heard;
    this.gone = gone;
  }

  start() {
    const sample = () => this.#sample();
    for (const type of ["play", "playing", "pause", "waiting", "seeking", "seeked", "ratechange", "timeupdate", "ended"]) this.#listeners.listen(this.video, type, sample);
    for (const type of ["pause", "ended"]) this.#listeners.listen(this.video, type, () => void this.#tell());
    this.#listeners.listen(document, "visibilitychange", () => document.hidden && void this.#tell(true));
    this.#listeners.listen(window, "pagehide", () => void this.#tell(true));
    this.#timers = [setInterval(sample, SAMPLE_MS), setInterval(() => void this.#tell(), EVERY_MS)];
    void this.#tell();
  }

  /** Tells what is left. */
  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#listeners.stop();
    void this.#tell(true);
  }

  #sample() {
    const { video } = this;
    this.#meter.receive({ at_s: video.currentTime, now_s: performance.now() / 1000, rate: video.playbackRate, playing: !video.paused && !video.seeking && !video.ended });
  }

  /** @param {boolean} [leaving] the page may be gone before the answer */
  async #tell(leaving = false) {
    this.#sample();
    this.#waiting.push(...this.#meter.drain().flatMap(this.asMedia));
    if (this.#asking && !leaving) return;
    if (this.#opened && this.#waiting.length === 0) return;
    const told = this.#waiting.splice(0, MOST);
    const back = () => this.#waiting.unshift(...told);
    const round = (/** @type {number} */ s) => Math.round(s * 1000) / 1000;
    const body = JSON.stringify({
      player: this.#player,
      sent_s: round(performance.now() / 1000),
      at_s: round(this.media(this.video.currentTime)),
      stretches: told.map((each) => [each.from_s, each.to_s, each.began_s, each.ended_s].map(round)),
    });
    this.#asking = true;
    try {
      const response = await fetch(this.address, { method: "POST", body, keepalive: leaving, credentials: "same-origin", headers: { "content-type": "application/json", accept: "application/json" } });
      if (response.ok) {
        this.#opened = true;
        this.heard(await response.json());
      } else if (response.status === 401 || response.status === 403 || response.status === 404) this.gone();
      else if (response.status >= 500 || response.status === 408 || response.status === 429) back();
    } catch {
      back(); // no connection: told with the next one
    } finally {
      this.#asking = false;
    }
  }
}
