/** The silent videos beside the main one: loaded shortly before they are seen, kept in step, dropped when long past. */

import { h } from "../lib/dom.js";
import { follow, isNear } from "./sync.js";

/** @typedef {import("./manifest.js").Track} Track */

const STEP_MS = 100;

export class SecondVideos {
  /** @type {Map<string, HTMLVideoElement>} */
  #videos = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {HTMLVideoElement} main
   * @param {readonly Track[]} tracks
   * @param {(video: HTMLVideoElement, track: Track) => void} fill gives a video its file
   * @param {HTMLElement} place
   */
  constructor(main, tracks, fill, place) {
    this.main = main;
    this.tracks = tracks;
    this.fill = fill;
    this.place = place;
  }

  start() {
    this.#timer = setInterval(() => this.step(), STEP_MS);
    this.step();
  }

  stop() {
    clearInterval(this.#timer);
    for (const video of this.#videos.values()) video.remove();
    this.#videos.clear();
  }

  /** @param {string} id */
  element(id) {
    return this.#videos.get(id) ?? null;
  }

  /** Bring every loaded video into step; load and drop as needed. */
  step() {
    const main_s = this.main.currentTime;
    for (const track of this.tracks) {
      const video = this.#videos.get(track.id);
      if (isNear(track.visible, main_s)) this.#step(track, video ?? this.#load(track));
      else if (video && !video.paused) video.pause();
    }
  }

  /** @param {Track} track */
  #load(track) {
    const video = h("video", { class: "replay__video", preload: "auto", playsinline: true, tabindex: "-1", "data-track": track.id });
    video.muted = true;
    this.fill(video, track);
    video.disablePictureInPicture = true;
    video.disableRemotePlayback = true;
    this.#videos.set(track.id, video);
    this.place.append(video);
    return video;
  }

  /**
   * @param {Track} track
   * @param {HTMLVideoElement} video
   */
  #step(track, video) {
    if (video.readyState < HTMLMediaElement.HAVE_METADATA || video.seeking || video.error) return;
    const { main } = this;
    const target = main.currentTime - track.offset_s;
    const outside = target < -0.2 || target > video.duration - 0.02;
    const still = main.paused || main.seeking || main.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const paused = still || outside;
    const step = follow({ main_s: Math.min(main.currentTime, track.offset_s + video.duration), second_s: video.currentTime, offset_s: track.offset_s, rate: main.playbackRate, paused });
    if (step.seek !== null) video.currentTime = Math.min(step.seek, video.duration);
    if (Math.abs(video.playbackRate - step.rate) > 0.002) video.playbackRate = step.rate;
    if (paused && !video.paused) video.pause();
    else if (!paused && video.paused) void video.play().catch(() => undefined);
  }
}
