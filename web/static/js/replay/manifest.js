/** What a replay is made of, and questions about it (pure). The shape is recording/manifest.py's. */

import { filmTime } from "./cuts.js";

/**
 * @typedef {object} Track
 * @property {string} id
 * @property {"main" | "screen" | "camera"} kind
 * @property {"camera" | "screen" | "none"} source
 * @property {string} file
 * @property {string} mime
 * @property {number} offset_s
 * @property {number} duration_s
 * @property {[number, number][]} visible
 */
/** @typedef {{from_s: number, to_s: number, layout: "camera" | "screen" | "blank", tracks: string[]}} Scene */
/** @typedef {{from_s: number, to_s: number, reason: string}} Gap */
/** @typedef {{file: string, mime: string, duration_s: number}} Film */
/**
 * @typedef {object} Manifest
 * @property {"capturing" | "ready" | "composed" | "failed"} state
 * @property {string} pass what the addresses of its files need
 * @property {number} duration_s
 * @property {string} main
 * @property {Track[]} tracks
 * @property {Scene[]} scenes
 * @property {Gap[]} gaps
 * @property {{at_s: number}[]} pauses
 * @property {Film | null} film
 * @property {{from_s: number, to_s: number}[]} cuts
 * @property {{at_s: number, title: string}[]} chapters
 * @property {{language: string, label: string, file: string}[]} captions
 * @property {{vtt: string, files: string[]} | null} preview
 */
/** @typedef {"together" | "side" | "screen" | "speaker"} Layout */
/** @typedef {{large: string | null, small: string[]}} Seen ids of tracks */

/**
 * Where a file of a recording is, for who got this pass with its manifest. When the pass has run out the server leads to a fresh one.
 * @param {string} folder ends with a slash
 * @param {string} file
 * @param {string} pass
 */
export function fileAddress(folder, file, pass) {
  return `${folder}${encodeURIComponent(file)}?pass=${encodeURIComponent(pass)}`;
}

/**
 * Which tracks show something at `at_s`.
 * @param {Manifest} manifest
 * @param {number} at_s
 * @returns {Track[]}
 */
export function visibleAt(manifest, at_s) {
  return manifest.tracks.filter((track) => track.visible.some(([from, to]) => from <= at_s && at_s < to));
}

/**
 * What the viewer sees at `at_s` in the layout chosen. Without a picture of the kind wanted the other kind is shown.
 * @param {Manifest} manifest
 * @param {number} at_s
 * @param {Layout} layout
 * @returns {Seen}
 */
export function seenAt(manifest, at_s, layout) {
  const scene = manifest.scenes.find((each) => each.from_s <= at_s && at_s < each.to_s);
  const order = scene?.tracks ?? [];
  const place = (/** @type {Track} */ track) => (order.includes(track.id) ? order.indexOf(track.id) : order.length);
  const tracks = visibleAt(manifest, at_s).sort((a, b) => place(a) - place(b));
  if (layout === "screen" || layout === "speaker") {
    const wanted = layout === "screen" ? "screen" : "camera";
    return { large: (tracks.find((track) => track.source === wanted) ?? tracks[0])?.id ?? null, small: [] };
  }
  const [large, ...small] = tracks;
  return { large: large?.id ?? null, small: small.slice(0, 3).map((track) => track.id) };
}

/** @param {Manifest} manifest */
export function hasChoiceOfLayouts(manifest) {
  const sources = new Set(manifest.tracks.map((track) => track.source));
  return sources.has("screen") && sources.has("camera");
}

/**
 * @param {Manifest} manifest
 * @param {number} at_s
 */
export function gapAt(manifest, at_s) {
  return manifest.gaps.find((gap) => gap.from_s <= at_s && at_s < gap.to_s) ?? null;
}

/**
 * The second a link points to: `?t=754`, `#t=12m34s`, `#t=1h2m`. Null when it names none.
 * @param {string} hash or query
 */
export function secondOfLink(hash) {
  const found = /[?#&]t=(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?(?:&|$)/.exec(hash);
  if (!found || found.slice(1).every((part) => part === undefined)) return null;
  const [hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/**
 * Where to go on watching: not for a glimpse at the beginning, not in the last seconds.
 * @param {number | null} left_s where one stopped
 * @param {number} duration_s
 */
export function resumeAt(left_s, duration_s) {
  if (left_s === null || left_s < 15 || left_s > duration_s - 15) return null;
  return Math.max(0, left_s - 3);
}

/** What is missed at most for a picture to begin with. */
const LEAD_IN_S = 3;

/**
 * Where a class that goes on begins: in its first picture, which comes a moment after the first sound. Null when that is too far away.
 * @param {Scene[]} scenes
 */
export function firstPicture(scenes) {
  const from_s = scenes.find((scene) => scene.tracks.length > 0)?.from_s;
  return from_s === undefined || from_s > LEAD_IN_S ? null : from_s + 0.1;
}

/**
 * The same on the composed film's clock, in which the cuts are gone: for browsers that cannot play the tracks.
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function onFilmClock(manifest) {
  const { cuts, film } = manifest;
  const at = (/** @type {number} */ media_s) => filmTime(cuts, media_s);
  return {
    ...manifest,
    duration_s: film?.duration_s ?? manifest.duration_s,
    gaps: manifest.gaps.map((gap) => ({ ...gap, from_s: at(gap.from_s), to_s: at(gap.to_s) })).filter((gap) => gap.to_s > gap.from_s),
    pauses: manifest.pauses.map((pause) => ({ ...pause, at_s: at(pause.at_s) })),
    chapters: manifest.chapters.map((chapter) => ({ ...chapter, at_s: at(chapter.at_s) })),
    cuts: [],
    preview: null,
  };
}
