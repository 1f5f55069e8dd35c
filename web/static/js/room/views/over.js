/** After the class: what happened, and the one thing to do next. */

import { h, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";

/** @typedef {import("../texts.js").TextKey} TextKey */
/** @typedef {"again" | "reload" | "recordings" | "history" | "attendance" | "back" | "sign-in"} Step */

/** code → steps, the first is the primary one */
/** @type {Record<string, Step[]>} */
const STEPS = {
  "class-ended": ["recordings", "history"],
  left: ["again", "back"],
  removed: ["back"],
  replaced: ["again", "back"],
  "lesson-over": ["recordings", "history"],
  "lesson-unknown": ["back"],
  "lesson-not-open": ["back"],
  "not-allowed": ["back"],
  "signed-out": ["sign-in"],
  version: ["reload"],
  "ticket-invalid": ["again", "back"],
  "account-closed": ["back"],
  "no-captioner": ["back"],
  "room-full": ["again", "back"],
};

/** Codes of the domain that mean the same to whoever stands before the door. */
const SAME = new Map([["not-enrolled", "not-allowed"], ["forbidden", "not-allowed"], ["not-found", "lesson-unknown"], ["lesson-ended", "lesson-over"]]);

export class Over {
  /**
   * @param {object} options
   * @param {string} options.code
   * @param {import("../page.js").Page} options.page
   * @param {import("../texts.js").Words} options.words
   * @param {() => void} options.again
   */
  constructor({ code, page, words, again }) {
    const known = SAME.get(code) ?? (code in STEPS ? code : "not-allowed");
    const lead = page.role === "instructor";
    /** @type {Step[]} */
    const steps = known === "class-ended" && lead && page.urls.attendance ? ["attendance", "recordings"] : (STEPS[known] ?? ["back"]);
    const address = { recordings: page.urls.recordings, history: page.urls.history, attendance: page.urls.attendance ?? page.urls.back, back: page.urls.back, "sign-in": page.urls.sign_in };
    const actions = steps.map((step, index) => {
      const look = index === 0 ? "button button--large" : "button button--large button--second";
      if (step === "again" || step === "reload") return h("button", { class: look, type: "button", onclick: () => (step === "again" ? again() : window.location.reload()) }, words(`over.${step}`));
      return h("a", { class: look, href: address[step] }, words(`over.${step}`));
    });
    const forLead = lead && (known === "left" || known === "class-ended");
    const body = words(/** @type {TextKey} */ (forLead ? `over.${known}-lead` : `over.${known}-body`));
    this.title = h("h1", { class: "over__title", tabindex: "-1" }, words(/** @type {TextKey} */ (`over.${known}`)));
    const sign = known === "class-ended" || known === "lesson-over" ? "check" : known === "left" ? "leave" : "info";
    this.element = h("main", { class: "over" }, h("div", { class: "over__card" }, h("span", { class: `over__sign over__sign--${sign}` }, svg(ICONS[sign])), this.title, h("p", { class: "over__lesson" }, page.title), h("p", { class: "over__body" }, body), h("div", { class: "over__actions" }, ...actions)));
  }

  start() {
    this.title.focus();
  }
}
