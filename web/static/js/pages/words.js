// @ts-check
/** The sentences a page hands to its script in `data-words`: the patterns of web/i18n.py. */

/**
 * @param {Element} element
 * @returns {Record<string, string>}
 */
export function wordsOf(element) {
  return JSON.parse(element.getAttribute("data-words") ?? "{}");
}

/**
 * `{n}` and `{n:seat|seats}`.
 * @param {string} pattern
 * @param {Record<string, number | string>} values
 */
export function say(pattern, values) {
  return pattern.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) =>
    one === undefined ? String(values[name]) : values[name] === 1 ? one : many,
  );
}
