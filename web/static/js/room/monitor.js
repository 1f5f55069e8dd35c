/** Looks at our connections every 2 s and says how good they are. */

import { readSample } from "./counters.js";
import { UNKNOWN, judge } from "./quality.js";

const EVERY_MS = 2000;

export class Monitor {
  #quality = UNKNOWN;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {import("./view-link.js").ViewLink} view
   * @param {import("./publish-link.js").PublishLink} publishing
   * @param {(grade: import("./quality.js").Grade) => void} graded
   */
  constructor(view, publishing, graded) {
    this.view = view;
    this.publishing = publishing;
    this.graded = graded;
  }

  start() {
    this.#timer = setInterval(() => void this.#measure(), EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #measure() {
    if (this.view.status !== "connected") return;
    const sample = await readSample(this.view.current, this.view.screens, this.publishing.current);
    this.#quality = judge(this.#quality, sample);
    this.graded(this.#quality.grade);
  }
}
