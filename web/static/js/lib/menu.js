/** A small menu beside the button that opened it: arrow keys, Escape and a press elsewhere close it, the focus goes back. */

import { Listeners, h } from "./dom.js";

/** @typedef {{label: string, icon?: Node, danger?: boolean, run: () => void}} MenuItem */

export class Menu {
  #listeners = new Listeners();
  /** @type {HTMLElement | null} */
  #anchor = null;

  /** @param {HTMLElement} place where the menu is put in the document, e.g. inside a full-screen element */
  constructor(place) {
    this.element = h("div", { class: "pop", role: "menu", hidden: true });
    place.append(this.element);
  }

  /**
   * @param {HTMLElement} anchor
   * @param {string} label
   * @param {readonly MenuItem[]} items
   */
  open(anchor, label, items) {
    const again = this.#anchor === anchor;
    this.close(false);
    if (again) return;
    this.#anchor = anchor;
    anchor.setAttribute("aria-expanded", "true");
    this.element.setAttribute("aria-label", label);
    this.element.replaceChildren(
      ...items.map(({ label: text, icon, danger, run }) => {
        const item = h("button", { class: danger ? "pop__item pop__item--danger" : "pop__item", type: "button", role: "menuitem", tabindex: "-1" }, icon, h("span", {}, text));
        item.addEventListener("click", () => {
          this.close();
          run();
        });
        return item;
      }),
    );
    this.element.hidden = false;
    this.#place(anchor);
    this.#listen();
    this.#focus(0);
  }

  /** @param {boolean} [giveBack] put the focus back where it came from */
  close(giveBack = true) {
    const anchor = this.#anchor;
    if (anchor === null) return;
    this.#anchor = null;
    this.#listeners.stop();
    this.element.hidden = true;
    anchor.setAttribute("aria-expanded", "false");
    if (giveBack && anchor.isConnected) anchor.focus();
  }

  #listen() {
    this.#listeners.listen(document, "pointerdown", (/** @type {PointerEvent} */ event) => {
      const target = /** @type {Node} */ (event.target);
      if (!this.element.contains(target) && !this.#anchor?.contains(target)) this.close(false);
    }, { capture: true });
    this.#listeners.listen(window, "resize", () => this.close(false));
    this.#listeners.listen(this.element, "keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step !== undefined) this.#focus(step);
      else if (event.key === "Escape") this.close();
      else if (event.key === "Tab") return this.close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @param {number} step 0 = the first item */
  #focus(step) {
    const items = /** @type {HTMLElement[]} */ ([...this.element.children]);
    const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    items.at(step === 0 ? 0 : (now + step) % items.length)?.focus();
  }

  /** @param {HTMLElement} anchor */
  #place(anchor) {
    const around = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.max(8, Math.min(around.left + around.width / 2 - width / 2, window.innerWidth - width - 8));
    const below = around.bottom + 8;
    const top = below + height <= window.innerHeight - 8 ? below : around.top - height - 8;
    Object.assign(this.element.style, { left: `${left}px`, top: `${Math.max(8, top)}px` });
  }
}
