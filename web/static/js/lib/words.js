/** Sentences of a page in two languages. */

/** @typedef {import("./timing.js").Language} Language */

/** @returns {Language} the language of the document */
export function documentLanguage() {
  return document.documentElement.lang.startsWith("en") ? "en" : "ko";
}

/**
 * Put values into `{name}` places. In Korean `{name|을/를}` adds the particle that fits the value's last sound.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)(?:\|([^}/]*)\/([^}]*))?\}/g, (whole, key, closed, open) => {
    if (!(key in values)) return whole;
    const value = String(values[key]);
    if (closed === undefined) return value;
    return value + (endsClosed(value) ? closed : open);
  });
}

/**
 * Whether a word's last sound is a consonant (받침), which decides 을/를, 이/가, 은/는.
 * @param {string} word
 */
export function endsClosed(word) {
  const last = word.trim().codePointAt(word.trim().length - 1) ?? 0;
  if (last >= 0xac00 && last <= 0xd7a3) return (last - 0xac00) % 28 !== 0;
  return /[0136-8lmnr]$/i.test(word.trim());
}

/**
 * A function that gives the sentence of a key in one language, values filled in.
 * @template {Record<string, string>} Texts
 * @param {{ko: Texts, en: {[Key in keyof Texts]: string}}} texts
 * @param {Language} language
 * @returns {(key: keyof Texts & string, values?: Record<string, string | number>) => string}
 */
export function wordsOf(texts, language) {
  const chosen = /** @type {Record<string, string>} */ (texts[language]);
  return (key, values) => {
    const sentence = chosen[key] ?? key;
    return values ? fill(sentence, values) : sentence;
  };
}
