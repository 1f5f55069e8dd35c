/**
 * A class from its beginning while it goes on. `LiveClass` follows what there is to see, `LiveSource` feeds one video with a file
 * that still grows. The server side is recording/live.py.
 *
 *   const live = new LiveClass(`/recordings/${id}/live`, { changed, over });   // changed(state): more is there; over(): class ended
 *   live.start();
 *   const source = new LiveSource(video, state.tracks[0], live);                // one per track one shows
 *   source.start(); … source.stop(); live.stop();
 */

import { fileAddress } from "./manifest.js";

/** @typedef {import("./manifest.js").Track & {head_bytes: number, index: string, ready_s: number}} LiveTrack */
/** @typedef {import("./manifest.js").Scene} Scene */
/** @typedef {{pass: string, making: string, duration_s: number, main: string, tracks: LiveTrack[], scenes: Scene[]}} LiveState */
/** @typedef {{at_s: number, start: number, end: number}} Fragment */

const POLL_MS = 1500;
const AHEAD_S = 30;
const BEHIND_S = 60;
const REQUEST_BYTES = 1 << 20;
/** How far before the place sought reading begins, so that a key picture is in it; when there is none, the next one is tried. */
const BACK_S = [11, 35, 120, Infinity];
/**
 * Where pictures failed to come for a moment, a browser may take none before the next key picture: a hole that nothing fills.
 * Whoever waits so close before one goes on behind it.
 */
const HOLE_S = 0.6;

/** Follows `live.json`. */
export class LiveClass {
  /** @type {LiveState | null} */
  state = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #stopped = false;

  /**
   * @param {string} address of the class, without `.json`
   * @param {object} options
   * @param {(state: LiveState) => void} options.changed also when all was made anew (`making` differs): start new sources then
   * @param {() => void} options.over nothing (more) to be had here: ask for the manifest
   */
  constructor(address, { changed, over }) {
    this.address = address;
    this.changed = changed;
    this.over = over;
  }

  start() {
    void this.#ask(0);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {string} name */
  addressOf(name) {
    return fileAddress(`${this.address}/`, name, this.state?.pass ?? "");
  }

  /** @param {number} failures */
  async #ask(failures) {
    let fails = failures;
    try {
      const response = await fetch(`${this.address}.json`, { credentials: "same-origin" });
      if (this.#stopped) return;
      if (response.status === 404 || response.status === 401 || response.status === 403) return this.over();
      if (!response.ok) throw new Error(String(response.status));
      /** @type {LiveState} */
      const state = await response.json();
      const news = state.making !== this.state?.making || state.duration_s !== this.state.duration_s;
      this.state = state;
      fails = 0;
      if (news && !this.#stopped) this.changed(state);
    } catch {
      fails += 1; // the network is away for a moment: what is loaded plays on
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#ask(fails), POLL_MS * Math.min(8, 1 + fails));
  }
}

/** Feeds one video with one growing file. */
export class LiveSource {
  #media = new MediaSource();
  #url = "";
  /** @type {SourceBuffer | null} */
  #buffer = null;
  /** @type {Fragment[]} */
  #fragments = [];
  #rest = "";
  #read = 0;
  /** Number of the fragment to be loaded next. */
  #next = 0;
  #tries = 0;
  #stopped = false;
  #sought = true;
  /** @type {AbortController} */
  #loading = new AbortController();
  /** @type {() => void} */
  #wake = () => undefined;
  #onSeeking = () => this.#seek();

  /**
   * @param {HTMLVideoElement} video
   * @param {LiveTrack} track
   * @param {{addressOf: (name: string) => string, state: LiveState | null}} live
   */
  constructor(video, track, live) {
    this.video = video;
    this.track = track;
    this.live = live;
  }

  start() {
    this.#url = URL.createObjectURL(this.#media);
    this.#media.addEventListener("sourceopen", () => void this.#run(), { once: true });
    this.video.addEventListener("seeking", this.#onSeeking);
    this.video.src = this.#url;
  }

  stop() {
    this.#stopped = true;
    this.#loading.abort();
    this.#wake();
    this.video.removeEventListener("seeking", this.#onSeeking);
    if (this.video.src === this.#url) {
      this.video.removeAttribute("src");
      this.video.load();
    }
    URL.revokeObjectURL(this.#url);
  }

  // -- loading ----------------------------------------------------------------------------------------------------------

  async #run() {
    try {
      this.#media.duration = Infinity;
      this.#buffer = this.#media.addSourceBuffer(this.track.mime);
    } catch {
      return void this.video.dispatchEvent(new Event("error")); // this browser cannot play it: the page says so
    }
    while (!this.#stopped) {
      let worked = false;
      try {
        // with no end of its own the video could be sought only where it is loaded
        if (this.#media.readyState === "open" && "setLiveSeekableRange" in this.#media) /** @type {any} */ (this.#media).setLiveSeekableRange(0, Math.max(0.1, this.#ready()));
        await this.#readIndex();
        worked = await this.#load();
      } catch {
        // sought meanwhile, or the network is away: go on below
      }
      if (!worked && !this.#stopped) await this.#sleep(500);
    }
  }

  /** New lines of the list of fragments. */
  async #readIndex() {
    const last = this.#fragments[this.#fragments.length - 1];
    if (last && last.at_s > this.#at() + AHEAD_S && last.at_s >= this.#ready() - 30) return;
    if (last && last.at_s >= this.#ready()) return;
    const response = await fetch(this.live.addressOf(this.track.index), { credentials: "same-origin", headers: { range: `bytes=${this.#read}-` } });
    if (response.status === 416) return;
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text(); // ASCII: characters are bytes
    this.#read += text.length;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [at_s, start, end] = line.split(" ").map(Number);
      this.#fragments.push({ at_s: at_s ?? 0, start: start ?? 0, end: end ?? 0 });
    }
  }

  /** Load one piece; tells whether there was one to load. */
  async #load() {
    const buffer = this.#buffer;
    if (!buffer || this.#media.readyState !== "open" || this.#fragments.length === 0) return false;
    if (this.#sought) {
      this.#sought = false;
      this.#next = this.#placeBefore(this.#at() - (BACK_S[this.#tries] ?? Infinity));
      this.#loading = new AbortController();
      buffer.abort();
      await this.#append(await this.#bytes(0, this.track.head_bytes));
    }
    const first = this.#fragments[this.#next];
    if (!first || first.at_s > this.#at() + AHEAD_S) {
      this.#lookBack();
      return false;
    }
    let last = this.#next;
    while (last + 1 < this.#fragments.length) {
      const following = /** @type {Fragment} */ (this.#fragments[last + 1]);
      if (following.end - first.start > REQUEST_BYTES || following.at_s > this.#at() + AHEAD_S) break;
      last += 1;
    }
    const data = await this.#bytes(first.start, /** @type {Fragment} */ (this.#fragments[last]).end);
    await this.#forget();
    await this.#append(data);
    this.#next = last + 1;
    return true;
  }

  /** All is loaded that should be, and yet the place is not: its key picture lies further back, or it is in a hole. */
  #lookBack() {
    const at_s = this.video.currentTime;
    const loaded = this.video.buffered;
    for (let index = 0; index < loaded.length; index++) {
      if (loaded.start(index) > at_s + 0.1 || at_s > loaded.end(index)) continue;
      this.#tries = 0;
      const waits = !this.video.paused && !this.video.seeking && this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
      if (waits && loaded.end(index) - at_s < HOLE_S && index + 1 < loaded.length) this.video.currentTime = loaded.start(index + 1) + 0.01;
      return;
    }
    if (loaded.length > 0 && at_s < loaded.start(0) && this.#next > 0 && at_s < 1) return void (this.video.currentTime = loaded.start(0));
    for (let index = 0; this.#tries > 1 && index < loaded.length; index++) {
      if (loaded.start(index) <= at_s) continue;
      this.#tries = 0;
      this.video.currentTime = loaded.start(index) + 0.01;
      return;
    }
    if (this.#tries + 1 < BACK_S.length && at_s < this.#ready()) {
      this.#tries += 1;
      this.#sought = true;
    }
  }

  /** @param {number} from @param {number} to */
  async #bytes(from, to) {
    const response = await fetch(this.live.addressOf(this.track.file), { credentials: "same-origin", headers: { range: `bytes=${from}-${to - 1}` }, signal: this.#loading.signal });
    if (!response.ok) throw new Error(String(response.status));
    return response.arrayBuffer();
  }

  /** @param {ArrayBuffer} data */
  async #append(data) {
    const buffer = this.#buffer;
    if (!buffer || this.#media.readyState !== "open") throw new Error("closed");
    buffer.appendBuffer(data);
    await this.#settled(buffer);
  }

  /** Drop what was seen long ago. */
  async #forget() {
    const buffer = this.#buffer;
    if (!buffer || this.#media.readyState !== "open" || buffer.buffered.length === 0) return;
    const until_s = this.#at() - BEHIND_S;
    if (buffer.buffered.start(0) > until_s - BEHIND_S) return;
    buffer.remove(0, until_s);
    await this.#settled(buffer);
  }

  /** @param {SourceBuffer} buffer */
  #settled(buffer) {
    return new Promise((resolve) => buffer.addEventListener("updateend", () => resolve(undefined), { once: true }));
  }

  // -- where ------------------------------------------------------------------------------------------------------------

  #seek() {
    const at_s = this.video.currentTime;
    const loaded = this.video.buffered;
    for (let index = 0; index < loaded.length; index++) if (loaded.start(index) <= at_s && at_s < loaded.end(index) - 0.5) return;
    this.#sought = true;
    this.#tries = 0;
    this.#loading.abort();
    this.#wake();
  }

  #at() {
    return this.video.currentTime;
  }

  #ready() {
    return this.live.state?.tracks.find((track) => track.id === this.track.id)?.ready_s ?? this.track.ready_s;
  }

  /** The last fragment that begins at or before `at_s`. @param {number} at_s */
  #placeBefore(at_s) {
    let low = 0;
    let high = this.#fragments.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (/** @type {Fragment} */ (this.#fragments[middle]).at_s <= at_s) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** @param {number} for_ms */
  #sleep(for_ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, for_ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}
