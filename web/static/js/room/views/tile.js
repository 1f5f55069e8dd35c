/**
 * One picture on the stage. A new track is shown when its first frame is there; until then the old picture stays (frozen rather
 * than black), or the person's initials when there was none.
 */

import { h, setAttribute, setText, svg } from "../../lib/dom.js";
import { colourOf, initials } from "../../lib/names.js";
import { ICONS } from "../icons.js";

/** @typedef {import("../room-state.js").TileView} TileView */
/** @typedef {import("../texts.js").Words} Words */

const FIRST_FRAME_MS = 4000;

export class Tile {
  /** width ÷ height of the picture */
  aspect = 16 / 9;
  /** @type {HTMLVideoElement | null} */
  #video = null;
  /** @type {HTMLVideoElement | null} the next one, waiting for its first frame */
  #coming = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;

  /**
   * @param {object} options
   * @param {TileView} options.view
   * @param {Words} options.words
   * @param {() => void} options.reshaped the picture's shape changed
   * @param {(id: string) => void} options.pin
   * @param {() => void} options.stopSharing
   * @param {(blocked: boolean) => void} options.blocked playing was refused
   */
  constructor({ view, words, reshaped, pin, stopSharing, blocked }) {
    this.id = view.id;
    this.view = view;
    this.words = words;
    this.reshaped = reshaped;
    this.blocked = blocked;
    this.avatar = h("span", { class: `tile__avatar tile__avatar--${colourOf(view.peer, 6)}`, "aria-hidden": "true" });
    this.silent = h("span", { class: "tile__silent" }, svg(ICONS["microphone-off"]), h("span", { class: "quiet" }, words("stage.silent")));
    this.name = h("span", { class: "tile__name" });
    this.away = h("span", { class: "tile__away", hidden: true }, words("stage.away"));
    this.pinButton = h("button", { class: "tile__pin", type: "button", onclick: () => pin(this.id) }, svg(ICONS.expand));
    this.element = h("div", { class: "tile", role: "group" }, this.avatar);
    if (view.mine && view.source === "screen") {
      const stop = h("button", { class: "button button--live", type: "button", onclick: stopSharing }, words("stage.stop-sharing"));
      this.element.append(h("div", { class: "tile__own-screen" }, svg(ICONS.screen), h("p", {}, words("stage.sharing")), stop));
      this.avatar.remove();
    }
    this.element.append(this.away, h("div", { class: "tile__label" }, this.silent, this.name), this.pinButton);
  }

  /**
   * @param {TileView} view
   * @param {{speaking: boolean, pinned: boolean, alone: boolean, name: string}} more
   */
  update(view, { speaking, pinned, alone, name }) {
    this.view = view;
    const { words } = this;
    const label = view.source === "screen" ? words("stage.screen-of", { name }) : name;
    const shown = view.mine && view.source === "camera" ? `${words("stage.you")} · ${name}` : label;
    setAttribute(this.element, "aria-label", label);
    setAttribute(this.element, view.mine ? "data-own" : "data-source", view.source);
    setAttribute(this.element, "data-peer", view.peer);
    setAttribute(this.element, "data-speaking", speaking && view.source === "camera");
    setAttribute(this.element, "data-away", view.away);
    setText(this.name, shown);
    setText(this.avatar, initials(name));
    this.silent.hidden = !view.silent || view.source === "screen";
    this.away.hidden = !view.away;
    this.pinButton.hidden = alone;
    setAttribute(this.pinButton, "aria-label", pinned ? words("stage.unpin") : words("stage.pin", { name: label }));
    setAttribute(this.pinButton, "aria-pressed", String(pinned));
  }

  /**
   * Show this track from its first frame on; null shows the initials.
   * @param {MediaStreamTrack | null} track
   */
  setTrack(track) {
    if (track === this.#track || (this.view.mine && this.view.source === "screen")) return;
    this.#track = track;
    this.#forget();
    if (track === null) {
      this.#video?.remove();
      this.#video = null;
      setAttribute(this.element, "data-live", false);
      return;
    }
    const video = h("video", { class: "tile__video", playsinline: true, autoplay: true, tabindex: "-1" });
    video.muted = true; // voices play through sounds.js
    video.disablePictureInPicture = this.view.mine;
    if (!this.view.mine) video.dataset.source = this.view.source;
    video.srcObject = new MediaStream([track]);
    this.#coming = video;
    video.addEventListener("resize", () => this.#onResize(video));
    const ready = () => this.#swap(video);
    video.addEventListener("loadeddata", ready, { once: true });
    if (this.#video === null) this.#place(video);
    else setTimeout(ready, FIRST_FRAME_MS);
    void this.play(video);
  }

  /** Try to play again: after a touch, or back from the background. */
  wake() {
    for (const video of [this.#video, this.#coming]) if (video?.paused) void this.play(video);
  }

  /** @param {HTMLVideoElement} video */
  async play(video) {
    try {
      await video.play();
    } catch (wrong) {
      if (wrong instanceof DOMException && wrong.name === "NotAllowedError") this.blocked(true);
    }
  }

  stop() {
    this.#forget();
    if (this.#video) this.#video.srcObject = null;
    this.element.remove();
  }

  /** @param {HTMLVideoElement} video */
  #swap(video) {
    if (video !== this.#coming) return;
    this.#coming = null;
    const old = this.#video;
    if (old !== video) this.#place(video);
    if (old && old !== video) {
      old.srcObject = null;
      old.remove();
    }
    setAttribute(this.element, "data-live", true);
    this.#onResize(video);
  }

  /** @param {HTMLVideoElement} video */
  #place(video) {
    this.#video?.after(video);
    if (!video.isConnected) this.element.prepend(video);
    this.#video = video;
  }

  #forget() {
    const coming = this.#coming;
    this.#coming = null;
    if (coming && coming !== this.#video) coming.srcObject = null;
  }

  /** @param {HTMLVideoElement} video */
  #onResize(video) {
    if (video !== this.#video || video.videoWidth === 0 || video.videoHeight === 0) return;
    const aspect = video.videoWidth / video.videoHeight;
    if (Math.abs(aspect - this.aspect) < 0.01) return;
    this.aspect = aspect;
    this.reshaped();
  }
}
