/**
 * Notices the moment the server can be reached again. A connection attempt that began while the line was dead waits seconds for
 * its next try inside the system; a small question every second finds the line the second it is back.
 * Tells only what changed: a server that answers from the start is nothing new.
 */

const EVERY_MS = 1000;
const PATIENCE_MS = 1500;

export class Reach {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #running = 0; // which run the answers belong to; 0 = none
  #runs = 0;

  /**
   * @param {string} path of something small that always answers
   * @param {() => void} found it could not be reached, and now it can
   */
  constructor(path, found) {
    this.path = path;
    this.found = found;
  }

  /** Begin to ask; silent when it has begun already. */
  start() {
    if (this.#running > 0) return;
    this.#running = ++this.#runs;
    void this.#ask(this.#running, false);
  }

  stop() {
    this.#running = 0;
    clearTimeout(this.#timer);
  }

  /**
   * @param {number} run
   * @param {boolean} missed an answer failed to come in this run
   */
  async #ask(run, missed) {
    const patience = new AbortController();
    setTimeout(() => patience.abort(), PATIENCE_MS);
    const answers = await fetch(this.path, { method: "HEAD", cache: "no-store", signal: patience.signal }).then(
      () => true,
      () => false,
    );
    if (run !== this.#running) return;
    if (answers) {
      // it answers from the start: what hangs is not the line, and asking on would only add to its work
      this.stop();
      if (missed) this.found();
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(run, true), EVERY_MS * (0.7 + 0.6 * Math.random()));
  }
}
