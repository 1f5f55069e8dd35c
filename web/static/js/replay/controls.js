/** The player's row of buttons under the time line. It shows what the video does and says what was pressed; it decides nothing. */

import { h, setAttribute, setText, svg } from "../lib/dom.js";
import { formatClock } from "../lib/timing.js";
import { ICONS } from "./icons.js";

/** @typedef {import("./manifest.js").Layout} Layout */

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
/** @type {readonly Layout[]} */
export const LAYOUTS = ["together", "side", "screen", "speaker"];

export class Controls {
  /**
   * @param {object} options
   * @param {import("./texts.js").Words} options.words
   * @param {boolean} options.layouts there is a choice of layouts
   * @param {() => void} options.toggle
   * @param {(by_s: number) => void} options.skip
   * @param {(volume: number | null, muted: boolean) => void} options.sound null: as it is
   * @param {(rate: number) => void} options.speed
   * @param {(layout: Layout) => void} options.layout
   * @param {() => void} options.full
   * @param {readonly {language: string, label: string}[]} options.captions
   * @param {(language: string) => void} options.caption "" for none
   * @param {() => void} options.help
   */
  constructor({ words, layouts, toggle, skip, sound, speed, layout, full, captions, caption, help }) {
    this.words = words;
    const button = (/** @type {keyof typeof ICONS} */ sign, /** @type {string} */ label, /** @type {() => void} */ press) =>
      h("button", { class: "replay__button", type: "button", "aria-label": label, title: label, onclick: press }, svg(ICONS[sign]));
    this.play = button("play", words("player.play"), toggle);
    this.play.classList.add("replay__button--play");
    this.sound = button("sound", words("player.mute"), () => sound(null, this.sound.dataset.sign !== "sound-off"));
    this.full = button("full", words("player.full"), full);
    this.sound.classList.add("replay__button--sound");
    this.full.classList.add("replay__button--full");
    this.help = button("help", words("help.title"), help);
    this.help.classList.add("replay__button--help");
    this.volume = h("input", { class: "replay__volume", type: "range", min: "0", max: "1", step: "0.05", "aria-label": words("player.volume") });
    this.volume.addEventListener("input", () => sound(Number(this.volume.value), false));
    this.speed = h("select", { class: "replay__select", "aria-label": words("player.speed"), title: words("player.speed") }, ...RATES.map((rate) => h("option", { value: rate, selected: rate === 1 }, words("player.speed-of", { rate }))));
    this.speed.addEventListener("change", () => speed(Number(this.speed.value)));
    this.layouts = h("select", { class: "replay__select", "aria-label": words("player.layout"), title: words("player.layout"), hidden: !layouts }, ...LAYOUTS.map((each) => h("option", { value: each }, words(`layout.${each}`))));
    this.layouts.addEventListener("change", () => layout(/** @type {Layout} */ (this.layouts.value)));
    this.captions = h("select", { class: "replay__select", "aria-label": words("player.captions"), title: words("player.captions"), hidden: true });
    this.offer(captions, "");
    this.captions.addEventListener("change", () => caption(this.captions.value));
    this.time = h("span", { class: "replay__time" });
    const left = h("div", { class: "replay__group" }, this.play, button("back", words("player.back"), () => skip(-10)), button("forward", words("player.forward"), () => skip(10)), this.time);
    const right = h("div", { class: "replay__group replay__group--right" }, this.sound, this.volume, this.speed, this.captions, this.layouts, this.help, this.full);
    this.element = h("div", { class: "replay__row" }, left, right);
  }

  /**
   * @param {readonly {language: string, label: string}[]} captions
   * @param {string} chosen "" for none
   */
  offer(captions, chosen) {
    this.captions.hidden = captions.length === 0;
    this.captions.replaceChildren(h("option", { value: "" }, this.words("captions.off")), ...captions.map((each) => h("option", { value: each.language }, each.label || each.language)));
    this.captions.value = chosen;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {number} at_s
   * @param {number} duration_s
   */
  update(video, at_s, duration_s) {
    const { words } = this;
    const silent = video.muted || video.volume === 0;
    const wide = document.fullscreenElement !== null;
    setText(this.time, `${formatClock(at_s)} / ${formatClock(duration_s)}`);
    this.#sign(this.play, video.paused ? "play" : "pause", words(video.paused ? "player.play" : "player.pause"), true);
    this.#sign(this.full, wide ? "full-off" : "full", words(wide ? "player.full-off" : "player.full"));
    this.#sign(this.sound, silent ? "sound-off" : "sound", words(silent ? "player.unmute" : "player.mute"));
    this.volume.value = String(video.muted ? 0 : video.volume);
  }

  /**
   * @param {HTMLElement} button
   * @param {keyof typeof ICONS} sign
   * @param {string} label
   * @param {boolean} [filled]
   */
  #sign(button, sign, label, filled = false) {
    if (button.dataset.sign === sign) return;
    button.dataset.sign = sign;
    button.replaceChildren(svg(ICONS[sign], { filled }));
    setAttribute(button, "aria-label", label);
    setAttribute(button, "title", label);
  }
}
