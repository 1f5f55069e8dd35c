/** Short messages at the top of the stage: read politely, closed by themselves, never in the way of a button. */

import { h, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";

const SHOWN_MS = 7000;
const SHOWN_LONG_MS = 14_000;
const AT_ONCE = 3;

/** @typedef {"info" | "good" | "warn" | "bad" | "record"} Kind */
/** @typedef {{kind?: Kind, action?: {label: string, run: () => void}, long?: boolean, key?: string}} Options */

/** @type {Record<Kind, import("../icons.js").IconName>} */
const SIGNS = { info: "info", good: "check", warn: "warning", bad: "warning", record: "record" };

export class Notices {
  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    this.element = h("div", { class: "notices", role: "status", "aria-live": "polite" });
  }

  /**
   * @param {string} text
   * @param {Options} [options] `key`: a newer notice with the same key replaces the older
   */
  show(text, { kind = "info", action, long = false, key = text } = {}) {
    for (const old of [...this.element.children]) if (old instanceof HTMLElement && old.dataset.key === key) old.remove();
    while (this.element.children.length >= AT_ONCE) this.element.firstElementChild?.remove();
    const notice = h("div", { class: `toast toast--${kind}`, "data-key": key }, svg(ICONS[SIGNS[kind]]), h("p", { class: "toast__text" }, text));
    if (action) {
      const press = () => {
        notice.remove();
        action.run();
      };
      notice.append(h("button", { class: "toast__action", type: "button", onclick: press }, action.label));
    }
    notice.append(h("button", { class: "toast__close", type: "button", "aria-label": this.context.words("notice.dismiss"), onclick: () => notice.remove() }, svg(ICONS.close)));
    this.element.append(notice);
    this.#expire(notice, long || action ? SHOWN_LONG_MS : SHOWN_MS);
  }

  /**
   * Whoever is reading or about to press it gets more time.
   * @param {HTMLElement} notice
   * @param {number} ms
   */
  #expire(notice, ms) {
    setTimeout(() => {
      if (notice.matches(":hover, :focus-within")) this.#expire(notice, 2000);
      else notice.remove();
    }, ms);
  }
}
