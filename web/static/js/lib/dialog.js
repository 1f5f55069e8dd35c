/** Questions in a modal <dialog>: the focus starts on the safe answer and goes back to where it came from. */

import { h } from "./dom.js";

let number = 0;

/**
 * @typedef {object} Answer
 * @property {string} value
 * @property {string} label
 * @property {"primary" | "second" | "danger"} kind
 */

/**
 * Ask and wait.
 * @param {object} question
 * @param {string} question.title
 * @param {readonly (string | Node)[]} question.body
 * @param {readonly Answer[]} question.answers in reading order
 * @param {string} [question.safe] the answer the focus starts on
 * @param {boolean} [question.large] buttons nobody can miss
 * @param {AbortSignal} [question.signal] withdraws the question
 * @returns {Promise<string>} the answer's value; "" when closed with Escape or withdrawn
 */
export function ask({ title, body, answers, safe, large = false, signal }) {
  const id = `dialog-${++number}`;
  const classes = { primary: "button", second: "button button--second", danger: "button button--live" };
  const buttons = answers.map(({ value, label, kind }) => h("button", { class: classes[kind], type: "submit", value, autofocus: value === safe }, label));
  const form = h(
    "form",
    { method: "dialog", class: "dialog__form" },
    h("h2", { class: "dialog__title", id }, title),
    ...body.map((part) => (typeof part === "string" ? h("p", { class: "dialog__text" }, part) : part)),
    h("div", { class: large ? "dialog__answers dialog__answers--large" : "dialog__answers" }, ...buttons),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, form);
  const before = document.activeElement;
  (document.fullscreenElement ?? document.body).append(dialog);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    signal?.addEventListener("abort", () => dialog.close(""), { once: true });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(dialog.returnValue);
    });
  });
}
