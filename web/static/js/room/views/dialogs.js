/** The questions of a class: end it, remove somebody, accept an invitation to speak. */

import { ask } from "../../lib/dialog.js";

/** @typedef {import("./room.js").Context} Context */

/** @param {Context} context */
export async function askToEnd({ session, words }) {
  const count = session.state.class.room?.peers.filter((peer) => peer.role !== "instructor").length ?? 0;
  const answer = await ask({
    title: words("end.title"),
    body: [words("end.body"), ...(count > 0 ? [words("end.people", { count })] : [])],
    answers: [
      { value: "end", label: words("end.do"), kind: "danger" },
      { value: "", label: words("dialog.cancel"), kind: "second" },
    ],
    safe: "",
  });
  if (answer === "end") session.lead({ type: "end-class" });
}

/**
 * @param {Context} context
 * @param {string} peer
 * @param {string} name
 */
export async function askToRemove({ session, words }, peer, name) {
  const answer = await ask({
    title: words("remove.title", { name }),
    body: [words("remove.body")],
    answers: [
      { value: "remove", label: words("remove.do"), kind: "danger" },
      { value: "", label: words("dialog.cancel"), kind: "second" },
    ],
    safe: "",
  });
  if (answer === "remove") session.lead({ type: "remove-peer", peer });
}

/**
 * "Are you there?": one large button, reached at once by keyboard and screen reader; no camera, no face.
 * @param {Context} context
 * @param {{check: string, until: string}} check
 * @param {AbortSignal} signal the minute is over
 * @returns {Promise<boolean>} answered; false when it was put away without an answer
 */
export async function answerCheck({ session, words }, check, signal) {
  const answer = await ask({
    title: words("check.title"),
    body: [words("check.body")],
    answers: [{ value: "here", label: words("check.here"), kind: "primary" }],
    safe: "here",
    large: true,
    signal,
  });
  return !signal.aborted && answer === "here" && session.answerCheck(check.check);
}

/**
 * @param {Context} context
 * @param {string} name of the instructor
 * @param {AbortSignal} signal the invitation was withdrawn
 */
export async function answerInvitation({ session, words, consent }, name, signal) {
  const recording = session.state.class.room?.recording === "on";
  const body = [words("invited.body")];
  if (!consent) body.push(words("invited.not-recorded"));
  else if (recording) body.push(words("invited.recorded"));
  const answer = await ask({
    title: name ? words("invited.title", { name }) : words("invited.title-plain"),
    body,
    answers: [
      { value: "voice", label: words("invited.voice"), kind: "primary" },
      { value: "picture", label: words("invited.picture"), kind: "second" },
      { value: "no", label: words("invited.no"), kind: "second" },
    ],
    safe: "voice",
    signal,
  });
  if (signal.aborted) return;
  session.answerInvitation(answer === "voice" || answer === "picture", { camera: answer === "picture" });
}
