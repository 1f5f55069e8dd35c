/** What has been written in a class that goes on, captions and chat: asked for again and again, and kept together. */

/** @typedef {import("./captions.js").Cue} Cue */
/** @typedef {import("./chat.js").Line} Line */
/** @typedef {{captions: {language: string, label: string, cues: Cue[]}[], lines: Line[]}} Said */

const POLL_MS = 4000;
/** Captions are moved to when they were said, and end when the next one begins: so far back they may still change. */
const BACK_S = 15;

export class LiveSaid {
  /** @type {readonly Line[]} */
  lines = [];
  #until_s = 0;
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} address of the class's growing files
   * @param {object} options
   * @param {() => number} options.duration_s how much of the class can be watched by now
   * @param {(said: Said["captions"], after_s: number) => void} options.captioned
   * @param {(lines: readonly Line[]) => void} options.chatted
   */
  constructor(address, { duration_s, captioned, chatted }) {
    this.address = address;
    this.duration_s = duration_s;
    this.captioned = captioned;
    this.chatted = chatted;
  }

  start() {
    void this.#ask();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #ask() {
    const until_s = this.duration_s();
    const after_s = Math.max(0, this.#until_s - BACK_S);
    try {
      const response = await fetch(`${this.address}-said.json?after=${after_s}`, { credentials: "same-origin" });
      if (response.ok && !this.#stopped) {
        /** @type {Said} */
        const said = await response.json();
        this.#until_s = until_s;
        this.captioned(said.captions, after_s);
        this.lines = [...this.lines.filter((line) => line.at_s < after_s), ...said.lines];
        this.chatted(this.lines);
      }
    } catch {
      // the network is away for a moment; class over is told elsewhere
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#ask(), POLL_MS);
  }
}
