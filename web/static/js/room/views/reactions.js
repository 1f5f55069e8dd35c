/** Reactions rise over the stage for three seconds. They are decoration: a screen reader hears nothing of them. */

import { h, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";

const SHOWN_MS = 3000;
const AT_ONCE = 12;

export class Reactions {
  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    this.element = h("div", { class: "reactions", "aria-hidden": "true" });
  }

  /**
   * @param {import("../../messages.js").Reaction} reaction
   * @param {string} name
   */
  show(reaction, name) {
    while (this.element.children.length >= AT_ONCE) this.element.firstElementChild?.remove();
    const bubble = h("div", { class: `reactions__one reactions__one--${reaction}` }, svg(ICONS[reaction]), h("span", {}, name));
    bubble.style.setProperty("--left", `${8 + Math.random() * 60}%`);
    this.element.append(bubble);
    setTimeout(() => bubble.remove(), SHOWN_MS);
  }
}
