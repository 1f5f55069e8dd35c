/** Title, recording sign with its running time, the state of the connection in words, and the switch of the side panel. */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { formatClock, speakClock } from "../../lib/timing.js";
import { ICONS } from "../icons.js";
import { recordedSeconds } from "../room-state.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */
/** @typedef {"good" | "fair" | "poor" | "connecting" | "waiting" | "blocked" | "offline"} LinkWord */
/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {{level: LinkWord, word: TextKey, advice: TextKey}} LinkView level: colour and bars */

const BLOCKED_AFTER = 3;
const SAID_AFTER_MS = 2500; // what passes sooner is not worth interrupting anybody
const TROUBLE = new Set(["poor", "waiting", "blocked", "offline"]);

export class TopBar {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {SessionState | null} */
  #state = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saying;
  #toSay = ""; // the text that waits or was said last
  #inTrouble = false; // a trouble was said

  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words, page } = context;
    this.clock = h("span", { class: "top__clock", "aria-hidden": "true" });
    this.recordingWords = h("span", { class: "quiet" });
    this.recording = h("p", { class: "top__recording", hidden: true }, h("span", { class: "top__dot", "aria-hidden": "true" }), h("span", { "aria-hidden": "true" }, words("top.recording-short")), this.clock, this.recordingWords);
    this.word = h("span", { class: "top__word" });
    this.link = h("button", { class: "top__link", type: "button", "aria-expanded": "false", "aria-controls": "link-advice", onclick: () => this.#toggleAdvice() }, h("span", { class: "top__bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { class: "quiet" }, `${words("top.connection")}: `), this.word);
    this.adviceTitle = h("strong", {});
    this.adviceText = h("span", {});
    this.advice = h("p", { class: "top__advice", id: "link-advice", hidden: true }, this.adviceTitle, this.adviceText);
    this.said = h("span", { class: "quiet", role: "status" }); // read politely, never in the way of what is being done
    this.panel = h("button", { class: "top__panel", type: "button", onclick: () => context.togglePanel() }, svg(ICONS.panel), h("span", {}, words("top.panel")), h("span", { class: "side__badge", hidden: true }));
    this.simple = h("button", { class: "top__simple", type: "button", onclick: () => context.setSimple(false) }, words("simple.off"));
    this.more = h("div", { class: "top__more" });
    const title = h("div", { class: "top__title" }, h("h1", {}, page.title), h("p", {}, page.course === page.title ? page.municipality : page.course));
    this.element = h("header", { class: "top" }, title, this.recording, h("div", { class: "top__status" }, this.link, this.advice, this.said), this.simple, this.panel, this.more);
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), 500);
    window.addEventListener("online", this.#onNetwork);
    window.addEventListener("offline", this.#onNetwork);
    document.addEventListener("pointerdown", this.#onPress);
  }

  stop() {
    clearInterval(this.#timer);
    clearTimeout(this.#saying);
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
    const { level, word, advice } = this.#view(state);
    setAttribute(this.link, "data-link", level);
    setText(this.word, words(word));
    setText(this.adviceTitle, words(word));
    setText(this.adviceText, words(advice));
    this.#say(level, word, advice);
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
   * Tell who cannot see the bars: a trouble that lasts, and its end.
   * @param {LinkWord} level
   * @param {TextKey} word
   * @param {TextKey} advice
   */
  #say(level, word, advice) {
    const { words } = this.context;
    const text = TROUBLE.has(level) ? `${words(word)}. ${words(advice)}` : this.#inTrouble && level === "good" ? words("link.again") : "";
    if (text === this.#toSay) return;
    this.#toSay = text;
    clearTimeout(this.#saying);
    if (text === "") return;
    this.#saying = setTimeout(() => {
      this.#inTrouble = TROUBLE.has(level);
      setText(this.said, text);
    }, SAID_AFTER_MS);
  }

  /**
   * @param {SessionState} state
   * @returns {LinkView}
   */
  #view(state) {
    const level = this.#level(state);
    const { cause } = state;
    if (cause === "none" || level !== state.grade) return { level, word: `link.${level}`, advice: `advice.${level}` };
    if (cause === "detour" || cause === "sound-only") return { level, word: `link.${cause}`, advice: `advice.${cause}` };
    const grade = level === "poor" ? "poor" : "fair"; // these causes always come with one of the two
    return { level, word: `link.${cause}-${grade}`, advice: `advice.${cause}` };
  }

  /**
   * @param {SessionState} state
   * @returns {LinkWord}
   */
  #level(state) {
    const lost = state.signalling !== "open";
    if (lost && !navigator.onLine) return "offline";
    if (lost) return state.class.room === null ? "connecting" : "waiting";
    if (state.view === "connected" && state.class.room?.media !== "moving") return state.grade;
    if (state.viewFailures >= BLOCKED_AFTER) return "blocked";
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
