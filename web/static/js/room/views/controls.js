/** The bar of large buttons. Their names never change (but for recording); pressed and unpressed are said by `aria-pressed`. */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { canShareScreen } from "../devices.js";
import { ICONS } from "../icons.js";
import { myHand, myself } from "../room-state.js";
import { askToEnd } from "./dialogs.js";
import { places } from "./places.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */
/** @typedef {import("./places.js").ControlName} ControlName */
/** @typedef {import("./places.js").Places} Places */

export class Controls {
  #order = "";

  /**
   * @param {import("./room.js").Context} context
   * @param {HTMLElement} top where buttons go that do not fit into the bar
   */
  constructor(context, top) {
    this.context = context;
    this.top = top;
    const { words, session } = context;
    const make = (/** @type {ControlName} */ name, /** @type {string} */ label, /** @type {() => void} */ press) => {
      const text = h("span", { class: "control__label" }, label);
      const state = h("span", { class: "control__state", "aria-hidden": "true" });
      return h("button", { class: `control control--${name}`, type: "button", onclick: press }, h("span", { class: "control__sign" }), text, state);
    };
    this.buttons = {
      microphone: make("microphone", words("bar.microphone"), () => session.toggleMicrophone()),
      camera: make("camera", words("bar.camera"), () => session.toggleCamera()),
      screen: make("screen", words("bar.screen"), () => session.toggleScreen()),
      hand: make("hand", words("bar.hand"), () => session.toggleHand()),
      react: make("react", words("bar.react"), () => this.#react()),
      more: make("more", words("bar.more"), () => context.openMore()),
      leave: make("leave", words("bar.leave"), () => context.leave()),
      record: make("record", words("bar.record"), () => this.#record()),
      end: make("end", words("bar.end"), () => void askToEnd(context)),
    };
    this.buttons.react.setAttribute("aria-haspopup", "menu");
    this.buttons.react.setAttribute("aria-expanded", "false");
    this.buttons.more.setAttribute("aria-haspopup", "dialog");
    for (const name of /** @type {const} */ (["microphone", "camera", "screen", "hand", "react", "more", "leave", "record", "end"])) this.#sign(name, SIGNS[name]);
    this.middle = h("div", { class: "bar__middle" });
    this.side = h("div", { class: "bar__side" });
    this.element = h("section", { class: "bar", "aria-label": words("bar.region") }, this.middle, this.side);
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    const { role, room, me } = state.class;
    this.#arrange(places({ role, simple: ui.simple, narrow: ui.narrow, screens: canShareScreen() }));
    const may = myself(state.class)?.may_publish ?? false;
    const locked = me !== null && !may;
    this.#toggle("microphone", state.switches.microphone, locked, "microphone-off");
    this.#toggle("camera", state.switches.camera, locked, "camera-off");
    this.#toggle("screen", state.switches.screen, locked, "screen");
    for (const name of /** @type {const} */ (["microphone", "camera"])) setAttribute(this.buttons[name], "aria-disabled", me === null ? "true" : null);
    this.buttons.screen.hidden = !may && role !== "instructor";
    const place = myHand(state.class);
    setAttribute(this.buttons.hand, "aria-pressed", String(place > 0));
    const { words } = this.context;
    setText(this.#stateOf("hand"), place > 0 ? words("people.queue", { place }) : "");
    const recording = room?.recording === "on";
    setText(/** @type {Element} */ (this.buttons.record.querySelector(".control__label")), words(recording ? "bar.record-stop" : "bar.record"));
    setAttribute(this.buttons.record, "data-on", recording);
    const offline = state.signalling !== "open";
    for (const name of /** @type {const} */ (["hand", "react", "record", "end"])) setAttribute(this.buttons[name], "aria-disabled", offline ? "true" : null);
  }

  // -- looks ----------------------------------------------------------------------------------------------------------

  /** @param {Places} wanted */
  #arrange(wanted) {
    const order = JSON.stringify(wanted);
    if (order === this.#order) return;
    this.#order = order;
    const focused = document.activeElement;
    const of = (/** @type {ControlName[]} */ names) => names.map((name) => this.buttons[name]);
    this.middle.replaceChildren(...of(wanted.middle));
    this.side.replaceChildren(...of(wanted.side));
    this.top.replaceChildren(...of(wanted.top));
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  }

  /**
   * @param {"microphone" | "camera" | "screen"} name
   * @param {import("../local-media.js").Switch} value
   * @param {boolean} locked
   * @param {import("../icons.js").IconName} offSign
   */
  #toggle(name, value, locked, offSign) {
    const button = this.buttons[name];
    // pressed from the moment it was wanted: a device takes a second to open, and a press in between would mean "off"
    setAttribute(button, "aria-pressed", String(value !== "off"));
    setAttribute(button, "aria-busy", value === "opening" ? "true" : null);
    setAttribute(button, "data-locked", locked);
    this.#sign(name, value === "on" ? SIGNS[name] : offSign);
  }

  /**
   * @param {ControlName} name
   * @param {import("../icons.js").IconName} sign
   */
  #sign(name, sign) {
    const place = /** @type {HTMLElement} */ (this.buttons[name].firstElementChild);
    if (place.dataset.sign === sign) return;
    place.dataset.sign = sign;
    place.replaceChildren(svg(ICONS[sign]));
  }

  /** @param {ControlName} name */
  #stateOf(name) {
    return /** @type {Element} */ (this.buttons[name].lastElementChild);
  }

  // -- presses --------------------------------------------------------------------------------------------------------

  #record() {
    const { session } = this.context;
    session.lead({ type: session.state.class.room?.recording === "on" ? "stop-recording" : "start-recording" });
  }

  #react() {
    const { menu, words } = this.context;
    menu.open(this.buttons.react, words("bar.react"), this.context.reactions());
  }
}

/** @type {Record<ControlName, import("../icons.js").IconName>} */
const SIGNS = {
  microphone: "microphone",
  camera: "camera",
  screen: "screen",
  hand: "hand",
  react: "smile",
  more: "more",
  leave: "leave",
  record: "record",
  end: "end",
};
