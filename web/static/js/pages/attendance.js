// @ts-check
/** Keeps the live attendance sheet fresh. When class is over the page is loaded once more, for the final verdicts. */

import { say, wordsOf } from "./words.js";

const EVERY_MS = 4_000;
const SVG = "http://www.w3.org/2000/svg";
const LOOKS = /** @type {Record<string, string>} */ ({
  present: "badge--good",
  late: "badge--warn",
  "left-early": "badge--warn",
  absent: "badge--bad",
  excused: "badge--info",
  expected: "badge--plain",
});

/**
 * @typedef {{person: string, checks: number[], minutes: number, share: number, verdict: string, here: boolean, stretches: [number, number][]}} Row
 * @typedef {{final: boolean, now: number | null, rows: Row[]}} Sheet
 */

const table = document.querySelector("[data-sheet]");
if (table) start(table);

/** @param {Element} table */
function start(table) {
  const words = wordsOf(table);
  const address = table.getAttribute("data-sheet") ?? "";

  async function refresh() {
    if (document.hidden) return;
    const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response?.ok) return;
    const sheet = /** @type {Sheet} */ (await response.json());
    const isWriting = document.querySelector("main details[open]") !== null;
    if ((sheet.final || sheet.rows.length !== table.querySelectorAll("tr[data-person]").length) && !isWriting) {
      location.reload();
      return;
    }
    for (const row of sheet.rows) showRow(table, row, words);
    const here = document.querySelector("[data-here]");
    if (here) here.textContent = say(words("people"), { n: sheet.rows.filter((row) => row.here).length });
  }

  void refresh();
  setInterval(() => void refresh(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void refresh());
}

/**
 * @param {Element} table
 * @param {Row} row
 * @param {(key: string) => string} words
 */
function showRow(table, row, words) {
  const line = table.querySelector(`tr[data-person="${CSS.escape(row.person)}"]`);
  const bar = line?.querySelector("svg.presence");
  if (!line || !bar) return;
  for (const old of bar.querySelectorAll(".presence__in")) old.remove();
  for (const [start, width] of row.stretches) {
    const piece = document.createElementNS(SVG, "rect");
    piece.setAttribute("class", "presence__in");
    piece.setAttribute("x", String(start));
    piece.setAttribute("width", String(width));
    piece.setAttribute("height", "22");
    bar.append(piece);
  }
  const minutes = line.querySelector("[data-minutes]");
  if (minutes) minutes.textContent = say(words("minutes"), { n: row.minutes });
  const checks = line.querySelector("[data-checks]");
  const [answered, asked] = row.checks;
  if (checks && answered !== undefined && asked !== undefined) checks.textContent = say(words("answered"), { answered, asked });
  const badge = line.querySelector("[data-verdict] .badge");
  if (badge && badge.textContent !== words(row.verdict)) {
    badge.textContent = words(row.verdict);
    badge.className = `badge ${LOOKS[row.verdict]}`;
  }
}
