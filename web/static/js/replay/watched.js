/**
 * Which stretches of the recording were really played (pure): samples of the player in, stretches out. A stretch ends at a jump,
 * at a stall and where the speed changes. What cannot be (more seconds of the recording than time passed) is a jump.
 */

/** @typedef {{at_s: number, now_s: number, rate: number, playing: boolean}} Sample `now_s`: a clock that never goes back */
/** @typedef {{from_s: number, to_s: number, began_s: number, ended_s: number}} Stretch */

const CLOSE_S = 0.35;
const STALL_S = 1;

export class WatchMeter {
  /** @type {Sample | null} */
  #last = null;
  /** @type {Stretch | null} */
  #open = null;
  /** @type {Stretch[]} */
  #done = [];

  /** @param {Sample} sample at least four times a second where the browser allows, and at every change */
  receive(sample) {
    const last = this.#last;
    this.#last = sample;
    if (last?.playing) this.#step(last, sample);
    if (!sample.playing || (last && last.rate !== sample.rate)) this.#close();
  }

  /** The stretches since the last call; what goes on goes on in a new one. @returns {Stretch[]} */
  drain() {
    this.#close();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /**
   * @param {Sample} last
   * @param {Sample} sample
   */
  #step(last, sample) {
    const passed = sample.now_s - last.now_s;
    const played = sample.at_s - last.at_s;
    const most = passed * last.rate;
    if (played < -0.001 || played > most * 1.1 + CLOSE_S) {
      // a jump: up to it, it was played on from where it was last seen
      const before = Math.min(passed, CLOSE_S);
      this.#extend(last, last.at_s + before * last.rate, last.now_s + before);
      this.#close();
    } else if (played < most - STALL_S * last.rate) {
      // it stood still, or the computer slept: only what was played is played
      this.#extend(last, sample.at_s, last.now_s + played / last.rate);
      this.#close();
    } else if (played > 0) {
      this.#extend(last, sample.at_s, sample.now_s);
    }
  }

  /**
   * @param {Sample} last
   * @param {number} to_s
   * @param {number} ended_s
   */
  #extend(last, to_s, ended_s) {
    this.#open ??= { from_s: last.at_s, to_s: last.at_s, began_s: last.now_s, ended_s: last.now_s };
    this.#open.to_s = to_s;
    this.#open.ended_s = ended_s;
  }

  #close() {
    const open = this.#open;
    if (open && open.to_s > open.from_s && open.ended_s > open.began_s) this.#done.push(open);
    this.#open = null;
  }
}
