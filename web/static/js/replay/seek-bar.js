/** The time line: a range input over a drawing of what is loaded, where gaps are, and the time under the pointer. */

import { h, setAttribute, setText } from "../lib/dom.js";
import { formatClock, speakClock } from "../lib/timing.js";
import { chapterAt } from "./chapters.js";

export class SeekBar {
  #duration_s = 0;
  #dragging = false;

  /**
   * @param {object} options
   * @param {import("./texts.js").Words} options.words
   * @param {import("../lib/timing.js").Language} options.language
   * @param {(at_s: number) => void} options.seek
   * @param {import("./preview.js").Preview} options.preview
   */
  constructor({ words, language, seek, preview }) {
    this.preview = preview;
    /** @type {readonly {at_s: number, title: string}[]} */
    this.chapters = [];
    this.words = words;
    this.language = language;
    this.input = h("input", { class: "seek__input", type: "range", min: "0", max: "1", step: "0.1", value: "0", "aria-label": words("player.seek") });
    this.loaded = h("span", { class: "seek__loaded" });
    this.played = h("span", { class: "seek__played" });
    this.marks = h("span", { class: "seek__marks" });
    this.tipText = h("span", { class: "seek__time" });
    this.tip = h("span", { class: "seek__tip", hidden: true }, preview.element, this.tipText);
    this.element = h("div", { class: "seek" }, h("span", { class: "seek__track", "aria-hidden": "true" }, this.loaded, this.played, this.marks), this.input, this.tip);
    this.input.addEventListener("input", () => {
      this.#dragging = true;
      seek(Number(this.input.value));
    });
    this.input.addEventListener("change", () => (this.#dragging = false));
    this.element.addEventListener("pointermove", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => (this.tip.hidden = true));
    // the arrow keys move by five seconds, not by the step of the drag
    this.input.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -60, PageUp: 60 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      seek(Math.max(0, Math.min(this.#duration_s, Number(this.input.value) + step)));
    });
  }

  /**
   * @param {number} duration_s
   * @param {readonly {from_s: number, to_s: number}[]} gaps
   * @param {readonly {at_s: number}[]} pauses
   * @param {readonly {from_s: number, to_s: number}[]} cuts
   * @param {readonly {at_s: number, title: string}[]} chapters
   */
  draw(duration_s, gaps, pauses, cuts, chapters) {
    this.chapters = chapters;
    this.#duration_s = duration_s;
    this.input.max = String(duration_s);
    const place = (/** @type {HTMLElement} */ mark, /** @type {number} */ from_s, /** @type {number} */ to_s) => {
      mark.style.left = `${(100 * from_s) / duration_s}%`;
      mark.style.width = `${(100 * (to_s - from_s)) / duration_s}%`;
      return mark;
    };
    this.marks.replaceChildren(
      ...gaps.map((gap) => place(h("i", { class: "seek__gap" }), gap.from_s, gap.to_s)),
      ...pauses.map((pause) => place(h("i", { class: "seek__pause" }), pause.at_s, pause.at_s)),
      ...cuts.map((cut) => place(h("i", { class: "seek__cut" }), cut.from_s, cut.to_s)),
      ...chapters.filter((each) => each.at_s > 0).map((each) => place(h("i", { class: "seek__chapter" }), each.at_s, each.at_s)),
    );
  }

  /**
   * @param {number} at_s
   * @param {number} loaded_s
   */
  update(at_s, loaded_s) {
    const share = (/** @type {number} */ s) => `${this.#duration_s > 0 ? Math.min(100, (100 * s) / this.#duration_s) : 0}%`;
    this.played.style.width = share(at_s);
    this.loaded.style.width = share(loaded_s);
    if (!this.#dragging) this.input.value = String(at_s);
    const total = speakClock(this.#duration_s, this.language);
    setAttribute(this.input, "aria-valuetext", this.words("player.position", { at: speakClock(at_s, this.language), total }));
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const box = this.element.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    this.tip.hidden = event.pointerType === "touch";
    const at_s = share * this.#duration_s;
    this.preview.show(at_s);
    setText(this.tipText, [formatClock(at_s), this.chapters[chapterAt(this.chapters, at_s)]?.title].filter(Boolean).join(" · "));
    // the tip stays inside the bar
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(half, Math.min(box.width - half, share * box.width))}px`;
  }
}
