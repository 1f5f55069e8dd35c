/** One value that views listen to. Changes of one turn are told once, in the next animation frame or at once on request. */

/** @template State */
export class Store {
  /** @type {State} */
  #state;
  /** @type {Set<(state: State) => void>} */
  #listeners = new Set();
  #scheduled = false;

  /** @param {State} initial */
  constructor(initial) {
    this.#state = initial;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** @param {State} next */
  set(next) {
    if (next === this.#state) return;
    this.#state = next;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#tell());
  }

  /**
   * @param {(state: State) => void} listener called at once and after every change
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  #tell() {
    this.#scheduled = false;
    for (const listener of this.#listeners) listener(this.#state);
  }
}
