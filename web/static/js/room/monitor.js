/** Looks at our connections every 2 s and says how good they are. */

import { readSample } from "./counters.js";
import { UNKNOWN, judge } from "./quality.js";

const EVERY_MS = 2000;
const FLOW_PACKETS = 40; // in one interval
const FLOW_MS = 10_000;
const WATCH_MS = 400; // of sound alone 20 packets come in that time

export class Monitor {
  #quality = UNKNOWN;
  #flowed_ms = -FLOW_MS;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;
  #bytes = 0;
  #told = false;

  /**
   * @param {import("./view-link.js").ViewLink} view
   * @param {import("./publish-link.js").PublishLink} publishing
   * @param {() => ReadonlySet<string>} wanted slots whose picture ought to come now
   * @param {(quality: import("./quality.js").Quality) => void} judged
   * @param {() => void} stalled what flowed has stopped; told once until it flows again
   */
  constructor(view, publishing, wanted, judged, stalled) {
    this.view = view;
    this.publishing = publishing;
    this.wanted = wanted;
    this.judged = judged;
    this.stalled = stalled;
  }

  /** Sound or picture came all the time until some seconds ago: their absence would mean something. */
  get flowing() {
    return performance.now() - this.#flowed_ms < FLOW_MS;
  }

  start() {
    this.#timer = setInterval(() => void this.#measure(), EVERY_MS);
    this.#watch = setInterval(() => void this.#look(), WATCH_MS);
  }

  stop() {
    clearInterval(this.#timer);
    clearInterval(this.#watch);
  }

  async #measure() {
    if (this.view.status !== "connected") return;
    const sample = await readSample(this.view.current, this.view.screens, this.view.midsOf(this.wanted()), this.publishing.current);
    const last = this.#quality.last;
    if (last !== null && sample.received - last.received > FLOW_PACKETS) this.#flowed_ms = performance.now();
    this.#quality = judge(this.#quality, sample);
    this.judged(this.#quality);
  }

  async #look() {
    if (this.view.status !== "connected" || !this.flowing) return;
    const bytes = await this.view.bytesReceived();
    const stands = bytes === this.#bytes;
    this.#bytes = bytes;
    if (stands && !this.#told) this.stalled();
    this.#told = stands;
  }
}
