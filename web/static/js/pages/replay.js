/** The replay's page: waits until there is something to play, then puts player and chat together and keeps one's place. */

import { ask } from "../lib/dialog.js";
import { h, readPageData, setText, svg } from "../lib/dom.js";
import { recall, remember } from "../lib/storage.js";
import { formatClock } from "../lib/timing.js";
import { documentLanguage, wordsOf } from "../lib/words.js";
import { Beacons } from "../replay/beacons.js";
import { Captions } from "../replay/captions.js";
import { ChapterList } from "../replay/chapters.js";
import { ReplayChat } from "../replay/chat.js";
import { asMedia, filmTime, mediaTime } from "../replay/cuts.js";
import { ICONS } from "../replay/icons.js";
import { watchLive } from "../replay/live-page.js";
import { fileAddress, onFilmClock, resumeAt, secondOfLink } from "../replay/manifest.js";
import { Panel } from "../replay/panel.js";
import { Player } from "../replay/player.js";
import { TEXTS } from "../replay/texts.js";
import { Transcript } from "../replay/transcript.js";

/** @typedef {import("../replay/manifest.js").Manifest} Manifest */
/** @typedef {{recording: string, person: string, manifest: string, files: string, chat: string, live: string, room: string | null, poster: string | null, cover: string, watching: string, withdrawal: string | null, place_s: number | null, share: number}} Page */

const SAVE_MS = 2000;
/** Fresh addresses are asked for by itself once in this time; after that a person is asked to press. */
const RENEW_MS = 30_000;

/** @type {Page} */
const page = readPageData("page");
const language = documentLanguage();
const words = wordsOf(TEXTS, language);
const place = /** @type {HTMLElement} */ (document.getElementById("replay"));
const KEY = `replay.place/${page.person}/${page.recording}`;
/** Where to go on, and whether by itself: set when the files' addresses were refused in the middle, or class ended. @type {{at_s: number, plays: boolean} | null} */
let goesOn = null;
let renewed_ms = -Infinity;

/**
 * A sentence instead of the player.
 * @param {"wait.capturing" | "wait.film" | "wrong.failed" | "wrong.loading" | "wrong.storage" | "wrong.gone"} code
 * @param {(() => void) | null} [again]
 */
function say(code, again = null) {
  const waits = code.startsWith("wait");
  const sign = waits ? h("span", { class: "spinner replay-wait__spinner", "aria-hidden": "true" }) : h("span", { class: "replay-wait__sign" }, svg(ICONS.warning));
  const button = again ? h("button", { class: "button", type: "button", onclick: again }, words("wrong.again")) : null;
  if (place.dataset.said === code) return;
  place.dataset.said = code;
  place.replaceChildren(h("div", { class: "replay-wait", role: "status" }, sign, h("strong", {}, words(code)), h("p", {}, words(`${code}-body`)), button));
}

/** @param {number} attempt */
async function load(attempt = 0) {
  /** @type {Manifest | {state: string}} */
  let manifest;
  try {
    const response = await fetch(page.manifest, { credentials: "same-origin", headers: { accept: "application/json" } });
    if (response.status === 404 || response.status === 401 || response.status === 403) return say("wrong.gone");
    if (response.status === 503) {
      say("wrong.storage", () => void load());
      return later(attempt);
    }
    if (!response.ok) throw new Error(String(response.status));
    manifest = await response.json();
  } catch {
    if (attempt === 0) say("wrong.loading", () => void load());
    return later(attempt);
  }
  if (manifest.state === "failed") return say("wrong.failed");
  if (!("tracks" in manifest)) {
    if (await live()) return;
    say("wait.capturing");
    return later(attempt);
  }
  const player = document.createElement("video");
  const playable = manifest.tracks.every((track) => player.canPlayType(track.mime) !== "");
  if (playable || manifest.film) return play(manifest, !playable);
  say("wait.film");
  later(attempt);
}

/** Play what there is of a class that goes on. */
function live() {
  let saved_ms = 0;
  return watchLive({
    place,
    address: page.live,
    room: page.room,
    cover: page.cover,
    words,
    language,
    moved: (at_s) => {
      if (performance.now() - saved_ms < SAVE_MS || at_s === 0) return;
      saved_ms = performance.now();
      remember("local", KEY, { at_s, of_s: 0 });
    },
    begun: (player) => {
      delete place.dataset.said;
      const at_s = secondOfLink(window.location.hash);
      if (at_s !== null) player.go(at_s);
    },
    over: (on) => {
      goesOn = on;
      void load();
    },
  });
}

/** Ask again, less and less often. @param {number} attempt */
function later(attempt) {
  setTimeout(() => void load(attempt + 1), Math.min(10_000, 700 * 1.3 ** attempt));
}

/**
 * @param {Manifest} made
 * @param {boolean} film
 */
function play(made, film) {
  delete place.dataset.said;
  const manifest = film ? onFilmClock(made) : made;
  const addressOf = (/** @type {string} */ file) => fileAddress(page.files, file, made.pass);
  const fromMedia = film ? (/** @type {number} */ s) => filmTime(made.cuts, s) : (/** @type {number} */ s) => s;
  const toMedia = film ? (/** @type {number} */ s) => mediaTime(made.cuts, s) : (/** @type {number} */ s) => s;
  const go = (/** @type {number} */ at_s) => player.go(at_s);
  const chat = new ReplayChat(words, go);
  const chapters = new ChapterList(words, manifest.chapters, go);
  const transcript = new Transcript(words, go);
  const captions = new Captions({ files: manifest.captions, addressOf, clock: fromMedia, language, loaded: () => transcript.show(captions.cues) });
  const progress = h("p", { class: "replay-progress" });
  const shown = (/** @type {number} */ share, /** @type {boolean} */ full) => setText(progress, words(full ? "watched.full" : "watched.share", { percent: Math.floor(share * 100) }));
  shown(page.share, page.share >= 0.95);
  const elsewhere = h("p", { class: "replay-elsewhere", role: "status", hidden: true }, words("watched.elsewhere"));
  let saved_ms = 0;
  const keep = (/** @type {number} */ at_s) => remember("local", KEY, { at_s: toMedia(at_s), of_s: made.duration_s });
  const player = new Player({
    manifest,
    addressOf,
    film,
    captions,
    poster: page.poster,
    words,
    language,
    moved: (at_s) => {
      chat.update(at_s);
      chapters.update(at_s);
      transcript.update(at_s);
      if (performance.now() - saved_ms < SAVE_MS || at_s === 0) return;
      saved_ms = performance.now();
      keep(at_s);
    },
    broken: () => {
      const at_s = player.video.currentTime;
      if (at_s > 0) keep(at_s);
      beacons.stop();
      player.stop();
      if (at_s > 0 && performance.now() - renewed_ms > RENEW_MS) {
        renewed_ms = performance.now(); // signed out and in again in another tab, perhaps: the old addresses are dead
        goesOn = { at_s: toMedia(at_s), plays: !player.video.paused };
        return void load();
      }
      if (!film && made.film) play(made, true);
      else say("wrong.loading", () => void load());
    },
  });
  const beacons = new Beacons({
    video: player.video,
    address: page.watching,
    asMedia: (stretch) => (film ? asMedia(made.cuts, stretch) : [stretch]),
    media: toMedia,
    heard: (heard) => {
      shown(heard.share, heard.full);
      elsewhere.hidden = !heard.elsewhere;
    },
    gone: () => {
      beacons.stop();
      player.stop();
      say("wrong.gone");
    },
  });
  /** @type {{name: string, title: string, content: HTMLElement}[]} */
  const tabs = [{ name: "chat", title: words("chat.title"), content: chat.element }];
  if (manifest.captions.length > 0) tabs.unshift({ name: "transcript", title: words("transcript.title"), content: transcript.element });
  if (manifest.chapters.length > 0) tabs.unshift({ name: "chapters", title: words("chapters.title"), content: chapters.element });
  const panel = new Panel(words("panel.title"), tabs);
  place.replaceChildren(elsewhere, h("div", { class: "replay-stage" }, player.element, panel.element), h("div", { class: "replay-below" }, progress, linkTo(() => toMedia(player.video.currentTime))), page.withdrawal ? withdrawal(page.withdrawal) : "");
  player.start();
  beacons.start();
  void captions.load();
  begin(player, manifest.duration_s, fromMedia);
  window.addEventListener("hashchange", () => {
    const at_s = secondOfLink(window.location.hash);
    if (at_s !== null) player.go(fromMedia(at_s));
  });
  void fetch(page.chat, { credentials: "same-origin" })
    .then((response) => (response.ok ? response.json() : { lines: [] }))
    .then(
      ({ lines }) => chat.show(lines.map((/** @type {import("../replay/chat.js").Line} */ line) => ({ ...line, at_s: fromMedia(line.at_s) }))),
      () => chat.show([]),
    )
    .then(() => chat.update(player.video.currentTime));
}

/** Taking back one's consent to be recorded: asked twice, then the replay is made anew without this person. @param {string} address */
function withdrawal(address) {
  const said = h("p", { role: "status" });
  const press = async () => {
    const answers = [{ value: "no", label: words("withdraw.no"), kind: /** @type {const} */ ("second") }, { value: "yes", label: words("withdraw.yes"), kind: /** @type {const} */ ("danger") }];
    if ((await ask({ title: words("withdraw.title"), body: [words("withdraw.body")], answers, safe: "no" })) !== "yes") return;
    try {
      const response = await fetch(address, { method: "POST", credentials: "same-origin", headers: { accept: "application/json" }, body: new URLSearchParams() });
      if (!response.ok) throw new Error(String(response.status));
      window.location.reload();
    } catch {
      setText(said, words("withdraw.wrong"));
    }
  };
  return h("details", { class: "unfold replay-withdraw" }, h("summary", {}, words("withdraw.summary")), h("p", { class: "soft small" }, words("withdraw.lead")), h("button", { class: "button button--second button--small", type: "button", onclick: () => void press() }, words("withdraw.press")), said);
}

/** A button that copies the address of the present moment. @param {() => number} now_s */
function linkTo(now_s) {
  const said = h("span", { role: "status" });
  const copy = async () => {
    const at_s = Math.floor(now_s());
    const address = `${window.location.origin}${window.location.pathname}?t=${at_s}`;
    try {
      await navigator.clipboard.writeText(address);
      setText(said, words("link.copied", { at: formatClock(at_s) }));
    } catch {
      said.replaceChildren(h("input", { class: "input", readonly: true, value: address, "aria-label": words("link.shown") }));
    }
  };
  return h("div", { class: "replay-link" }, said, h("button", { class: "button button--quiet button--small", type: "button", onclick: () => void copy() }, svg(ICONS.link), words("link.copy")));
}

/**
 * Start where the link says, else where one left off, else at the beginning.
 * @param {Player} player
 * @param {number} duration_s
 * @param {(media_s: number) => number} fromMedia
 */
function begin(player, duration_s, fromMedia) {
  const on = goesOn;
  goesOn = null;
  const linked = on?.at_s ?? secondOfLink(window.location.hash) ?? secondOfLink(window.location.search);
  const local = recall("local", KEY)?.at_s;
  const left = page.place_s ?? (typeof local === "number" ? local : null); // what the server heard, from whatever device
  const left_s = resumeAt(left === null ? null : fromMedia(left), duration_s);
  const at_s = linked === null ? left_s : fromMedia(linked);
  if (at_s === null) return;
  const jump = () => {
    player.go(at_s);
    if (on?.plays) player.toggle();
  };
  if (player.video.readyState >= HTMLMediaElement.HAVE_METADATA) jump();
  else player.video.addEventListener("loadedmetadata", jump, { once: true });
  if (linked !== null) return;
  const bar = h("div", { class: "replay-resume", role: "status" }, h("span", {}, words("resume.from", { at: formatClock(at_s) })));
  const restart = () => {
    bar.remove();
    player.go(0);
  };
  bar.append(h("button", { class: "button button--second button--small", type: "button", onclick: restart }, words("resume.restart")), h("button", { class: "button button--quiet button--small", type: "button", onclick: () => bar.remove() }, words("resume.close")));
  place.prepend(bar);
}

void load();
