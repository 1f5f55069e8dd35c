/** The replay's page while its class goes on: from the beginning, up to a few seconds behind what happens. */

import { h } from "../lib/dom.js";
import { wordsOf } from "../lib/words.js";
import { Captions } from "./captions.js";
import { ReplayChat } from "./chat.js";
import { LiveClass, LiveSource } from "./live-source.js";
import { LiveSaid } from "./live-said.js";
import { LIVE_TEXTS } from "./live-texts.js";
import { firstPicture } from "./manifest.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";

/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./live-source.js").LiveState} LiveState */

/** The newest moment is approached by this much: right at the edge playing would stop all the time. */
const EDGE_S = 6;

/**
 * Play what there is of a class that goes on. Tells whether there is anything yet.
 * @param {object} options
 * @param {HTMLElement} options.place
 * @param {string} options.address of the class's growing files, without `.json`
 * @param {string | null} options.room where the class is held
 * @param {string} options.cover shown until there is a picture
 * @param {import("./texts.js").Words} options.words
 * @param {import("../lib/timing.js").Language} options.language
 * @param {(at_s: number) => void} options.moved
 * @param {(player: Player) => void} options.begun
 * @param {(on: {at_s: number, plays: boolean} | null) => void} options.over the class ended: ask for the manifest; on: where one was
 * @returns {Promise<boolean>}
 */
export function watchLive({ place, address, room, cover, words, language, moved, begun, over }) {
  const say = wordsOf(LIVE_TEXTS, language);
  /** @type {Player | null} */
  let player = null;
  let making = "";
  /** @type {LiveSource[]} */
  let sources = [];
  /** @type {LiveSaid | null} */
  let said = null;

  const end = () => {
    said?.stop();
    for (const source of sources) source.stop();
    player?.stop();
    sources = [];
    player = null;
  };

  return new Promise((resolve) => {
    const live = new LiveClass(address, {
      changed: (state) => {
        if (player && state.making === making) return player.grow(manifestOf(state));
        const at_s = player?.video.currentTime ?? null; // all was made anew: go on where one was
        end();
        making = state.making;
        player = show(state);
        if (at_s !== null) player.go(at_s);
        else {
          const first_s = firstPicture(state.scenes);
          if (first_s !== null) player.go(first_s);
          begun(player);
        }
        resolve(true);
      },
      over: () => {
        live.stop();
        const video = player?.video;
        const on = video && video.currentTime > 0 ? { at_s: video.currentTime, plays: !video.paused } : null;
        end();
        if (making) over(on);
        resolve(false);
      },
    });

    /** @param {LiveState} state */
    const show = (state) => {
      const go = (/** @type {number} */ at_s) => shown.go(at_s);
      const chat = new ReplayChat(words, go, say("live.no-chat"));
      const transcript = new Transcript(words, go);
      const captions = new Captions({ files: [], addressOf: () => "", clock: (at_s) => at_s, language, loaded: () => transcript.show(captions.cues) });
      const panel = new Panel(words("panel.title"), [
        { name: "transcript", title: words("transcript.title"), content: transcript.element },
        { name: "chat", title: words("chat.title"), content: chat.element },
      ]);
      panel.offer("transcript", false);
      said = new LiveSaid(address, {
        duration_s: () => shown.duration_s,
        captioned: (languages, after_s) => {
          const known = captions.files.length;
          captions.take(languages, after_s);
          if (captions.files.length === known) return;
          shown.offerCaptions();
          panel.offer("transcript", true);
          if (after_s === 0) panel.choose("transcript"); // nobody reads anything else yet
        },
        chatted: (lines) => {
          chat.show(lines);
          chat.update(shown.video.currentTime);
        },
      });
      const shown = new Player({
        manifest: manifestOf(state),
        addressOf: () => "",
        attach: (video, track) => {
          const source = new LiveSource(video, /** @type {import("./live-source.js").LiveTrack} */ (track), live);
          sources.push(source);
          source.start();
        },
        film: false,
        captions,
        poster: cover,
        words,
        language,
        moved: (at_s) => {
          chat.update(at_s);
          transcript.update(at_s);
          moved(at_s);
        },
        broken: () => undefined, // a piece that came damaged: the next one plays again
      });
      const newest = h("button", { class: "button button--second button--small", type: "button", onclick: () => shown.go(shown.duration_s - EDGE_S) }, say("live.newest"));
      const enter = room ? h("a", { class: "button button--small", href: room }, say("live.enter")) : null;
      const about = h("span", {}, h("strong", {}, say("live.title")), h("br", {}), say("live.body"));
      const head = h("div", { class: "replay-resume", role: "status" }, about, enter, newest);
      place.replaceChildren(head, h("div", { class: "replay-stage" }, shown.element, panel.element));
      shown.start();
      said.start();
      return shown;
    };

    live.start();
  });
}

/**
 * @param {LiveState} state
 * @returns {Manifest}
 */
function manifestOf(state) {
  return { state: "capturing", pass: state.pass, duration_s: state.duration_s, main: state.main, tracks: state.tracks, scenes: state.scenes, gaps: [], pauses: [], film: null, cuts: [], chapters: [], captions: [], preview: null };
}
