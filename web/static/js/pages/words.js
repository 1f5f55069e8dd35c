// @ts-check
/** The sentences a page hands to its script in `data-words`: the patterns of web/i18n.py. */

/**
 * @param {Element} element
 * @returns {(key: string) => string} a pattern by its key; "" when the page has none
 */
export function wordsOf(element) {
  const words = /** @type {Record<string, string>} */ (JSON.parse(element.getAttribute("data-words") ?? "{}"));
  return (key) => words[key] ?? "";
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
