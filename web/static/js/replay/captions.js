/** Captions over the picture, and their text for the transcript. The browser reads the WebVTT; we draw, over whichever video is large. */

import { h, setText } from "../lib/dom.js";
import { recall, remember } from "../lib/storage.js";

/** @typedef {{language: string, label: string, file: string}} CaptionFile */
/** @typedef {{from_s: number, to_s: number, text: string}} Cue */

const CHOSEN = "replay.captions";

export class Captions {
  /** @type {Map<string, readonly Cue[]>} */
  #cues = new Map();
  #chosen = "";
  /** Shown when one switches captions on. */
  usual = "";

  /**
   * @param {object} options
   * @param {readonly CaptionFile[]} options.files
   * @param {(file: string) => string} options.addressOf
   * @param {(media_s: number) => number} options.clock media time → the player's
   * @param {string} options.language of the page
   * @param {() => void} options.loaded
   */
  constructor({ files, addressOf, clock, language, loaded }) {
    this.files = files;
    this.addressOf = addressOf;
    this.clock = clock;
    this.loaded = loaded;
    this.text = h("span", { class: "replay-captions__text" });
    this.element = h("p", { class: "replay-captions", hidden: true, lang: language }, this.text);
    this.language = language;
    this.#choose();
  }

  #choose() {
    const before = recall("local", CHOSEN);
    this.usual = this.files.find((each) => each.language === this.language)?.language ?? this.files[0]?.language ?? "";
    if (typeof before === "string" && this.files.some((each) => each.language === before)) this.#chosen = before;
  }

  /** The language shown; "" when off. */
  get chosen() {
    return this.#chosen;
  }

  /** The text of the language shown, else of the usual one. @returns {readonly Cue[]} */
  get cues() {
    return this.#cues.get(this.#chosen || this.usual) ?? [];
  }

  async load() {
    await Promise.all(this.files.map((file) => this.#load(file)));
    this.loaded();
  }

  /**
   * All that was written by now in a class that goes on; from `after_s` on it may be other than said before.
   * @param {readonly {language: string, label: string, cues: readonly Cue[]}[]} said
   * @param {number} after_s
   */
  take(said, after_s) {
    for (const { language, label, cues } of said) {
      if (!this.files.some((each) => each.language === language)) {
        this.files = [...this.files, { language, label, file: "" }];
        this.#choose();
      }
      const before = this.#cues.get(language) ?? [];
      this.#cues.set(language, [...before.filter((cue) => cue.from_s < after_s), ...cues]);
    }
    this.loaded();
  }

  /** @param {string} language "" turns them off */
  choose(language) {
    this.#chosen = language;
    this.element.lang = language || this.usual;
    remember("local", CHOSEN, language || null);
    this.loaded();
  }

  toggle() {
    this.choose(this.#chosen ? "" : this.usual);
  }

  /** @param {number} at_s */
  show(at_s) {
    const said = this.#chosen ? this.cues.filter((cue) => cue.from_s <= at_s && at_s < cue.to_s) : [];
    setText(this.text, said.map((cue) => cue.text).join("\n"));
    this.element.hidden = said.length === 0;
  }

  /** @param {CaptionFile} file */
  async #load(file) {
    // a video of its own: the player's may be replaced, and must not draw them a second time
    const track = h("track", { kind: "captions", srclang: file.language, src: this.addressOf(file.file) });
    const reader = h("video", {}, track);
    track.track.mode = "hidden";
    const done = await new Promise((resolve) => {
      track.addEventListener("load", () => resolve(true), { once: true });
      track.addEventListener("error", () => resolve(false), { once: true });
    });
    if (!done) return;
    const cues = /** @type {VTTCue[]} */ ([...(track.track.cues ?? [])]);
    this.#cues.set(
      file.language,
      cues.map((cue) => ({ from_s: this.clock(cue.startTime), to_s: this.clock(cue.endTime), text: cue.getCueAsHTML().textContent ?? "" })).filter((cue) => cue.to_s > cue.from_s),
    );
    reader.remove();
  }
}
