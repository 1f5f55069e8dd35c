/**
 * Which height to ask for in each slot (pure): more at once, less only after it has been small for a while,
 * so that dragging a window does not send a storm of wishes.
 */

const STEPS = [180, 360, 720, 1080, 2160];
export const SHRINK_AFTER_MS = 1500;

/**
 * The smallest step that shows a picture of `height` device pixels well; 0 = not shown.
 * @param {number} height
 */
export function stepFor(height) {
  if (height <= 0) return 0;
  return STEPS.find((step) => step >= height * 0.8) ?? 2160;
}

/** @typedef {{asked: number | null, smaller: number, since_ms: number}} Wish */

/** Remembers per slot what was asked for and tells what to ask now. */
export class Layers {
  /** @type {Map<string, Wish>} */
  #wishes = new Map();

  /**
   * @param {string} slot
   * @param {number} height device pixels shown now, 0 = hidden
   * @param {number} now_ms
   * @returns {number | null} a new wish to send, or null
   */
  want(slot, height, now_ms) {
    const step = stepFor(height);
    const wish = this.#wishes.get(slot) ?? { asked: null, smaller: step, since_ms: now_ms };
    this.#wishes.set(slot, wish);
    if (wish.asked === null || step > wish.asked) return this.#ask(wish, step);
    if (step === wish.asked) {
      wish.smaller = step;
      return null;
    }
    if (wish.smaller !== step) {
      wish.smaller = step;
      wish.since_ms = now_ms;
    }
    return now_ms - wish.since_ms >= SHRINK_AFTER_MS ? this.#ask(wish, step) : null;
  }

  /**
   * @param {string} slot
   * @returns {boolean} whether its picture was asked for
   */
  wants(slot) {
    return (this.#wishes.get(slot)?.asked ?? 0) > 0;
  }

  /** A new connection knows nothing of our wishes: all are sent again. */
  forget() {
    this.#wishes.clear();
  }

  /**
   * @param {Wish} wish
   * @param {number} step
   */
  #ask(wish, step) {
    wish.asked = step;
    wish.smaller = step;
    return step;
  }
}
