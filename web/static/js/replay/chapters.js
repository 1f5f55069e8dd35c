/** The list of chapters; the present one is marked, a press goes there. */

import { h, setAttribute } from "../lib/dom.js";
import { formatClock } from "../lib/timing.js";

/** @typedef {{at_s: number, title: string}} Chapter by time */

/**
 * The chapter playing at `at_s`; -1 before the first (pure).
 * @param {readonly Chapter[]} chapters
 * @param {number} at_s
 */
export function chapterAt(chapters, at_s) {
  return chapters.findLastIndex((each) => each.at_s <= at_s + 0.05);
}

/**
 * Where "next" and "previous" lead; back goes to the beginning of the present chapter first (pure).
 * @param {readonly Chapter[]} chapters
 * @param {number} at_s
 * @param {1 | -1} way
 */
export function chapterStep(chapters, at_s, way) {
  if (way === 1) return chapters.find((each) => each.at_s > at_s + 0.05)?.at_s ?? null;
  return chapters.findLast((each) => each.at_s < at_s - 3)?.at_s ?? 0;
}

export class ChapterList {
  /**
   * @param {import("./texts.js").Words} words
   * @param {readonly Chapter[]} chapters
   * @param {(at_s: number) => void} seek
   */
  constructor(words, chapters, seek) {
    this.chapters = chapters;
    this.element = h(
      "ol",
      { class: "replay-chapters", "aria-label": words("chapters.title") },
      ...chapters.map((each) =>
        h("li", {}, h("button", { class: "replay-chapters__go", type: "button", onclick: () => seek(each.at_s) }, h("span", { class: "replay-transcript__time" }, formatClock(each.at_s)), h("span", {}, each.title))),
      ),
    );
  }

  /** @param {number} at_s */
  update(at_s) {
    const present = chapterAt(this.chapters, at_s);
    [...this.element.children].forEach((item, index) => setAttribute(item, "aria-current", index === present ? "true" : null));
  }
}
