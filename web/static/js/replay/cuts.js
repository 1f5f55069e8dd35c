/** What the instructor cut out: the replay jumps over it; the composed film does not have it at all (pure). */

/** @typedef {{from_s: number, to_s: number}} Cut in order, apart from each other; media times */

const NEAR_S = 0.02;

/**
 * Where to go on from `at_s`: itself, or the end of the cut it lies in.
 * @param {readonly Cut[]} cuts
 * @param {number} at_s
 */
export function skipFrom(cuts, at_s) {
  const cut = cuts.find((each) => each.from_s - NEAR_S <= at_s && at_s < each.to_s - NEAR_S);
  return cut ? cut.to_s : at_s;
}

/**
 * Where the replay ends: what was cut from the end is not there.
 * @param {readonly Cut[]} cuts
 * @param {number} duration_s
 */
export function endOf(cuts, duration_s) {
  const last = cuts.at(-1);
  return last && last.to_s >= duration_s - 0.1 ? last.from_s : duration_s;
}

/**
 * Seconds that are shown.
 * @param {readonly Cut[]} cuts
 * @param {number} duration_s
 */
export function shownSeconds(cuts, duration_s) {
  return duration_s - cuts.reduce((sum, each) => sum + Math.max(0, Math.min(duration_s, each.to_s) - each.from_s), 0);
}

/**
 * A moment of the recording on the film's clock; one that was cut: where the film goes on.
 * @param {readonly Cut[]} cuts
 * @param {number} media_s
 */
export function filmTime(cuts, media_s) {
  return media_s - cuts.reduce((sum, each) => sum + Math.max(0, Math.min(media_s, each.to_s) - each.from_s), 0);
}

/**
 * And back.
 * @param {readonly Cut[]} cuts
 * @param {number} film_s
 */
export function mediaTime(cuts, film_s) {
  let media_s = film_s;
  for (const cut of cuts) if (cut.from_s <= media_s + 0.001) media_s += cut.to_s - cut.from_s;
  return media_s;
}

/**
 * A stretch played of the film as stretches of the recording.
 * @template {{from_s: number, to_s: number, began_s: number, ended_s: number}} Stretch
 * @param {readonly Cut[]} cuts
 * @param {Stretch} stretch
 * @returns {Stretch[]}
 */
export function asMedia(cuts, stretch) {
  const { from_s, to_s, began_s, ended_s } = stretch;
  const edges = cuts.map((cut) => filmTime(cuts, cut.from_s)).filter((edge) => from_s < edge && edge < to_s);
  const speed = (to_s - from_s) / (ended_s - began_s);
  const when = (/** @type {number} */ film_s) => began_s + (film_s - from_s) / speed;
  return [from_s, ...edges].map((from, index) => {
    const to = [...edges, to_s][index] ?? to_s;
    const begin = mediaTime(cuts, from);
    return { ...stretch, from_s: begin, to_s: begin + to - from, began_s: when(from), ended_s: when(to) };
  });
}
