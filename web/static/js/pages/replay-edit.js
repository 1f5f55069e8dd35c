/** The page that edits a replay: cuts, chapters, captions. What is saved holds at once; "undo" goes back one save. */

import { h, readPageData, setText } from "../lib/dom.js";
import { documentLanguage, wordsOf } from "../lib/words.js";
import { Captions } from "../replay/captions.js";
import { isSame } from "../replay/edit-list.js";
import { TEXTS } from "../replay/edit-texts.js";
import { Editor } from "../replay/editor.js";
import { fileAddress } from "../replay/manifest.js";
import { Player } from "../replay/player.js";
import { TEXTS as PLAYER_TEXTS } from "../replay/texts.js";

/** @typedef {import("../replay/manifest.js").Manifest} Manifest */
/** @typedef {{cuts: {from_s: number, to_s: number}[], chapters: {at_s: number, title: string}[], captions: {language: string}[], number: number, can_undo: boolean}} Stored */
/** @typedef {{base: string, poster: string | null}} Page */

const FILM_MS = 4000;
/** @type {Page} */
const page = readPageData("page");
const language = documentLanguage();
const words = wordsOf(TEXTS, language);
const place = /** @type {HTMLElement} */ (document.getElementById("edit"));

/**
 * @param {string} path
 * @param {RequestInit} [request]
 */
function ask(path, request = {}) {
  return fetch(`${page.base}/${path}`, { credentials: "same-origin", ...request, headers: { accept: "application/json", ...request.headers } });
}

async function start() {
  const [made, edited] = await Promise.all([ask("manifest.json"), ask("edits.json")]);
  /** @type {Manifest} */
  const manifest = made.ok ? await made.json() : null;
  if (!edited.ok || !manifest?.tracks) {
    place.replaceChildren(h("p", { class: "notice notice--warn", role: "status" }, words("wrong.not-ready")));
    return;
  }
  show(manifest, await edited.json());
}

/**
 * @param {Manifest} manifest
 * @param {Stored} first
 */
function show(manifest, first) {
  let stored = first;
  const addressOf = (/** @type {string} */ file) => fileAddress(`${page.base}/files/`, file, manifest.pass);
  const captions = new Captions({ files: manifest.captions, addressOf, clock: (s) => s, language, loaded: () => undefined });
  const player = new Player({
    manifest,
    addressOf,
    film: false,
    captions,
    all: true,
    poster: page.poster,
    words: wordsOf(PLAYER_TEXTS, language),
    language,
    moved: () => undefined,
    broken: () => undefined,
  });
  const said = h("p", { class: "edit__said", role: "status" });
  const save = h("button", { class: "button", type: "button", onclick: () => void send("edits", { method: "POST", body: JSON.stringify({ number: stored.number, ...editor.draft }), headers: { "content-type": "application/json" } }, "saved") }, words("save"));
  const undo = h("button", { class: "button button--second", type: "button", onclick: () => void send("edits/undo", { method: "POST" }, "undone") }, words("undo"));
  const film = h("p", { class: "soft small", role: "status" });
  const editor = new Editor({ words, duration_s: manifest.duration_s, now_s: () => player.video.currentTime, seek: (at_s) => player.go(at_s), changed: () => update() });
  const shelves = /** @type {const} */ (["ko", "en"]).map((each) => captionShelf(each));

  function update() {
    const changed = !isSame(editor.draft, stored);
    save.disabled = !changed;
    undo.disabled = !stored.can_undo || changed;
    setText(said, changed ? words("unsaved") : said.dataset.done ?? "");
    player.seek.draw(manifest.duration_s, manifest.gaps, manifest.pauses, editor.draft.cuts, editor.draft.chapters.filter((each) => each.title.trim() !== ""));
  }

  /** @param {Stored} fresh */
  function take(fresh) {
    stored = fresh;
    editor.show(stored);
    for (const shelf of shelves) shelf.update();
    update();
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   * @param {"saved" | "undone" | "captions.done" | "captions.removed"} done
   * @returns {Promise<string>} what is wrong; empty when nothing is
   */
  async function send(path, request, done) {
    if (path === "edits" && !editor.check()) return "";
    setText(said, words("saving"));
    save.disabled = undo.disabled = true;
    /** @type {string} */
    let wrong = words("wrong.network");
    try {
      const response = await ask(path, request);
      const answer = await response.json();
      if (response.ok) {
        const draft = editor.draft;
        const kept = path.startsWith("captions") && !isSame(draft, stored);
        said.dataset.done = words(done);
        take(answer);
        if (kept) {
          editor.show(draft); // captions are saved by themselves: what was typed meanwhile stays
          update();
        }
        return "";
      }
      wrong = answer.error.message;
      if (path === "edits") editor.refuse(answer.error.fields ?? {});
    } catch {
      // said below
    }
    delete said.dataset.done;
    update();
    setText(said, wrong);
    return wrong;
  }

  /** @param {"ko" | "en"} each */
  function captionShelf(each) {
    const input = h("input", { class: "quiet", type: "file", accept: ".vtt,.srt,text/vtt", id: `captions-${each}`, tabindex: "-1", "aria-hidden": "true" });
    const state = h("span", { class: "soft small" });
    const wrong = h("p", { class: "field__error", role: "alert", hidden: true });
    const upload = h("button", { class: "button button--second button--small", type: "button", onclick: () => input.click() });
    const remove = h("button", { class: "button button--quiet button--small", type: "button", onclick: () => void send(`captions/${each}/removal`, { method: "POST" }, "captions.removed") }, words("remove"), h("span", { class: "quiet" }, ` – ${words(`captions.${each}`)}`));
    input.addEventListener("change", async () => {
      const file = input.files?.[0];
      input.value = "";
      if (!file) return;
      const sentence = await send(`captions/${each}`, { method: "POST", body: await file.arrayBuffer(), headers: { "content-type": "text/vtt" } }, "captions.done");
      setText(wrong, sentence);
      wrong.hidden = !sentence;
    });
    const element = h("li", { class: "edit__row" }, h("strong", {}, words(`captions.${each}`)), state, upload, remove, input, wrong);
    const update = () => {
      const there = stored.captions.some((found) => found.language === each);
      setText(state, words(there ? "captions.there" : "captions.absent"));
      upload.replaceChildren(words(there ? "captions.replace" : "captions.upload"), h("span", { class: "quiet" }, ` – ${words(`captions.${each}`)}`));
      remove.hidden = !there;
    };
    return { element, update };
  }

  async function watchFilm() {
    try {
      const response = await ask("film.json");
      const { state, share } = await response.json();
      setText(film, words(/** @type {"film.made"} */ (`film.${state}`), { percent: Math.round(100 * share) }));
    } catch {
      // asked again
    }
    setTimeout(() => void watchFilm(), FILM_MS);
  }

  place.replaceChildren(
    h("div", { class: "edit__bar" }, save, undo, said, film),
    h("div", { class: "edit__columns" }, player.element, editor.element),
    h("section", { class: "panel stack edit__captions", "aria-labelledby": "edit-captions" }, h("h2", { id: "edit-captions" }, words("captions.title")), h("p", { class: "soft small" }, words("captions.lead")), h("ul", { class: "edit__list" }, ...shelves.map((shelf) => shelf.element))),
  );
  take(stored);
  player.start();
  void captions.load();
  void watchFilm();
  window.addEventListener("beforeunload", (event) => {
    if (!isSame(editor.draft, stored)) event.preventDefault();
  });
}

void start();
