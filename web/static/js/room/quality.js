/**
 * How good our connection is and what is wrong with it, in words a person can act on (pure).
 *
 * One sample of counters every 2 s in, a grade and its cause out. A grade gets worse after two bad samples and better after three
 * good ones, and a cause changes after two samples that agree, so that the words do not flicker.
 */

/**
 * @typedef {object} Sample running totals of the view and the publish connection
 * @property {number} received packets
 * @property {number} lost packets
 * @property {number} frozen_s total duration of frozen picture
 * @property {number} rtt_s of the selected path; 0 = unknown
 * @property {number} uplinkLoss fraction lost of what we send as the server reports it, 0 … 1; it counts what we sent again as arrived
 * @property {Readonly<Record<string, Sent>>} [sent] per stream we send
 * @property {boolean} limited our encoder is held back by bandwidth
 * @property {boolean} [overloaded] our encoder is held back by this device
 * @property {number} [decoded] pictures decoded
 * @property {number} [dropped] pictures that came, and were not shown because this device was too slow
 * @property {boolean} [detour] media goes over TCP, because UDP does not get through
 * @property {number} [voices] packets of sound
 * @property {number} [pictures] packets of the pictures that ought to come
 * @property {string} [wanted] which pictures ought to come; "" = none
 */
/**
 * @typedef {object} Sent
 * @property {number} packets with those sent again
 * @property {number} repeated those sent again because they had not arrived
 */
/** @typedef {"good" | "fair" | "poor"} Grade */
/**
 * @typedef {"none" | "loss" | "far" | "sender" | "uplink" | "device" | "sound-only" | "detour"} Cause
 * what we receive gets lost · the path is long · who sends has trouble, we have none · what we send · this computer or phone is too
 * slow · pictures had to stop · over TCP
 */
/** @typedef {{grade: Grade, cause: Cause, candidate: Cause, better: number, worse: number, last: Sample | null}} Quality */

/** @type {Quality} */
export const UNKNOWN = { grade: "good", cause: "none", candidate: "none", better: 0, worse: 0, last: null };

const ORDER = /** @type {const} */ (["good", "fair", "poor"]);
const VOICES_HEARD = 20;
const LEAST_SENT = 50; // in one interval: fewer prove nothing
const SLOW = 0.1;
const REPAIRED = 2 / 3; // what was sent again arrived late, not never: 8 % lost showed no viewer a frozen picture

/**
 * @param {Sample} before
 * @param {Sample} after
 * @returns {{grade: Grade, cause: Cause}}
 */
export function look(before, after) {
  const received = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost);
  const loss = received + lost > 20 ? lost / (received + lost) : 0;
  const frozen = after.frozen_s - before.frozen_s;
  if (hearsOnly(before, after)) return { grade: "poor", cause: "sound-only" };
  if (loss > 0.08) return { grade: "poor", cause: "loss" };
  const uplinkLoss = Math.max(after.uplinkLoss, REPAIRED * repeatedShare(before, after));
  if (uplinkLoss > 0.1) return { grade: "poor", cause: "uplink" };
  if (after.rtt_s > 0.8) return { grade: "poor", cause: "far" };
  // frozen, and yet everything that was sent to us came: this device is too slow, or it stopped before it reached the server
  const standstill = loss > 0.01 ? "loss" : isSlow(before, after) ? "device" : "sender";
  if (frozen > 0.8) return { grade: "poor", cause: standstill };
  if (loss > 0.02) return { grade: "fair", cause: "loss" };
  if (uplinkLoss > 0.04 || after.limited) return { grade: "fair", cause: "uplink" };
  if (after.rtt_s > 0.35) return { grade: "fair", cause: "far" };
  if (after.overloaded || isSlow(before, after)) return { grade: "fair", cause: "device" };
  if (frozen > 0.15) return { grade: "fair", cause: standstill };
  return { grade: "good", cause: after.detour ? "detour" : "none" };
}

/**
 * How much had to be sent again of the stream that fared worst. Not of all together: the smallest picture also carries the browser's probes,
 * three times as many packets as the pictures themselves, and is asked for again only while somebody watches it.
 * @param {Sample} before
 * @param {Sample} after
 */
function repeatedShare(before, after) {
  let worst = 0;
  for (const [stream, now] of Object.entries(after.sent ?? {})) {
    const then = before.sent?.[stream];
    const packets = then === undefined ? 0 : now.packets - then.packets;
    if (then !== undefined && packets > LEAST_SENT) worst = Math.max(worst, (now.repeated - then.repeated) / packets);
  }
  return worst;
}

/**
 * Sound comes and no picture does although there is one for us.
 * @param {Sample} before
 * @param {Sample} after
 */
function hearsOnly(before, after) {
  const voices = (after.voices ?? 0) - (before.voices ?? 0);
  return !!after.wanted && before.wanted === after.wanted && before.pictures === after.pictures && voices > VOICES_HEARD;
}

/**
 * A tenth of the pictures that came could not be shown. (Eight windows on an overloaded computer: 10–26 of one's 240 in 8 s, one standstill; one window:
 * none.)
 * @param {Sample} before
 * @param {Sample} after
 */
function isSlow(before, after) {
  const dropped = (after.dropped ?? 0) - (before.dropped ?? 0);
  const decoded = (after.decoded ?? 0) - (before.decoded ?? 0);
  return dropped > 5 && dropped > SLOW * (dropped + decoded);
}

/**
 * @param {Quality} quality
 * @param {Sample} sample
 * @returns {Quality}
 */
export function judge(quality, sample) {
  // counters that went back belong to a new connection
  if (quality.last === null || sample.received < quality.last.received) return { ...quality, better: 0, worse: 0, last: sample };
  const now = look(quality.last, sample);
  const found = ORDER.indexOf(now.grade);
  const shown = ORDER.indexOf(quality.grade);
  const better = found < shown ? quality.better + 1 : 0;
  const worse = found > shown ? quality.worse + 1 : 0;
  const fresh = { better: 0, worse: 0, last: sample, candidate: now.cause };
  if (worse >= 2) return { ...fresh, ...now };
  if (better >= 3) {
    const step = ORDER[shown - 1] ?? "good";
    return { ...fresh, grade: step, cause: step === now.grade ? now.cause : quality.cause };
  }
  const agreed = found === shown && now.cause === quality.candidate;
  return { grade: quality.grade, cause: agreed ? now.cause : quality.cause, candidate: now.cause, better, worse, last: sample };
}
