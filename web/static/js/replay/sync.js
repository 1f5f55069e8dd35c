/**
 * Keeping a silent second video in step with the main one (pure). Small differences are evened out by playing a little faster
 * or slower, which nobody notices; large ones by a jump.
 */

const CLOSE_S = 0.03;
const JUMP_S = 0.5;
const PAUSED_S = 0.05;
const STRONGEST = 0.25;

/** @typedef {{rate: number, seek: number | null}} Step */

/**
 * @param {object} now
 * @param {number} now.main_s the main player's time
 * @param {number} now.second_s the second player's time
 * @param {number} now.offset_s media time of the second file's time 0
 * @param {number} now.rate the speed people chose
 * @param {boolean} now.paused
 * @returns {Step} the second player's speed, and where to jump if it must
 */
export function follow({ main_s, second_s, offset_s, rate, paused }) {
  const target = Math.max(0, main_s - offset_s);
  const late = target - second_s;
  if (paused) return { rate, seek: Math.abs(late) > PAUSED_S ? target : null };
  // a jump lands late by the time it takes: aim a little ahead
  if (Math.abs(late) > JUMP_S) return { rate, seek: target + 0.08 * rate };
  if (Math.abs(late) <= CLOSE_S) return { rate, seek: null };
  const push = Math.max(-STRONGEST, Math.min(STRONGEST, (1.5 * late) / rate));
  return { rate: rate * (1 + push), seek: null };
}

/**
 * Whether the second file should be loaded at `main_s`: a little before it is seen.
 * @param {readonly (readonly [number, number])[]} visible
 * @param {number} main_s
 */
export function isNear(visible, main_s) {
  return visible.some(([from, to]) => main_s >= from - 8 && main_s < to + 2);
}
