/** People's names as others may see them (pure). */

/**
 * A name with its middle hidden, as Korean offices print it: 김영희 → 김*희, 이산 → 이*, 남궁민수 → 남**수, John Smith → J*** S****.
 * Whoever must not know the name must not be sent it; this only shortens what is shown.
 * @param {string} name
 */
export function maskName(name) {
  const letters = [...name.trim()];
  if (letters.length <= 1) return name.trim();
  if (/^\p{Script=Hangul}+$/u.test(name.trim())) {
    if (letters.length === 2) return `${letters[0]}*`;
    return letters[0] + "*".repeat(letters.length - 2) + letters[letters.length - 1];
  }
  return name
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [first = "", ...rest] = [...word];
      return first + "*".repeat(rest.length);
    })
    .join(" ");
}

/**
 * One or two letters for the round picture of somebody without a camera: 김영희 → 영희, John Smith → JS.
 * @param {string} name
 */
export function initials(name) {
  const plain = name.trim();
  if (plain === "") return "?";
  if (/^\p{Script=Hangul}+$/u.test(plain)) return plain.length > 2 ? [...plain].slice(-2).join("") : plain;
  const words = plain.split(/\s+/);
  if (words.length > 1) return ([...(words[0] ?? "")][0] ?? "") + ([...(words[words.length - 1] ?? "")][0] ?? "");
  return [...plain].slice(0, 2).join("");
}

/**
 * A steady colour number for a person, so that the same person is always the same colour.
 * @param {string} id
 * @param {number} count
 */
export function colourOf(id, count) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % count;
}
