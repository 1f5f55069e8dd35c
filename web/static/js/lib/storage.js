/** Browser storage that may be forbidden, full or hold another version's text: reading then gives null, writing does nothing. */

/** @typedef {"local" | "session"} Kind */

/** @param {Kind} kind */
function storage(kind) {
  return kind === "local" ? window.localStorage : window.sessionStorage;
}

/**
 * @param {Kind} kind
 * @param {string} key
 * @returns {any} what `remember` was given, or null
 */
export function recall(kind, key) {
  try {
    return JSON.parse(storage(kind).getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {Kind} kind
 * @param {string} key
 * @param {unknown} value null forgets
 */
export function remember(kind, key, value) {
  try {
    if (value === null) storage(kind).removeItem(key);
    else storage(kind).setItem(key, JSON.stringify(value));
  } catch {
    // private mode or full: the page works without a memory
  }
}
