/**
 * Keeps the last pictures on the stage while the relay is being replaced (pure): the room says that nobody sends anything for a
 * second or two, and a frozen picture is better than an empty stage.
 */

export const HELD_MS = 6000;

/** @typedef {import("./room-state.js").TileView} TileView */

export class Steady {
  /** @type {readonly TileView[]} */
  #last = [];
  /** @type {readonly TileView[]} what was there when the relay went away */
  #held = [];
  #until_ms = -Infinity;

  /**
   * @param {readonly TileView[]} fresh what the room says now
   * @param {boolean} moving the relay is away
   * @param {number} now_ms
   * @returns {readonly TileView[]} what to show
   */
  show(fresh, moving, now_ms) {
    if (moving && this.#until_ms < now_ms) this.#held = this.#last;
    if (moving) this.#until_ms = now_ms + HELD_MS;
    if (now_ms > this.#until_ms) this.#held = [];
    // who is back is not held a second time when they switch off later
    const back = new Set(fresh.map((view) => view.id));
    this.#held = moving ? this.#held : this.#held.filter((view) => !back.has(view.id));
    this.#last = [...fresh, ...this.#held.filter((view) => !back.has(view.id))];
    return this.#last;
  }

  /** When the held pictures must go; null when none is held. */
  get deadline_ms() {
    return this.#held.length > 0 ? this.#until_ms : null;
  }
}
