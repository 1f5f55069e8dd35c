/** Which sentence and which look a notice has (pure). */

import { TEXTS } from "../texts.js";

/** @typedef {import("../texts.js").Words} Words */
/** @typedef {import("./notices.js").Kind} Kind */
/** @typedef {{text: string, kind: Kind, long: boolean, key: string}} Notice */

const GOOD = new Set(["recording-recovered", "recording-disk-enough", "speaking-allowed", "reconnected", "hand-up", "check-answered", "check-all"]);
const INFO = new Set(["recording-off", "hand-raised", "hand-down", "screen-shared", "screen-ended", "speaking-ended", "muted-by-instructor", "other-window", "ask-to-speak", "check-progress"]);
const BAD = new Set(["recording-failed", "recording-no-storage", "recording-disk-full", "recording-disk-error"]);
const SAME = new Map([
  ["recording-off", "recording"],
  ["recording-on", "recording"],
  ["recording-disk-low", "recording-disk"],
  ["recording-disk-enough", "recording-disk"],
  ["recording-disk-full", "recording-disk"],
  ["recording-disk-error", "recording-disk"],
  ["recording-recovered", "recording-disk"],
  ["hand-up", "hand"],
  ["hand-down", "hand"],
  ["reconnected", "connection"],
  ["not-connected", "connection"],
  ["screen-shared", "screen"],
  ["screen-ended", "screen"],
  ["check-progress", "check"],
  ["check-missing", "check"],
  ["check-all", "check"],
  ["check-waiting", "check"],
  ["check-answered", "check"],
]);

/**
 * @param {string} code
 * @param {Record<string, any>} values
 * @param {Words} words
 * @returns {Notice}
 */
export function sentenceFor(code, values, words) {
  const key = /** @type {import("../texts.js").TextKey} */ (`notice.${code}`);
  const text = key in TEXTS.ko ? words(key, values) : words("notice.unknown");
  const kind = code === "recording-on" ? "record" : GOOD.has(code) ? "good" : INFO.has(code) ? "info" : BAD.has(code) ? "bad" : "warn";
  return { text, kind, long: kind === "bad" || kind === "warn" || code === "other-window", key: SAME.get(code) ?? code };
}
