/** The keys of the player, in a dialog. */

import { ask } from "../lib/dialog.js";
import { h } from "../lib/dom.js";

/** @type {readonly [string, "toggle" | "five" | "ten" | "chapter" | "ends" | "speed" | "captions" | "mute" | "full" | "help"][]} */
export const KEYS = [
  ["Space K", "toggle"],
  ["← →", "five"],
  ["J L", "ten"],
  ["P N", "chapter"],
  ["Home End", "ends"],
  ["< >", "speed"],
  ["C", "captions"],
  ["M", "mute"],
  ["F", "full"],
  ["?", "help"],
];

/** @param {import("./texts.js").Words} words */
export function showHelp(words) {
  const rows = KEYS.flatMap(([keys, what]) => [h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, words(`help.${what}`))]);
  return ask({ title: words("help.title"), body: [h("dl", { class: "replay-help" }, ...rows)], answers: [{ value: "close", label: words("resume.close"), kind: "primary" }], safe: "close" });
}
