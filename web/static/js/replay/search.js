/** Finding words in what was said (pure): Korean by any part of a word, spaces and case do not matter. */

/** @param {string} text */
export function plain(text) {
  return text.normalize("NFC").toLowerCase().replaceAll(/\s+/g, "");
}

/**
 * Where `wanted` stands in `text`, as [from, to) of the text as written; empty when it does not.
 * @param {string} text
 * @param {string} wanted
 * @returns {[number, number][]}
 */
export function placesOf(text, wanted) {
  const sought = plain(wanted);
  if (!sought) return [];
  /** @type {number[]} for every kept character: where it stands */
  const origin = [];
  let kept = "";
  [...text.normalize("NFC")].reduce((index, character) => {
    for (const each of plain(character)) {
      kept += each;
      origin.push(index);
    }
    return index + character.length;
  }, 0);
  /** @type {[number, number][]} */
  const found = [];
  for (let at = kept.indexOf(sought); at >= 0; at = kept.indexOf(sought, at + sought.length)) {
    found.push([origin[at] ?? 0, (origin[at + sought.length - 1] ?? 0) + 1]);
  }
  return found;
}
