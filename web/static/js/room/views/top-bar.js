/** Title, recording sign with its running time, the state of the connection in words, and the switch of the side panel. */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { formatClock, speakClock } from "../../lib/timing.js";
import { ICONS } from "../icons.js";
import { recordedSeconds } from "../room-state.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */
/** @typedef {"good" | "fair" | "poor" | "connecting" | "waiting" | "offline"} LinkWord */

const BLOCKED_AFTER = 3;

export class TopBar {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {SessionState | null} */
  #state = null;

  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words, page } = context;
    this.clock = h("span", { class: "top__clock", "aria-hidden": "true" });
    this.recordingWords = h("span", { class: "quiet" });
    this.recording = h("p", { class: "top__recording", hidden: true }, h("span", { class: "top__dot", "aria-hidden": "true" }), h("span", { "aria-hidden": "true" }, words("top.recording-short")), this.clock, this.recordingWords);
    this.word = h("span", { class: "top__word" });
    this.link = h("button", { class: "top__link", type: "button", "aria-expanded": "false", "aria-controls": "link-advice", onclick: () => this.#toggleAdvice() }, h("span", { class: "top__bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { class: "quiet" }, `${words("top.connection")}: `), this.word);
    this.advice = h("p", { class: "top__advice", id: "link-advice", role: "status", hidden: true });
    this.panel = h("button", { class: "top__panel", type: "button", onclick: () => context.togglePanel() }, svg(ICONS.panel), h("span", {}, words("top.panel")), h("span", { class: "side__badge", hidden: true }));
    this.simple = h("button", { class: "top__simple", type: "button", onclick: () => context.setSimple(false) }, words("simple.off"));
    this.more = h("div", { class: "top__more" });
    const title = h("div", { class: "top__title" }, h("h1", {}, page.title), h("p", {}, page.course === page.title ? page.municipality : page.course));
    this.element = h("header", { class: "top" }, title, this.recording, h("div", { class: "top__status" }, this.link, this.advice), this.simple, this.panel, this.more);
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), 500);
    window.addEventListener("online", this.#onNetwork);
    window.addEventListener("offline", this.#onNetwork);
    document.addEventListener("pointerdown", this.#onPress);
  }

  stop() {
    clearInterval(this.#timer);
    window.removeEventListener("online", this.#onNetwork);
    window.removeEventListener("offline", this.#onNetwork);
    document.removeEventListener("pointerdown", this.#onPress);
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    this.#state = state;
    const { words } = this.context;
    const word = this.#word(state);
    setAttribute(this.link, "data-link", word);
    setText(this.word, words(`link.${word}`));
    setText(this.advice, words(word !== "good" && state.viewFailures >= BLOCKED_AFTER && state.signalling === "open" ? "advice.blocked" : `advice.${word}`));
    this.recording.hidden = state.class.room?.recording !== "on";
    this.panel.hidden = ui.inline || ui.simple;
    this.simple.hidden = !ui.simple;
    setAttribute(this.panel, "aria-pressed", String(ui.panel));
    const badge = /** @type {HTMLElement} */ (this.panel.lastElementChild);
    const news = ui.panel ? 0 : ui.unread + (state.class.room?.hands.length ?? 0);
    badge.hidden = news === 0;
    setText(badge, news > 99 ? "99+" : String(news));
    this.#tick();
  }

  /** Close what is open. @returns {boolean} whether something was */
  close() {
    const open = !this.advice.hidden;
    if (open) this.#toggleAdvice();
    return open;
  }

  #onNetwork = () => {
    if (this.#state) this.update(this.#state, this.context.ui.state);
  };

  #onPress = (/** @type {Event} */ event) => {
    if (!this.advice.hidden && !this.link.contains(/** @type {Node} */ (event.target))) this.#toggleAdvice();
  };

  #toggleAdvice() {
    this.advice.hidden = !this.advice.hidden;
    this.link.setAttribute("aria-expanded", String(!this.advice.hidden));
  }

  /**
   * @param {SessionState} state
   * @returns {LinkWord}
   */
  #word(state) {
    const lost = state.signalling !== "open";
    if (lost && !navigator.onLine) return "offline";
    if (lost) return state.class.room === null ? "connecting" : "waiting";
    if (state.view === "connected" && state.class.room?.media !== "moving") return state.grade;
    return this.context.session.reconnecting ? "waiting" : "connecting";
  }

  #tick() {
    const room = this.#state?.class.room;
    if (!room || room.recording !== "on") return;
    const seconds = recordedSeconds(room, Date.now() + (this.#state?.clock_ms ?? 0));
    setText(this.clock, formatClock(seconds, { hours: true }));
    // read out only when somebody comes by: a minute is exact enough
    const minutes = Math.floor(seconds / 60) * 60;
    setText(this.recordingWords, `${this.context.words("top.recording")}. ${this.context.words("top.recorded-for", { clock: speakClock(minutes, this.context.language) })}`);
  }
}
