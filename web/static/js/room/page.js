/** What the server wrote into the page for the room. */

import { readPageData } from "../lib/dom.js";

/**
 * @typedef {object} Page
 * @property {string} lesson
 * @property {string} title
 * @property {string} course
 * @property {string} municipality
 * @property {string} instructor
 * @property {string} starts_at
 * @property {string} ends_at
 * @property {string} now the server's clock when the page was made
 * @property {"scheduled" | "live" | "ended"} state
 * @property {import("../messages.js").Role} role
 * @property {string} name ours
 * @property {string} person our id
 * @property {boolean} recorded the lesson is or may be recorded
 * @property {number | null} retention_days
 * @property {boolean} mask_names
 * @property {string | null} entry_opens_at null = now
 * @property {{ticket: string, socket: string, back: string, recordings: string, rewind: string | null, history: string, attendance: string | null, sign_in: string, language: string}} urls
 */

/** @returns {Page} */
export function readPage() {
  return readPageData("page");
}

/** "?codec=vp9" or "?codec=av1" behind the room's address: send pictures in it while everybody decodes it. */
export function wantedCodec() {
  const named = new URLSearchParams(window.location.search).get("codec");
  return named === "vp9" || named === "av1" ? named : null;
}

/**
 * The WebSocket's whole address.
 * @param {string} path
 */
export function socketUrl(path) {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
