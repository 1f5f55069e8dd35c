/**
 * What a person is told once (pure): one message that changed the room in, the codes of notices out. Sentences and looks are
 * the views'.
 */

import { myHand, myself } from "./room-state.js";

/** @typedef {import("./room-state.js").ClassState} ClassState */
/** @typedef {import("../messages.js").ServerMessage} ServerMessage */
/** @typedef {{code: string, values?: Record<string, any>}} News */

/**
 * @param {ClassState} before
 * @param {ServerMessage} message
 * @param {ClassState} after
 * @returns {News[]}
 */
export function newsOf(before, message, after) {
  const news = fromMessage(before, message, after);
  if (after.invitedBy !== null && before.invitedBy === null) news.push({ code: "invited", values: { name: after.invitedBy } });
  if (losesSpeech(before, after)) news.push({ code: "speaking-ended" });
  return news;
}

/**
 * The right to speak was taken back.
 * @param {ClassState} before
 * @param {ClassState} after
 */
export function losesSpeech(before, after) {
  const [was, is] = [myself(before), myself(after)];
  return was !== undefined && is !== undefined && was.may_publish && !is.may_publish;
}

/**
 * Our microphone carries nothing from now on, by our own switch or the instructor's.
 * @param {ClassState} before
 * @param {ClassState} after
 */
export function isSilenced(before, after) {
  const silent = (/** @type {ClassState} */ state) => myself(state)?.muted.includes("microphone") ?? false;
  return myself(before) !== undefined && !silent(before) && silent(after);
}

/**
 * @param {ClassState} before
 * @param {ServerMessage} message
 * @param {ClassState} after
 * @returns {News[]}
 */
function fromMessage(before, message, after) {
  switch (message.type) {
    case "welcome":
      return before.me !== message.peer && message.room.recording === "on" ? [{ code: "recording-on" }] : [];
    case "chat-posted":
      return message.line.peer === after.me ? [] : [{ code: "chat-posted", values: { line: message.line } }];
    case "captioned":
      return [{ code: "captioned", values: { text: message.text, language: message.language } }];
    case "reacted":
      return [{ code: "reacted", values: { peer: message.peer, reaction: message.reaction } }];
    case "recording-changed":
      if (before.room?.recording === message.recording) return [];
      return [{ code: message.recording === "on" ? "recording-on" : "recording-off" }];
    case "hand-raised":
      if (message.peer === after.me) return [{ code: "hand-up", values: { place: myHand(after) } }];
      return after.role === "instructor" ? [{ code: "hand-raised", values: { name: nameOf(after, message.peer) } }] : [];
    case "hand-lowered":
      return message.peer === after.me ? [{ code: "hand-down" }] : [];
    case "check-progress":
      return [{ code: message.over ? (message.missing.length > 0 ? "check-missing" : "check-all") : "check-progress", values: progressOf(message) }];
    case "trouble":
      return [{ code: message.code }];
    default:
      return [];
  }
}

const NAMED = 5;

/** @param {import("../messages.js").CheckProgress} message */
function progressOf({ asked, answered, missing }) {
  return { asked, answered, names: missing.slice(0, NAMED).join(", "), n: missing.length };
}

/**
 * @param {ClassState} state
 * @param {string} peer
 */
function nameOf(state, peer) {
  return state.room?.peers.find((view) => view.peer === peer)?.name ?? "";
}
