/** Which buttons of the bar stand where (pure). */

import { looksOn } from "../room-state.js";

/** @typedef {"microphone" | "camera" | "screen" | "hand" | "react" | "more" | "leave" | "record" | "end"} ControlName */
/** @typedef {{middle: ControlName[], side: ControlName[], top: ControlName[]}} Places */

/**
 * Four large buttons on a phone and in the simple view, everything on a desk.
 * @param {{role: import("../../messages.js").Role | null, simple: boolean, narrow: boolean, screens: boolean}} now
 * @returns {Places}
 */
export function places({ role, simple, narrow, screens }) {
  if (looksOn(role)) return simple || narrow ? { middle: ["more", "leave"], side: [], top: [] } : { middle: ["more"], side: ["leave"], top: [] };
  if (role === "instructor") {
    if (simple || narrow) return { middle: ["microphone", "camera", screens ? "screen" : "record", "leave"], side: [], top: simple ? [] : ["more"] };
    return { middle: ["microphone", "camera", ...(screens ? /** @type {const} */ (["screen"]) : []), "record", "react", "more"], side: ["leave", "end"], top: [] };
  }
  if (simple || narrow) return { middle: ["microphone", "camera", "hand", "leave"], side: [], top: simple ? [] : ["more"] };
  return { middle: ["microphone", "camera", ...(screens ? /** @type {const} */ (["screen"]) : []), "hand", "react", "more"], side: ["leave"], top: [] };
}
