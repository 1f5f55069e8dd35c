/** What was said, line by line in step with the replay; search, and a press goes there. */

import { h, setAttribute, setText } from "../lib/dom.js";
import { formatClock } from "../lib/timing.js";
import { grow } from "./growing-list.js";
import { placesOf } from "./search.js";

/** @typedef {import("./captions.js").Cue} Cue */

const HANDS_OFF_MS = 6000;

export class Transcript {
  /** @type {readonly Cue[]} */
  #cues = [];
  #present = -2;
  #touched_ms = -Infinity;
  /** @type {number[]} lines that hold what is sought */
  #found = [];
  #chosen = -1;

  /**
   * @param {import("./texts.js").Words} words
   * @param {(at_s: number) => void} seek
   */
  constructor(words, seek) {
    this.words = words;
    this.seek = seek;
    this.input = h("input", { class: "input replay-search__input", type: "search", "aria-label": words("transcript.search"), placeholder: words("transcript.search"), maxlength: "60" });
    this.count = h("p", { class: "replay-search__count", role: "status" });
    this.form = h("form", { class: "replay-search", role: "search" }, this.input, this.count);
    this.list = h("ol", { class: "replay-transcript__list", tabindex: "0", "aria-label": words("transcript.title") });
    this.element = h("div", { class: "replay-transcript" }, this.form, this.list);
    this.input.addEventListener("input", () => this.#search());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#next();
    });
    for (const type of ["wheel", "pointerdown", "keydown"]) this.list.addEventListener(type, () => (this.#touched_ms = performance.now()), { passive: true });
  }

  /** @param {readonly Cue[]} cues by time */
  show(cues) {
    if (cues === this.#cues) return;
    const grown = this.#cues.length > 0;
    grow(this.list, this.#cues, cues, (cue) => this.#make(cue));
    this.#cues = cues;
    this.#present = -2;
    this.#search(!grown);
  }

  /** @param {number} at_s */
  update(at_s) {
    let present = -1;
    while (present + 1 < this.#cues.length && /** @type {Cue} */ (this.#cues[present + 1]).from_s <= at_s + 0.05) present += 1;
    if (present === this.#present) return;
    this.list.children[this.#present]?.removeAttribute("aria-current");
    this.#present = present;
    const item = this.list.children[present];
    if (!(item instanceof HTMLElement)) return;
    setAttribute(item, "aria-current", "true");
    if (performance.now() - this.#touched_ms > HANDS_OFF_MS && !this.input.value) this.#scrollTo(item);
  }

  /** @param {HTMLElement} item */
  #scrollTo(item) {
    this.list.scrollTo({ top: item.offsetTop - this.list.clientHeight / 2, behavior: "smooth" });
  }

  /** @param {boolean} goes to the first line found */
  #search(goes = true) {
    const wanted = this.input.value;
    this.#found = [];
    this.#chosen = -1;
    this.#cues.forEach((cue, index) => {
      const text = this.list.children[index]?.querySelector(".replay-transcript__text");
      if (!text) return;
      const places = placesOf(cue.text, wanted);
      if (places.length > 0) this.#found.push(index);
      text.replaceChildren(...marked(cue.text, places));
    });
    setText(this.count, wanted.trim() ? this.words(this.#found.length > 0 ? "transcript.found" : "transcript.none", { n: this.#found.length }) : "");
    const first = this.list.children[this.#found[0] ?? -1];
    if (goes && first instanceof HTMLElement) this.#scrollTo(first);
  }

  /** Enter: to the next place found. */
  #next() {
    if (this.#found.length === 0) return;
    this.#chosen = (this.#chosen + 1) % this.#found.length;
    const index = this.#found[this.#chosen] ?? 0;
    const item = this.list.children[index];
    if (item instanceof HTMLElement) this.#scrollTo(item);
    this.seek(this.#cues[index]?.from_s ?? 0);
    setText(this.count, this.words("transcript.at", { at: this.#chosen + 1, n: this.#found.length }));
  }

  /** @param {Cue} cue */
  #make(cue) {
    const at = formatClock(cue.from_s);
    const text = h("span", { class: "replay-transcript__text" }, cue.text);
    return h("li", { class: "replay-transcript__line" }, h("button", { class: "replay-transcript__go", type: "button", onclick: () => this.seek(cue.from_s) }, h("span", { class: "replay-transcript__time" }, at), text));
  }
}

/**
 * @param {string} text
 * @param {[number, number][]} places
 * @returns {Node[]}
 */
function marked(text, places) {
  /** @type {Node[]} */
  const parts = [];
  let at = 0;
  for (const [from, to] of places) {
    parts.push(document.createTextNode(text.slice(at, from)), h("mark", {}, text.slice(from, to)));
    at = to;
  }
  parts.push(document.createTextNode(text.slice(at)));
  return parts;
}
