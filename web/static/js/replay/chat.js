/** What was written in class and who raised a hand, in step with the replay: past lines clear, later ones pale, a press on a time goes there. */

import { h, setAttribute } from "../lib/dom.js";
import { formatClock } from "../lib/timing.js";
import { grow } from "./growing-list.js";

/** @typedef {{id: string, kind: "chat" | "hand" | "floor" | "check", at_s: number, name: string, role: string, mine: boolean, text: string}} Line */

const HANDS_OFF_MS = 6000;

export class ReplayChat {
  /** @type {readonly Line[]} */
  #lines = [];
  #present = -2;
  #touched_ms = -Infinity;

  /**
   * @param {import("./texts.js").Words} words
   * @param {(at_s: number) => void} seek
   * @param {string} [none] said when there is none
   */
  constructor(words, seek, none = words("chat.empty")) {
    this.words = words;
    this.seek = seek;
    this.list = h("ol", { class: "replay-chat__list", tabindex: "0", "aria-label": words("chat.title") });
    this.empty = h("p", { class: "replay-chat__empty", hidden: true }, none);
    this.element = h("div", { class: "replay-chat" }, this.empty, this.list);
    for (const type of ["wheel", "pointerdown", "keydown"]) this.list.addEventListener(type, () => (this.#touched_ms = performance.now()), { passive: true });
  }

  /** @param {readonly Line[]} lines by time */
  show(lines) {
    grow(this.list, this.#lines, lines, (line) => this.#make(line));
    this.#lines = lines;
    this.empty.hidden = lines.length > 0;
    this.list.hidden = lines.length === 0;
    this.#present = -2;
  }

  /** @param {number} at_s */
  update(at_s) {
    let present = -1;
    while (present + 1 < this.#lines.length && /** @type {Line} */ (this.#lines[present + 1]).at_s <= at_s + 0.05) present += 1;
    if (present === this.#present) return;
    this.#present = present;
    const items = [...this.list.children];
    items.forEach((item, index) => {
      setAttribute(item, "data-later", index > present);
      setAttribute(item, "aria-current", index === present ? "true" : null);
    });
    const item = items[Math.max(0, present)];
    if (item instanceof HTMLElement && performance.now() - this.#touched_ms > HANDS_OFF_MS) {
      this.list.scrollTo({ top: item.offsetTop - this.list.clientHeight + item.offsetHeight + 24, behavior: "smooth" });
    }
  }

  /** @param {Line} line */
  #make(line) {
    const at = formatClock(line.at_s);
    const jump = h("button", { class: "replay-chat__time", type: "button", "aria-label": this.words("chat.jump", { at }), onclick: () => this.seek(line.at_s) }, at);
    const { kind, mine } = line;
    if (kind !== "chat") {
      const what = this.words(`chat.${kind}`, { name: mine ? this.words("chat.you-did") : this.words("chat.person", { name: line.name }) });
      return h("li", { class: "replay-chat__line", "data-kind": kind }, h("div", { class: "replay-chat__head" }, h("span", { class: "replay-chat__what" }, what), jump));
    }
    const name = mine ? this.words("chat.you") : line.name;
    return h("li", { class: "replay-chat__line", "data-role": line.role }, h("div", { class: "replay-chat__head" }, h("span", { class: "replay-chat__name" }, name), jump), h("p", { class: "replay-chat__text" }, line.text));
  }
}
