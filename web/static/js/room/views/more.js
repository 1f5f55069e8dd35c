/** The sheet behind "more": what does not fit into the bar, how things look, which devices are used. */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";
import { looksOn, myself, writesCaptions } from "../room-state.js";
import { DeviceFields } from "./device-fields.js";
import { askToEnd } from "./dialogs.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */

export class More {
  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words, session, ui } = context;
    const row = (/** @type {import("../icons.js").IconName} */ sign, /** @type {string} */ label, /** @type {() => void} */ run, /** @type {{stay?: boolean}} */ { stay = false } = {}) =>
      h("button", {
        class: "more__row",
        type: "button",
        onclick: () => {
          if (!stay) this.close();
          run();
        },
      }, svg(ICONS[sign]), h("span", { class: "more__label" }, label));
    const flip = (/** @type {"screenOnly"} */ key) => ui.set({ ...ui.state, [key]: !ui.state[key] });

    this.record = row("record", words("bar.record"), () => session.lead({ type: session.state.class.room?.recording === "on" ? "stop-recording" : "start-recording" }));
    this.lock = row("lock", words("chat.lock"), () => session.lead({ type: "lock-chat", locked: !session.state.class.room?.locked_chat }), { stay: true });
    this.check = row("check", words("check.ask"), () => session.lead({ type: "start-check" }));
    this.write = row("captions", words("captions.write"), () => ui.set({ ...ui.state, writing: !ui.state.writing, captions: true }));
    this.end = row("end", words("bar.end"), () => void askToEnd(context));
    this.end.classList.add("more__row--danger");
    const { attendance } = context.page.urls;
    this.attendance = attendance ? h("a", { class: "more__row", href: attendance, target: "_blank" }, svg(ICONS.sheet), h("span", { class: "more__label" }, words("more.attendance"))) : null;
    this.lead = h("section", { class: "more__part" }, h("h3", {}, words("more.lead")), this.record, this.check, this.lock, this.attendance, this.end);
    this.finish = row("microphone-off", words("more.stop-speaking"), () => session.stopSpeaking());
    this.reactions = h("div", { class: "more__reactions", role: "group", "aria-label": words("bar.react") }, ...context.reactions().map(({ label, icon, run }) =>
      h("button", { class: "more__reaction", type: "button", onclick: () => { this.close(); run(); } }, icon, h("span", {}, label))));
    this.large = this.#switch("text", words("more.large"), () => context.setLarge(!ui.state.large));
    this.simple = this.#switch("simple", words("more.simple"), () => { this.close(); context.setSimple(true); }, words("more.simple-hint"));
    this.screenOnly = this.#switch("screen", words("more.screen-only"), () => flip("screenOnly"));
    this.captions = this.#switch("captions", words("captions.show"), () => context.setCaptions({ captions: !ui.state.captions }), words("captions.hint"));
    this.captionsLarge = this.#switch("text", words("captions.large"), () => context.setCaptions({ captionsLarge: !ui.state.captionsLarge }));
    this.captionsRead = this.#switch("sound", words("captions.read"), () => context.setCaptions({ captionsRead: !ui.state.captionsRead }));
    this.full = row("expand", words("more.full"), () => void toggleFullScreen());
    this.full.hidden = !document.fullscreenEnabled;
    this.fields = new DeviceFields(words, (kind, id) => context.chooseDevice(kind, id));
    const look = h("section", { class: "more__part" }, h("h3", {}, words("more.view")), this.simple, this.large, this.captions, this.captionsLarge, this.captionsRead, this.screenOnly, this.full);
    this.devices = h("section", { class: "more__part" }, h("h3", {}, words("more.devices")), this.fields.element);
    const closer = h("button", { class: "side__close", type: "button", "aria-label": words("panel.close"), onclick: () => this.close() }, svg(ICONS.close));
    this.keys = h("p", { class: "more__keys" }, words("more.keys"));
    this.element = h("dialog", { class: "drawer", "aria-labelledby": "more-title" },
      h("div", { class: "drawer__inside" }, h("div", { class: "drawer__head" }, h("h2", { id: "more-title" }, words("more.title")), closer), this.reactions, this.finish, this.write, this.lead, look, this.devices, this.keys));
    this.element.addEventListener("click", (event) => event.target === this.element && this.close());
    this.element.addEventListener("close", () => this.fields.stop());
  }

  open() {
    if (this.element.open) return;
    const may = myself(this.context.session.state.class)?.may_publish ?? false;
    this.fields.only(may ? ["camera", "microphone", "speaker"] : ["speaker"]);
    this.devices.hidden = false;
    this.fields.start();
    this.element.showModal();
  }

  close() {
    if (this.element.open) this.element.close();
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    const { words } = this.context;
    const { role, room } = state.class;
    this.lead.hidden = role !== "instructor";
    this.write.hidden = !writesCaptions(role);
    this.reactions.hidden = !ui.narrow || looksOn(role);
    const may = myself(state.class)?.may_publish ?? false;
    this.finish.hidden = role === "instructor" || !may;
    this.#label(this.record, words(room?.recording === "on" ? "bar.record-stop" : "bar.record"));
    this.#label(this.lock, words(room?.locked_chat ? "chat.unlock" : "chat.lock"));
    this.record.hidden = this.end.hidden = !ui.narrow;
    setAttribute(this.large, "aria-checked", String(ui.large));
    setAttribute(this.simple, "aria-checked", String(ui.simple));
    setAttribute(this.screenOnly, "aria-checked", String(ui.screenOnly));
    setAttribute(this.captions, "aria-checked", String(ui.captions));
    setAttribute(this.captionsLarge, "aria-checked", String(ui.captionsLarge));
    setAttribute(this.captionsRead, "aria-checked", String(ui.captionsRead));
    this.captionsLarge.hidden = this.captionsRead.hidden = !ui.captions;
    this.#label(this.write, words(ui.writing ? "captions.write-end" : "captions.write"));
    this.#label(this.full, words(document.fullscreenElement ? "more.full-off" : "more.full"));
    this.keys.hidden = ui.narrow || looksOn(role);
  }

  /**
   * @param {import("../icons.js").IconName} sign
   * @param {string} label
   * @param {() => void} run
   * @param {string} [hint]
   */
  #switch(sign, label, run, hint) {
    return h("button", { class: "more__row more__row--switch", type: "button", role: "switch", "aria-checked": "false", onclick: run },
      svg(ICONS[sign]), h("span", { class: "more__label" }, label, hint ? h("small", {}, hint) : null), h("span", { class: "more__knob", "aria-hidden": "true" }));
  }

  /**
   * @param {Element} row
   * @param {string} text
   */
  #label(row, text) {
    const label = row.querySelector(".more__label");
    if (label) setText(label, text);
  }
}

async function toggleFullScreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // refused by the browser: nothing changes
  }
}
