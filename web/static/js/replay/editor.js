/** The lists of cuts and chapters beside the player: fields for times, buttons for "here". Saving is somebody else's. */

import { h, setText } from "../lib/dom.js";
import { shownSeconds } from "./cuts.js";
import { addChapter, parseClock, trimEnd, trimStart, writeClock } from "./edit-list.js";

/** @typedef {import("./edit-list.js").Draft} Draft */

export class Editor {
  /** @type {Draft} */
  #draft = { cuts: [], chapters: [] };
  /** @type {number | null} where a cut that is being made begins */
  #open_s = null;

  /**
   * @param {object} options
   * @param {import("./edit-texts.js").Words} options.words
   * @param {number} options.duration_s
   * @param {() => number} options.now_s where the player is
   * @param {(at_s: number) => void} options.seek
   * @param {() => void} options.changed
   */
  constructor({ words, duration_s, now_s, seek, changed }) {
    this.words = words;
    this.duration_s = duration_s;
    this.now_s = now_s;
    this.seek = seek;
    this.changed = changed;
    const button = (/** @type {string} */ label, /** @type {() => void} */ press) => h("button", { class: "button button--second button--small", type: "button", onclick: press }, label);
    this.half = button(words("cuts.begin"), () => this.#cutHere());
    this.said = h("p", { class: "edit__said", role: "status" });
    this.left = h("p", { class: "soft small" });
    this.cuts = h("ol", { class: "edit__list" });
    this.chapters = h("ol", { class: "edit__list" });
    const round = (/** @type {number} */ s) => Math.round(s * 10) / 10;
    this.element = h(
      "div",
      { class: "edit__parts" },
      h(
        "section",
        { class: "panel stack", "aria-labelledby": "edit-cuts" },
        h("h2", { id: "edit-cuts" }, words("cuts.title")),
        h("p", { class: "soft small" }, words("cuts.lead")),
        h(
          "div",
          { class: "row" },
          button(words("cuts.start"), () => this.#set({ cuts: trimStart(this.#draft.cuts, round(now_s())) })),
          button(words("cuts.end"), () => this.#set({ cuts: trimEnd(this.#draft.cuts, round(now_s()), duration_s) })),
          this.half,
        ),
        this.said,
        this.cuts,
        this.left,
      ),
      h(
        "section",
        { class: "panel stack", "aria-labelledby": "edit-chapters" },
        h("h2", { id: "edit-chapters" }, words("chapters.title")),
        h("p", { class: "soft small" }, words("chapters.lead")),
        h("div", { class: "row" }, button(words("chapters.add"), () => this.#addChapter(round(now_s())))),
        this.chapters,
      ),
    );
  }

  /** What is in the fields now. */
  get draft() {
    return this.#draft;
  }

  /** @param {Draft} draft */
  show(draft) {
    this.#draft = { cuts: [...draft.cuts], chapters: [...draft.chapters] };
    this.#draw();
  }

  /** The first thing that cannot be saved gets the focus. @returns {boolean} whether all fields can be read */
  check() {
    const wrong = this.element.querySelector("[aria-invalid=true]");
    if (wrong instanceof HTMLElement) wrong.focus();
    return wrong === null;
  }

  /** @param {Record<string, string>} fields "cuts.0" → sentence */
  refuse(fields) {
    for (const [name, sentence] of Object.entries(fields)) {
      const [list, index] = name.split(".");
      const row = (list === "cuts" ? this.cuts : this.chapters).children[Number(index ?? 0)] ?? null;
      const input = row?.querySelector("input");
      if (input instanceof HTMLInputElement) this.#mark(input, sentence);
      else setText(this.said, sentence);
      input?.focus();
    }
  }

  /** @param {Partial<Draft>} change */
  #set(change) {
    this.#draft = { ...this.#draft, ...change };
    this.#draw();
    this.changed();
  }

  #cutHere() {
    const now_s = Math.round(this.now_s() * 10) / 10;
    if (this.#open_s === null) {
      this.#open_s = now_s;
    } else {
      const cut = { from_s: Math.min(this.#open_s, now_s), to_s: Math.max(this.#open_s, now_s) };
      this.#open_s = null;
      if (cut.to_s > cut.from_s) this.#set({ cuts: [...this.#draft.cuts, cut].sort((a, b) => a.from_s - b.from_s) });
    }
    setText(this.half, this.words(this.#open_s === null ? "cuts.begin" : "cuts.finish"));
    setText(this.said, this.#open_s === null ? "" : this.words("cuts.open", { at: writeClock(this.#open_s) }));
  }

  /** @param {number} at_s */
  #addChapter(at_s) {
    this.#set({ chapters: addChapter(this.#draft.chapters, at_s, "") });
    const index = this.#draft.chapters.findIndex((each) => each.at_s === at_s && each.title === "");
    const title = this.chapters.children[index]?.querySelector("input[data-field=title]");
    if (title instanceof HTMLInputElement) title.focus();
  }

  #draw() {
    const { cuts, chapters } = this.#draft;
    const { words } = this;
    this.cuts.replaceChildren(...cuts.map((cut, index) => this.#cutRow(cut, index)));
    this.chapters.replaceChildren(...chapters.map((chapter, index) => this.#chapterRow(chapter, index)));
    if (cuts.length === 0) this.cuts.append(h("li", { class: "soft small" }, words("cuts.none")));
    if (chapters.length === 0) this.chapters.append(h("li", { class: "soft small" }, words("chapters.none")));
    setText(this.left, words("cuts.left", { left: writeClock(Math.round(shownSeconds(cuts, this.duration_s))), all: writeClock(Math.round(this.duration_s)) }));
  }

  /**
   * @param {{from_s: number, to_s: number}} cut
   * @param {number} index
   */
  #cutRow(cut, index) {
    const { words } = this;
    const change = (/** @type {"from_s" | "to_s"} */ name, /** @type {number} */ value) => {
      this.#draft.cuts[index] = { .../** @type {{from_s: number, to_s: number}} */ (this.#draft.cuts[index]), [name]: value };
      this.changed();
    };
    return h(
      "li",
      { class: "edit__row" },
      this.#time(words("cuts.from"), cut.from_s, (value) => change("from_s", value)),
      h("span", { "aria-hidden": "true" }, "–"),
      this.#time(words("cuts.to"), cut.to_s, (value) => change("to_s", value)),
      h("button", { class: "button button--quiet button--small", type: "button", onclick: () => this.seek(Math.max(0, cut.from_s - 2)) }, words("cuts.look")),
      this.#remove(writeClock(cut.from_s), () => this.#set({ cuts: this.#draft.cuts.filter((_, each) => each !== index) })),
    );
  }

  /**
   * @param {{at_s: number, title: string}} chapter
   * @param {number} index
   */
  #chapterRow(chapter, index) {
    const { words } = this;
    const change = (/** @type {Partial<{at_s: number, title: string}>} */ what) => {
      this.#draft.chapters[index] = { .../** @type {{at_s: number, title: string}} */ (this.#draft.chapters[index]), ...what };
      this.changed();
    };
    const title = h("input", { class: "input", "data-field": "title", value: chapter.title, maxlength: "120", "aria-label": words("chapters.name") });
    title.addEventListener("input", () => {
      this.#mark(title, title.value.trim() ? "" : words("wrong.title"));
      change({ title: title.value });
    });
    if (!chapter.title.trim()) title.setAttribute("aria-invalid", "true");
    return h(
      "li",
      { class: "edit__row edit__row--chapter" },
      this.#time(words("chapters.at"), chapter.at_s, (value) => change({ at_s: value })),
      h("span", { class: "edit__field edit__field--wide" }, title, h("span", { class: "field__error", hidden: true })),
      h("button", { class: "button button--quiet button--small", type: "button", onclick: () => this.seek(this.#draft.chapters[index]?.at_s ?? 0) }, words("chapters.go")),
      this.#remove(chapter.title, () => this.#set({ chapters: this.#draft.chapters.filter((_, each) => each !== index) })),
    );
  }

  /**
   * @param {string} what
   * @param {() => void} press
   */
  #remove(what, press) {
    return h("button", { class: "button button--quiet button--small", type: "button", onclick: press }, this.words("remove"), h("span", { class: "quiet" }, ` – ${what}`));
  }

  /**
   * @param {string} label
   * @param {number} seconds
   * @param {(seconds: number) => void} change
   */
  #time(label, seconds, change) {
    const input = h("input", { class: "input edit__time", value: writeClock(seconds), inputmode: "decimal", autocomplete: "off", "aria-label": label });
    input.addEventListener("input", () => {
      const value = parseClock(input.value);
      this.#mark(input, value === null ? this.words("wrong.time") : "");
      if (value !== null) change(value);
    });
    return h("span", { class: "edit__field" }, input, h("span", { class: "field__error", hidden: true }));
  }

  /**
   * @param {HTMLInputElement} input
   * @param {string} sentence empty: it is right
   */
  #mark(input, sentence) {
    const error = /** @type {HTMLElement} */ (input.parentElement?.querySelector(".field__error"));
    setText(error, sentence);
    error.hidden = !sentence;
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}
