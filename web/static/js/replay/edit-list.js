/** Cuts and chapters while somebody edits them (pure). Times are typed and shown as 1:02:03.5. */

/** @typedef {{from_s: number, to_s: number}} Cut */
/** @typedef {{at_s: number, title: string}} Chapter */
/** @typedef {{cuts: Cut[], chapters: Chapter[]}} Draft */

/**
 * What somebody typed: 75, 1:15, 1:15.5, 1:02:03. Null when it is no time.
 * @param {string} typed
 */
export function parseClock(typed) {
  const plain = typed.trim().replaceAll("：", ":").replace(",", ".");
  if (!/^(\d{1,2}:)?(\d{1,3}:)?\d{1,5}(\.\d{1,3})?$/.test(plain)) return null;
  return plain.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** @param {number} seconds */
export function writeClock(seconds) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const [h, m, s] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  const two = (/** @type {number | string} */ n) => String(n).padStart(2, "0");
  const rest = Number.isInteger(s) ? two(s) : s.toFixed(1).padStart(4, "0");
  return h > 0 ? `${h}:${two(m)}:${rest}` : `${m}:${rest}`;
}

/**
 * Everything before `at_s` goes.
 * @param {readonly Cut[]} cuts
 * @param {number} at_s
 * @returns {Cut[]}
 */
export function trimStart(cuts, at_s) {
  return [{ from_s: 0, to_s: at_s }, ...cuts.filter((cut) => cut.to_s > at_s).map((cut) => (cut.from_s < at_s ? { ...cut, from_s: at_s } : cut))].filter((cut) => cut.to_s > cut.from_s);
}

/**
 * Everything from `at_s` on goes.
 * @param {readonly Cut[]} cuts
 * @param {number} at_s
 * @param {number} duration_s
 * @returns {Cut[]}
 */
export function trimEnd(cuts, at_s, duration_s) {
  return [...cuts.filter((cut) => cut.from_s < at_s).map((cut) => (cut.to_s > at_s ? { ...cut, to_s: at_s } : cut)), { from_s: at_s, to_s: duration_s }].filter((cut) => cut.to_s > cut.from_s);
}

/**
 * A chapter where one is; the list stays in order.
 * @param {readonly Chapter[]} chapters
 * @param {number} at_s
 * @param {string} title
 * @returns {Chapter[]}
 */
export function addChapter(chapters, at_s, title) {
  return [...chapters, { at_s, title }].sort((a, b) => a.at_s - b.at_s);
}

/**
 * @param {Draft} one
 * @param {Draft} other
 */
export function isSame(one, other) {
  return JSON.stringify([one.cuts, one.chapters]) === JSON.stringify([other.cuts, other.chapters]);
}
