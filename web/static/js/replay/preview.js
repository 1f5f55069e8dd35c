/** Small pictures over the seek bar: a WebVTT file says which part of which picture shows which seconds. */

import { h, setAttribute } from "../lib/dom.js";

/** @typedef {{from_s: number, to_s: number, file: string, x: number, y: number, width: number, height: number}} Picture */

/**
 * `strip-1.jpg#xywh=0,0,160,90` for each stretch; what is no such line is left out (pure).
 * @param {string} text
 * @returns {Picture[]}
 */
export function parseStrip(text) {
  const found = [];
  for (const block of text.replaceAll("\r\n", "\n").split(/\n\n+/)) {
    const times = /([\d:.]+)\s+-->\s+([\d:.]+)/.exec(block);
    const place = /^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/m.exec(block);
    if (!times || !place) continue;
    const [x, y, width, height] = place.slice(2).map(Number);
    found.push({ from_s: seconds(times[1] ?? ""), to_s: seconds(times[2] ?? ""), file: place[1] ?? "", x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 });
  }
  return found;
}

/** @param {string} stamp 00:01:02.500 */
function seconds(stamp) {
  return stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

export class Preview {
  /** @type {Picture[]} */
  #pictures = [];

  /** @param {(file: string) => string} addressOf */
  constructor(addressOf) {
    this.addressOf = addressOf;
    this.element = h("span", { class: "seek__picture", hidden: true });
  }

  /** Without the pictures there is only the time: no error. @param {string} file */
  async load(file) {
    try {
      const response = await fetch(this.addressOf(file), { credentials: "same-origin" });
      if (response.ok) this.#pictures = parseStrip(await response.text());
    } catch {
      // the time under the pointer is still shown
    }
  }

  /** @param {number} at_s */
  show(at_s) {
    const picture = this.#pictures.find((each) => each.from_s <= at_s && at_s < each.to_s);
    this.element.hidden = picture === undefined;
    if (!picture) return;
    const { style } = this.element;
    style.width = `${picture.width}px`;
    style.height = `${picture.height}px`;
    style.backgroundImage = `url("${this.addressOf(picture.file)}")`;
    style.backgroundPosition = `-${picture.x}px -${picture.y}px`;
    setAttribute(this.element, "data-at", String(Math.floor(picture.from_s)));
  }
}
