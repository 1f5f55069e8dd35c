/** Waiting and writing times: pure but for `wait`. Times shown to people are Asia/Seoul, written by ourselves. */

const SEOUL_OFFSET_MS = 9 * 3600 * 1000; // no summer time in Korea since 1988
const WEEKDAYS = {
  ko: ["일", "월", "화", "수", "목", "금", "토"],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @typedef {"ko" | "en"} Language */

/**
 * How long to wait before attempt `attempt` (0 = first retry): doubling from 0.3 s to 3 s, each between half and whole,
 * so that a hall of people cut off together does not come back in one instant.
 * @param {number} attempt
 * @param {() => number} [random] 0 ≤ x < 1
 * @returns {number} milliseconds
 */
export function backoff_ms(attempt, random = Math.random) {
  const ceiling = Math.min(3000, 300 * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/**
 * A running time: 0:07, 12:31, 1:02:03.
 * @param {number} seconds
 * @param {{hours?: boolean}} [options] hours: always h:mm:ss with two digits
 */
export function formatClock(seconds, { hours = false } = {}) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${two(h)}:${two(m)}:${two(s)}`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * A running time in words for a screen reader.
 * @param {number} seconds
 * @param {Language} language
 */
export function speakClock(seconds, language) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const unit = language === "ko" ? ["시간", "분", "초"] : [" h", " min", " s"];
  const parts = [];
  if (h) parts.push(`${h}${unit[0]}`);
  if (m) parts.push(`${m}${unit[1]}`);
  if (s || parts.length === 0) parts.push(`${s}${unit[2]}`);
  return parts.join(" ");
}

/** @param {string | Date} instant */
function seoul(instant) {
  return new Date(new Date(instant).getTime() + SEOUL_OFFSET_MS);
}

/**
 * 오후 7:00 / 7:00 pm.
 * @param {string | Date} instant ISO 8601 with zone
 * @param {Language} language
 */
export function formatTime(instant, language) {
  const date = seoul(instant);
  const hour = date.getUTCHours();
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${String(date.getUTCMinutes()).padStart(2, "0")}`;
  if (language === "ko") return `${hour < 12 ? "오전" : "오후"} ${clock}`;
  return `${clock} ${hour < 12 ? "am" : "pm"}`;
}

/**
 * 2026. 11. 23.(월) / Mon, 23 Nov 2026.
 * @param {string | Date} instant
 * @param {Language} language
 */
export function formatDate(instant, language) {
  const date = seoul(instant);
  const weekday = WEEKDAYS[language][date.getUTCDay()];
  if (language === "ko") return `${date.getUTCFullYear()}. ${date.getUTCMonth() + 1}. ${date.getUTCDate()}.(${weekday})`;
  return `${weekday}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/**
 * 오후 7:00~9:00 / 7:00–9:00 pm: the half of the day is said once when both agree.
 * @param {string} from
 * @param {string} to
 * @param {Language} language
 */
export function formatSpan(from, to, language) {
  const [start, end] = [formatTime(from, language), formatTime(to, language)];
  if (language === "ko") return end.slice(0, 2) === start.slice(0, 2) ? `${start}~${end.slice(3)}` : `${start}~${end}`;
  return end.slice(-2) === start.slice(-2) ? `${start.slice(0, -3)}–${end}` : `${start}–${end}`;
}

/** @param {number} ms */
export function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
