/**
 * Chat and participants beside the stage (below it on an upright phone). Where there is room both are in sight; else one of the
 * two. What is out of sight stays readable for a screen reader, but nothing in it takes the focus.
 */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";
import { Chat } from "./chat.js";
import { Roster } from "./roster.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */

export class Panel {
  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words, ui } = context;
    this.chat = new Chat(context);
    this.roster = new Roster(context);
    const tab = (/** @type {"chat" | "people"} */ name) =>
      h("button", { class: "side__tab", type: "button", "aria-controls": `panel-${name}`, onclick: () => ui.set({ ...ui.state, tab: name }) }, svg(ICONS[name]), h("span", {}, words(`panel.${name}`)), h("span", { class: "side__badge", hidden: true }));
    this.chatTab = tab("chat");
    this.peopleTab = tab("people");
    this.closeButton = h("button", { class: "side__close", type: "button", "aria-label": words("panel.close"), onclick: () => context.togglePanel(false) }, svg(ICONS.close));
    this.element = h("aside", { class: "side", "aria-label": words("panel.region") }, h("div", { class: "side__tabs" }, this.chatTab, this.peopleTab, this.closeButton), this.roster.element, this.chat.element);
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    const sees = (/** @type {"chat" | "people"} */ name) => ui.panel && (ui.both || ui.tab === name);
    setAttribute(this.element, "data-open", ui.panel);
    setAttribute(this.element, "data-both", ui.both);
    setAttribute(this.chatTab, "aria-pressed", String(ui.tab === "chat"));
    setAttribute(this.peopleTab, "aria-pressed", String(ui.tab === "people"));
    this.closeButton.hidden = ui.inline;
    for (const [section, name] of /** @type {const} */ ([[this.chat.element, "chat"], [this.roster.element, "people"]])) {
      setAttribute(section, "data-away", !sees(name));
    }
    this.chat.form.inert = !sees("chat");
    this.chat.newer.inert = !sees("chat");
    setAttribute(this.chat.log, "tabindex", sees("chat") ? "0" : "-1");
    setAttribute(this.roster.list, "tabindex", sees("people") ? "0" : "-1");
    this.chat.update(state);
    this.roster.update(state, sees("people"));
    const room = state.class.room;
    this.#badge(this.chatTab, sees("chat") ? 0 : ui.unread);
    this.#badge(this.peopleTab, room?.hands.length ?? 0);
  }

  /**
   * @param {HTMLElement} tab
   * @param {number} count
   */
  #badge(tab, count) {
    const badge = /** @type {HTMLElement} */ (tab.lastElementChild);
    badge.hidden = count === 0;
    setText(badge, count > 99 ? "99+" : String(count));
  }
}
