/** The replay's player: one main video with all the sound, silent videos beside it, and our own controls. */

import { Listeners, h, setAttribute, setText, svg } from "../lib/dom.js";
import { recall, remember } from "../lib/storage.js";
import { formatClock } from "../lib/timing.js";
import { chapterStep } from "./chapters.js";
import { Controls, LAYOUTS, RATES } from "./controls.js";
import { endOf, skipFrom } from "./cuts.js";
import { showHelp } from "./help.js";
import { ICONS } from "./icons.js";
import { gapAt, hasChoiceOfLayouts, seenAt } from "./manifest.js";
import { Preview } from "./preview.js";
import { SecondVideos } from "./second-videos.js";
import { SeekBar } from "./seek-bar.js";

/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./manifest.js").Layout} Layout */

const LOOKS = "replay.looks";
const QUIET_MS = 3000;

export class Player {
  #listeners = new Listeners();
  /** @type {SecondVideos | null} */
  #seconds = null;
  /** @type {Layout} */
  #layout = "together";
  #seen = "";
  #moved_ms = 0;
  #frame = 0;

  /**
   * @param {object} options
   * @param {Manifest} options.manifest
   * @param {(file: string) => string} options.addressOf
   * @param {boolean} options.film play the composed film instead of the tracks; the manifest is on its clock then
   * @param {import("./captions.js").Captions} options.captions
   * @param {((video: HTMLVideoElement, track: import("./manifest.js").Track) => void) | null} [options.attach] feeds a video in its own way
   * @param {boolean} [options.all] cuts are played as well: for who edits them
   * @param {string | null} options.poster
   * @param {import("./texts.js").Words} options.words
   * @param {import("../lib/timing.js").Language} options.language
   * @param {(at_s: number) => void} options.moved about four times a second, and after every jump
   * @param {() => void} options.broken the main video cannot be loaded
   */
  constructor({ manifest, addressOf, film, captions, attach = null, all = false, poster, words, language, moved, broken }) {
    this.captions = captions;
    this.cuts = all ? [] : manifest.cuts;
    this.ends_s = endOf(this.cuts, manifest.duration_s);
    this.manifest = manifest;
    this.words = words;
    this.moved = moved;
    this.film = film && manifest.film !== null;
    const track = manifest.tracks.find((each) => each.id === manifest.main);
    this.file = this.film ? /** @type {import("./manifest.js").Film} */ (manifest.film).file : (track?.file ?? "");
    this.duration_s = manifest.duration_s;
    this.video = h("video", { class: "replay__video", preload: "auto", playsinline: true, tabindex: "-1", src: attach ? null : addressOf(this.file), poster, "data-track": manifest.main });
    this.video.addEventListener("error", broken);
    this.growing = attach !== null;
    if (attach && track) attach(this.video, track);
    this.fill = attach ?? ((/** @type {HTMLVideoElement} */ video, /** @type {import("./manifest.js").Track} */ each) => void (video.src = addressOf(each.file)));
    this.note = h("p", { class: "replay__note", role: "status", hidden: true });
    this.busy = h("span", { class: "replay__busy", hidden: true, "aria-hidden": "true" });
    this.hint = h("span", { class: "replay__hint", "aria-hidden": "true" }, svg(ICONS.play, { filled: true }));
    this.pictures = h("div", { class: "replay__pictures" }, this.video, this.note, captions.element, this.busy, this.hint);
    const preview = new Preview(addressOf);
    if (manifest.preview) void preview.load(manifest.preview.vtt);
    this.seek = new SeekBar({ words, language, preview, seek: (at_s) => this.go(at_s) });
    this.seek.draw(manifest.duration_s, manifest.gaps, manifest.pauses, manifest.cuts, manifest.chapters);
    this.time = h("span", { class: "replay__time" });
    this.controls = new Controls({
      words,
      layouts: !this.film && hasChoiceOfLayouts(manifest),
      toggle: () => this.toggle(),
      skip: (by_s) => this.go(this.video.currentTime + by_s),
      sound: (volume, muted) => this.#setSound(volume, muted),
      speed: (rate) => this.#setSpeed(rate),
      layout: (layout) => this.setLayout(layout),
      full: () => void this.#toggleFull(),
      captions: captions.files,
      caption: (chosen) => captions.choose(chosen),
      help: () => void this.#help(),
    });
    this.offerCaptions();
    this.below = h("div", { class: "replay__controls" }, this.seek.element, this.controls.element);
    this.element = h("section", { class: "replay", "aria-label": words("player.region"), "data-layout": this.#layout }, this.pictures, this.below);
    const gaps = manifest.gaps.map((gap) => words("player.gap-of", { from: formatClock(gap.from_s), to: formatClock(gap.to_s) })).join(", ");
    if (gaps) this.element.append(h("p", { class: "quiet" }, words("player.gaps", { list: gaps })));
    const others = this.film ? [] : manifest.tracks.filter((each) => each.id !== manifest.main);
    if (others.length > 0) this.#seconds = new SecondVideos(this.video, others, this.fill, this.pictures);
  }

  // -- lifecycle ------------------------------------------------------------------------------------------------------

  start() {
    const looks = recall("local", LOOKS) ?? {};
    this.#setSound(typeof looks.volume === "number" ? looks.volume : 1, looks.muted === true);
    if (LAYOUTS.includes(looks.layout)) this.setLayout(looks.layout);
    if (RATES.includes(looks.speed)) this.#setSpeed(looks.speed);
    for (const type of ["timeupdate", "seeked", "play", "pause", "ended", "volumechange", "loadedmetadata", "progress"]) this.#listeners.listen(this.video, type, () => this.#update());
    for (const type of ["waiting", "seeking", "playing", "canplay", "stalled"]) this.#listeners.listen(this.video, type, () => this.#updateBusy());
    this.#listeners.listen(this.pictures, "click", () => this.toggle());
    this.#listeners.listen(this.element, "pointermove", () => (this.#moved_ms = performance.now()));
    this.#listeners.listen(document, "keydown", (event) => this.#onKey(event));
    this.#listeners.listen(document, "fullscreenchange", () => this.#update());
    this.#seconds?.start();
    const show = () => {
      this.#frame = requestAnimationFrame(show);
      this.#showPictures();
    };
    show();
    this.#update();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.stop();
    this.#seconds?.stop();
    this.video.removeAttribute("src");
    this.video.load();
    this.element.remove();
  }

  // -- actions --------------------------------------------------------------------------------------------------------

  /** More of a class that goes on can be watched. @param {Manifest} manifest */
  grow(manifest) {
    this.manifest = manifest;
    this.duration_s = this.ends_s = manifest.duration_s;
    this.seek.draw(manifest.duration_s, manifest.gaps, manifest.pauses, manifest.cuts, manifest.chapters);
    const others = manifest.tracks.filter((each) => each.id !== manifest.main);
    if (this.#seconds) this.#seconds.tracks = others;
    else if (others.length > 0) {
      this.#seconds = new SecondVideos(this.video, others, this.fill, this.pictures);
      this.#seconds.start();
    }
    this.#seen = "";
    this.#update();
  }

  /** The languages there are captions in (by now). */
  offerCaptions() {
    this.controls.offer(this.captions.files, this.captions.chosen);
  }

  toggle() {
    if (this.video.paused && !this.growing && this.video.currentTime >= this.ends_s - 0.1) this.go(0);
    if (this.video.paused) void this.video.play().catch(() => undefined);
    else this.video.pause();
  }

  /** @param {number} at_s */
  go(at_s) {
    const end = Number.isFinite(this.video.duration) ? Math.min(this.video.duration, this.duration_s) : this.duration_s;
    this.video.currentTime = Math.max(0, Math.min(end, this.ends_s, skipFrom(this.cuts, at_s)));
    this.#seconds?.step();
    this.#update();
  }

  /** @param {Layout} layout */
  setLayout(layout) {
    this.#layout = layout;
    this.controls.layouts.value = layout;
    setAttribute(this.element, "data-layout", layout);
    this.#remember();
    this.#seen = "";
  }

  // -- sound, speed, size ---------------------------------------------------------------------------------------------

  /**
   * @param {number | null} volume null: as it is
   * @param {boolean} muted
   */
  #setSound(volume, muted) {
    if (volume !== null) this.video.volume = Math.max(0, Math.min(1, volume));
    this.video.muted = muted;
    this.#remember();
    this.#update();
  }

  /** @param {number} rate */
  #setSpeed(rate) {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.controls.speed.value = String(rate);
    this.#remember();
  }

  #remember() {
    remember("local", LOOKS, { volume: this.video.volume, muted: this.video.muted, layout: this.#layout, speed: this.video.playbackRate });
  }

  async #help() {
    const full = document.fullscreenElement === this.element;
    if (full) await document.exitFullscreen();
    await showHelp(this.words);
  }

  async #toggleFull() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else if (this.element.requestFullscreen) await this.element.requestFullscreen();
      else /** @type {any} */ (this.video).webkitEnterFullscreen?.(); // iPhones: one video only
    } catch {
      // refused by the browser: nothing changes
    }
  }

  // -- what is shown --------------------------------------------------------------------------------------------------

  #update() {
    const { video } = this;
    const at_s = Math.min(video.currentTime, this.duration_s);
    let loaded_s = 0;
    for (let index = 0; index < video.buffered.length; index++) if (video.buffered.start(index) <= video.currentTime + 1) loaded_s = video.buffered.end(index);
    this.seek.update(at_s, loaded_s);
    this.controls.update(video, at_s, this.duration_s);
    this.hint.hidden = !video.paused || video.seeking;
    setAttribute(this.element, "data-playing", !video.paused);
    this.#updateBusy();
    this.moved(at_s);
  }

  #updateBusy() {
    const { video } = this;
    this.busy.hidden = !(video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && (!video.paused || video.seeking) && !video.ended);
  }

  /** Every frame: what was cut is jumped over; which videos are large, small or hidden now, and what is said over them. */
  #showPictures() {
    this.#skipCuts();
    const at_s = this.video.currentTime;
    this.captions.show(at_s);
    const quiet = document.fullscreenElement === this.element && !this.video.paused && performance.now() - this.#moved_ms > QUIET_MS;
    setAttribute(this.element, "data-quiet", quiet && !this.below.matches(":focus-within"));
    const seen = this.film ? { large: this.manifest.main, small: [] } : seenAt(this.manifest, at_s, this.#layout);
    // the very first frames may lie before the first picture: show the main video rather than nothing
    const large = seen.large ?? (this.video.paused || at_s < 1 ? this.manifest.main : null);
    const gap = gapAt(this.manifest, at_s);
    const key = JSON.stringify([large, seen.small, gap?.from_s]);
    if (key === this.#seen && this.#placed(large)) return;
    this.#seen = key;
    for (const video of this.pictures.querySelectorAll("video")) {
      const id = video.dataset.track ?? "";
      const place = id === large ? "large" : seen.small.includes(id) ? "small" : "none";
      setAttribute(video, "data-place", place);
      if (place === "small") video.removeAttribute("poster"); // it shows the whole class, not this picture
      video.style.setProperty("--number", String(Math.max(0, seen.small.indexOf(id))));
    }
    setAttribute(this.pictures, "data-smalls", String(seen.small.length));
    this.note.hidden = gap === null && large !== null;
    setText(this.note, this.note.hidden ? "" : this.words(gap ? "player.gap" : "player.sound-only"));
  }

  #skipCuts() {
    const { video } = this;
    if (this.cuts.length === 0 || video.seeking || video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    if (video.currentTime >= this.ends_s - 0.02) {
      if (!video.paused && this.ends_s < this.duration_s - 0.1) video.pause();
      return;
    }
    const on_s = skipFrom(this.cuts, video.currentTime);
    if (on_s !== video.currentTime) video.currentTime = on_s;
  }

  /** A video that was loaded just now has no place yet. @param {string | null} large */
  #placed(large) {
    return large === null || [...this.pictures.querySelectorAll("video")].every((video) => video.dataset.place !== undefined);
  }

  // -- keys -----------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (target.closest("input:not([type=range]), textarea, select, dialog, details, [contenteditable]")) return;
    if (event.code === "Space" && target.closest("button, a, summary")) return;
    if (target.closest("[role=tablist]") && event.code.startsWith("Arrow")) return;
    if (event.key === "?") {
      event.preventDefault();
      return void this.#help();
    }
    const at_s = this.video.currentTime;
    /** @type {Record<string, () => void>} */
    const keys = {
      Space: () => this.toggle(),
      KeyK: () => this.toggle(),
      ArrowLeft: () => this.go(at_s - 5),
      ArrowRight: () => this.go(at_s + 5),
      KeyJ: () => this.go(at_s - 10),
      KeyL: () => this.go(at_s + 10),
      KeyN: () => this.#chapter(1),
      KeyP: () => this.#chapter(-1),
      KeyC: () => this.captions.files.length > 0 && this.#toggleCaptions(),
      Comma: () => this.#step(-1),
      Period: () => this.#step(1),
      KeyM: () => this.#setSound(null, !this.video.muted),
      KeyF: () => void this.#toggleFull(),
      Home: () => this.go(0),
      End: () => this.go(this.duration_s),
    };
    const press = keys[event.code];
    if (!press || (target.closest("input") && event.code !== "Space" && !event.code.startsWith("Key"))) return;
    event.preventDefault();
    press();
  }

  /** @param {1 | -1} way */
  #chapter(way) {
    const at_s = chapterStep(this.manifest.chapters, this.video.currentTime, way);
    if (at_s !== null && this.manifest.chapters.length > 0) this.go(at_s);
  }

  /** The next speed of the list. @param {1 | -1} way */
  #step(way) {
    const here = RATES.indexOf(this.video.playbackRate);
    this.#setSpeed(RATES[Math.max(0, Math.min(RATES.length - 1, here + way))] ?? 1);
  }

  #toggleCaptions() {
    this.captions.toggle();
    this.controls.captions.value = this.captions.chosen;
  }
}
