/**
 * The conversation: a log that is read aloud politely and never takes the focus, and the box to write in. Lines on their way
 * are shown at once; reading older lines is never interrupted by new ones.
 */

import { h, keepChildren, setAttribute, setText, svg } from "../../lib/dom.js";
import { formatTime } from "../../lib/timing.js";
import { ICONS } from "../icons.js";
import { looksOn } from "../room-state.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("../../messages.js").ChatLine} ChatLine */
/** @typedef {{key: string, name: string, role: string, mine: boolean, text: string, at: string | null, follows: boolean}} Line */

const MAX_CHARACTERS = 1000;
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

export class Chat {
  #atEnd = true;
  /** @type {unknown} what was shown last: nothing is done when it is the same */
  #shown = null;

  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.log = h("div", { class: "chat__log", role: "log", "aria-label": words("panel.chat"), "aria-live": "polite", tabindex: "0" });
    this.empty = h("p", { class: "chat__empty" }, svg(ICONS.chat), h("span", {}, words("chat.empty")));
    this.newer = h("button", { class: "chat__newer", type: "button", hidden: true, onclick: () => this.#toEnd() }, svg(ICONS.down), words("chat.new"));
    this.box = h("textarea", {
      class: "chat__box",
      id: "chat-message",
      rows: "1",
      maxlength: MAX_CHARACTERS,
      placeholder: words("chat.placeholder"),
      "aria-label": words("chat.message"),
      enterkeyhint: "send",
      autocomplete: "off",
    });
    this.left = h("span", { class: "chat__left", role: "status" });
    this.send = h("button", { class: "button chat__send", type: "submit", "aria-label": words("chat.send") }, svg(ICONS.send), h("span", {}, words("chat.send")));
    this.form = h("form", { class: "chat__form", autocomplete: "off" }, this.box, this.send, this.left);
    this.locked = h("p", { class: "chat__locked", hidden: true }, svg(ICONS.lock), h("span", {}, words("chat.locked")));
    this.element = h("section", { class: "chat", id: "panel-chat" }, h("div", { class: "chat__lines" }, this.empty, this.log, this.newer), this.locked, this.form);
    this.#listen();
  }

  #listen() {
    this.log.addEventListener("scroll", () => {
      this.#atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 48;
      if (this.#atEnd) this.newer.hidden = true;
    });
    new ResizeObserver(() => this.#atEnd && this.#toEnd()).observe(this.log);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.box.addEventListener("keydown", (event) => {
      // Enter while a Hangul syllable is being composed belongs to the input method
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.box.addEventListener("input", () => this.#fit());
  }

  /** @param {SessionState} state */
  update(state) {
    const room = state.class.room;
    if (room === null) return;
    const mayWrite = (!room.locked_chat || state.class.role === "instructor") && !looksOn(state.class.role);
    this.form.hidden = !mayWrite;
    this.locked.hidden = mayWrite || !room.locked_chat;
    const shown = [room.chat, state.pending];
    if (Array.isArray(this.#shown) && this.#shown[0] === shown[0] && this.#shown[1] === shown[1]) return;
    const first = this.#shown === null;
    this.#shown = shown;
    const grew = this.#render(this.#lines(state));
    this.empty.hidden = this.log.children.length > 0;
    if (first || this.#atEnd) this.#toEnd();
    else if (grew) this.newer.hidden = false;
  }

  /** Put a refused text back where it can be sent again. @param {string} text */
  restore(text) {
    if (this.box.value.trim() === "") this.box.value = text;
    this.#fit();
  }

  #submit() {
    const text = this.box.value.trim();
    if (text === "") return;
    this.context.session.sendChat(text);
    this.box.value = "";
    this.#atEnd = true;
    this.#fit();
    this.box.focus();
  }

  #fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight + 2, 136)}px`;
    const left = MAX_CHARACTERS - this.box.value.length;
    setText(this.left, left <= 100 ? this.context.words("chat.count", { count: left }) : "");
  }

  #toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#atEnd = true;
    this.newer.hidden = true;
  }

  /**
   * @param {SessionState} state
   * @returns {Line[]}
   */
  #lines(state) {
    const me = state.class.me;
    /** @type {Line[]} */
    const lines = [];
    for (const line of state.class.room?.chat ?? []) {
      const before = lines.at(-1);
      const follows = before !== undefined && before.key.startsWith(`${line.peer}/`) && before.at !== null && Date.parse(line.at) - Date.parse(before.at) < 120_000;
      lines.push({ key: `${line.peer}/${line.id}`, name: this.context.nameOf(line), role: line.role, mine: line.peer === me, text: line.text, at: line.at, follows });
    }
    for (const { id, text } of state.pending) {
      lines.push({ key: `${me}/${id}`, name: "", role: state.class.role ?? "learner", mine: true, text, at: null, follows: false });
    }
    return lines;
  }

  /**
   * @param {Line[]} lines
   * @returns {boolean} whether there are more than before
   */
  #render(lines) {
    const before = this.log.children.length;
    const { words, language } = this.context;
    keepChildren(
      this.log,
      lines,
      (line) => line.key,
      (line) => {
        const text = h("p", { class: "chat__text" });
        text.append(...withLinks(line.text));
        const head = h("p", { class: "chat__head" }, h("span", { class: "chat__name" }), h("time", { class: "chat__time" }));
        return h("div", { class: "chat__line" }, head, text);
      },
      (element, line) => {
        const [name, time] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (element.firstElementChild?.children));
        setText(name, line.mine ? words("chat.you") : line.name);
        setText(time, line.at === null ? words("chat.pending") : formatTime(line.at, language));
        setAttribute(element, "data-mine", line.mine);
        setAttribute(element, "data-pending", line.at === null);
        setAttribute(element, "data-follows", line.follows);
        setAttribute(element, "data-role", line.role);
      },
    );
    return this.log.children.length > before;
  }
}

/**
 * Addresses become links; everything is text.
 * @param {string} text
 * @returns {(string | Node)[]}
 */
function withLinks(text) {
  /** @type {(string | Node)[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(from, match.index));
    parts.push(h("a", { href: match[0], target: "_blank", rel: "noopener noreferrer nofollow" }, match[0]));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}
