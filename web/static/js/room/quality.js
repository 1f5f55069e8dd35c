/**
 * How good our connection is, in words a person can act on (pure).
 *
 * One sample of counters every 2 s in, a verdict out. A verdict gets worse after two bad samples and better after three good
 * ones, so that the words do not flicker.
 */

/**
 * @typedef {object} Sample running totals of the view and the publish connection
 * @property {number} received packets
 * @property {number} lost packets
 * @property {number} frozen_s total duration of frozen picture
 * @property {number} rtt_s of the selected path; 0 = unknown
 * @property {number} uplinkLoss fraction lost of what we send, 0 … 1
 * @property {boolean} limited our encoder is held back by bandwidth
 */
/** @typedef {"good" | "fair" | "poor"} Grade */
/** @typedef {{grade: Grade, better: number, worse: number, last: Sample | null}} Quality */

/** @type {Quality} */
export const UNKNOWN = { grade: "good", better: 0, worse: 0, last: null };

const ORDER = /** @type {const} */ (["good", "fair", "poor"]);

/**
 * @param {Sample} before
 * @param {Sample} after
 * @returns {Grade}
 */
export function grade(before, after) {
  const received = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost);
  const loss = received + lost > 20 ? lost / (received + lost) : 0;
  const frozen = after.frozen_s - before.frozen_s;
  if (loss > 0.08 || frozen > 0.8 || after.rtt_s > 0.8 || after.uplinkLoss > 0.1) return "poor";
  if (loss > 0.02 || frozen > 0.15 || after.rtt_s > 0.35 || after.uplinkLoss > 0.04 || after.limited) return "fair";
  return "good";
}

/**
 * @param {Quality} quality
 * @param {Sample} sample
 * @returns {Quality}
 */
export function judge(quality, sample) {
  // counters that went back belong to a new connection
  if (quality.last === null || sample.received < quality.last.received) return { ...quality, better: 0, worse: 0, last: sample };
  const found = ORDER.indexOf(grade(quality.last, sample));
  const shown = ORDER.indexOf(quality.grade);
  const better = found < shown ? quality.better + 1 : 0;
  const worse = found > shown ? quality.worse + 1 : 0;
  if (worse >= 2) return { grade: ORDER[found] ?? "poor", better: 0, worse: 0, last: sample };
  if (better >= 3) return { grade: ORDER[shown - 1] ?? "good", better: 0, worse: 0, last: sample };
  return { grade: quality.grade, better, worse, last: sample };
}
