/**
 * What is being said, in writing: the newest lines over the stage for who switched them on, and the box in which the instructor or a captioner writes them.
 * A screen reader does not read them unless asked to: who hears the class would hear everything twice.
 */

import { h, setAttribute, svg } from "../../lib/dom.js";
import { recall, remember } from "../../lib/storage.js";
import { MAX_CAPTION_CHARACTERS } from "../../messages.js";
import { ICONS } from "../icons.js";
import { writesCaptions } from "../room-state.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */
/** @typedef {import("../../messages.js").Language} Language */

const LINES = 2;
const LEAST_MS = 5000;
const MS_PER_CHARACTER = 140;
/** While lines come in the page's language, those in the other one are not shown between them. */
const OWN_MS = 60_000;
const WRITTEN_IN = "room.captions-written-in";

export class Captions {
  #own_ms = -Infinity;
  #sent = "";

  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words, language, ui } = context;
    this.element = h("div", { class: "captions", role: "log", "aria-live": "off", "aria-label": words("captions.region"), hidden: true });
    this.box = h("input", { class: "input captions-writer__box", type: "text", maxlength: MAX_CAPTION_CHARACTERS, placeholder: words("captions.placeholder"), "aria-label": words("captions.write-label"), autocomplete: "off", enterkeyhint: "send" });
    const before = recall("local", WRITTEN_IN);
    this.language = h("select", { class: "select captions-writer__language", "aria-label": words("captions.language"), onchange: () => remember("local", WRITTEN_IN, this.language.value) },
      h("option", { value: "ko" }, words("captions.korean")), h("option", { value: "en" }, words("captions.english")));
    this.language.value = before === "ko" || before === "en" ? before : language;
    const close = h("button", { class: "side__close", type: "button", "aria-label": words("captions.write-end"), onclick: () => ui.set({ ...ui.state, writing: false }) }, svg(ICONS.close));
    this.writer = h("form", { class: "captions-writer", autocomplete: "off", hidden: true }, this.language, this.box, h("button", { class: "button", type: "submit" }, words("captions.send")), close);
    this.writer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.box.addEventListener("keydown", (event) => {
      // Enter while a Hangul syllable is being composed belongs to the input method
      if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
    });
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    this.element.hidden = !ui.captions;
    setAttribute(this.element, "data-large", ui.captionsLarge);
    setAttribute(this.element, "aria-live", ui.captionsRead ? "polite" : "off");
    const writes = ui.writing && writesCaptions(state.class.role);
    const opens = writes && this.writer.hidden;
    this.writer.hidden = !writes;
    if (opens) this.box.focus();
  }

  /**
   * @param {string} text
   * @param {Language} language
   */
  show(text, language) {
    const now = performance.now();
    if (language === this.context.language) this.#own_ms = now;
    else if (now - this.#own_ms < OWN_MS) return;
    while (this.element.children.length >= LINES) this.element.firstElementChild?.remove();
    const line = h("p", { class: "captions__line", lang: language }, h("span", {}, text));
    this.element.append(line);
    setTimeout(() => line.remove(), Math.max(LEAST_MS, text.length * MS_PER_CHARACTER));
  }

  /** What was refused is put back, unless something else is being written by now. */
  restore() {
    if (this.box.value === "") this.box.value = this.#sent;
  }

  #submit() {
    const text = this.box.value.trim();
    if (text === "") return;
    const language = /** @type {Language} */ (this.language.value);
    if (!this.context.session.lead({ type: "post-caption", text, language })) return; // not connected: the text stays
    this.#sent = text;
    this.box.value = "";
    this.box.focus();
  }
}
