/** The panel beside the player: chat, chapters, transcript as tabs (WAI-ARIA: arrows move, one is in the tab order). */

import { h, setAttribute } from "../lib/dom.js";

let panels = 0;

export class Panel {
  /**
   * @param {string} label
   * @param {readonly {name: string, title: string, content: HTMLElement}[]} tabs
   */
  constructor(label, tabs) {
    const id = `replay-panel-${++panels}`;
    this.tabs = tabs.map(({ name, title }) => h("button", { class: "replay-panel__tab", type: "button", role: "tab", id: `${id}-${name}`, "aria-controls": `${id}-${name}-panel`, onclick: () => this.choose(name) }, title));
    this.panels = tabs.map(({ name, content }) => h("div", { class: "replay-panel__body", role: "tabpanel", id: `${id}-${name}-panel`, "aria-labelledby": `${id}-${name}` }, content));
    this.names = tabs.map(({ name }) => name);
    const list = h("div", { class: "replay-panel__tabs", role: "tablist", "aria-label": label }, ...this.tabs);
    list.addEventListener("keydown", (event) => this.#onKey(event));
    this.element = h("section", { class: "replay-panel", "aria-label": label }, list, ...this.panels);
    this.choose(this.names[0] ?? "");
  }

  /** A tab that is of no use (yet) is not shown. @param {string} name @param {boolean} useful */
  offer(name, useful) {
    const tab = this.tabs[this.names.indexOf(name)];
    if (!tab || tab.hidden === !useful) return;
    tab.hidden = !useful;
    if (!useful && tab.getAttribute("aria-selected") === "true") this.choose(this.#offered()[0] ?? "");
  }

  #offered() {
    return this.names.filter((_, index) => !this.tabs[index]?.hidden);
  }

  /** @param {string} name */
  choose(name) {
    this.names.forEach((each, index) => {
      const chosen = each === name;
      const tab = /** @type {HTMLElement} */ (this.tabs[index]);
      setAttribute(tab, "aria-selected", chosen ? "true" : "false");
      setAttribute(tab, "tabindex", chosen ? "0" : "-1");
      /** @type {HTMLElement} */ (this.panels[index]).hidden = !chosen;
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const names = this.#offered();
    const here = names.indexOf(this.names[this.tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement))] ?? "");
    if (way === undefined || here < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = names[(here + way + names.length) % names.length] ?? "";
    this.choose(next);
    this.tabs[this.names.indexOf(next)]?.focus();
  }
}
