/** The pictures of the class, laid out by grid.js; says what to expect while there is none. */

import { Listeners, h, setAttribute, setText, svg } from "../../lib/dom.js";
import { colourOf, initials } from "../../lib/names.js";
import { arrange } from "../grid.js";
import { ICONS } from "../icons.js";
import { leader, pictures } from "../room-state.js";
import { Steady } from "../steady.js";
import { Reactions } from "./reactions.js";
import { Tile } from "./tile.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("./room.js").UiState} UiState */
/** @typedef {import("./room.js").Context} Context */

const LAYER_MS = 1000;

export class Stage {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /** @type {readonly import("../room-state.js").TileView[]} */
  #shown = [];
  #steady = new Steady();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #release;
  /** @type {Map<string, number>} slot → height shown, in device pixels */
  #heights = new Map();
  #listeners = new Listeners();
  #resize = new ResizeObserver(() => this.#layOut());
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.tiles = h("div", { class: "stage__tiles" });
    this.avatar = h("span", { class: "stage__avatar", "aria-hidden": "true" });
    this.emptyTitle = h("p", { class: "stage__empty-title" });
    this.emptyText = h("p", { class: "stage__empty-text" });
    this.empty = h("div", { class: "stage__empty" }, this.avatar, this.emptyTitle, this.emptyText);
    this.lost = h("div", { class: "stage__lost", hidden: true }, h("span", { class: "spinner", "aria-hidden": "true" }), h("span", {}, words("stage.reconnecting")));
    const unlock = h("button", { class: "button button--large stage__sound-button", type: "button", onclick: () => context.unlock() }, svg(ICONS.sound), words("stage.sound"));
    this.sound = h("div", { class: "stage__sound", hidden: true }, unlock, h("p", {}, words("stage.sound-hint")));
    this.reactions = new Reactions(context);
    this.element = h("main", { class: "stage", id: "stage", tabindex: "-1", "aria-label": words("stage.region") }, this.tiles, this.empty, this.lost, this.sound, this.reactions.element);
  }

  start() {
    this.#resize.observe(this.tiles);
    this.#listeners.listen(document, "visibilitychange", () => this.#wish());
    this.#timer = setInterval(() => this.#wish(), LAYER_MS);
  }

  stop() {
    this.#resize.disconnect();
    this.#listeners.stop();
    clearInterval(this.#timer);
    clearTimeout(this.#release);
    for (const tile of this.#tiles.values()) tile.stop();
    this.#tiles.clear();
  }

  /** A touch allowed playing, or the page is visible again. */
  wake() {
    for (const tile of this.#tiles.values()) tile.wake();
  }

  /**
   * @param {SessionState} state
   * @param {UiState} ui
   */
  update(state, ui) {
    this.ui = ui;
    const views = this.#views(state);
    this.#shown = views;
    this.#keepTiles(views, state);
    this.#updateEmpty(views.length === 0, state);
    this.lost.hidden = !this.context.session.reconnecting;
    this.sound.hidden = !state.soundBlocked;
    this.#layOut();
  }

  /** @param {SessionState} state */
  #views(state) {
    const fresh = pictures(state.class).filter((view) => !view.mine || state.switches[view.source] === "on");
    const views = this.#steady.show(fresh, state.class.room?.media === "moving", performance.now());
    clearTimeout(this.#release);
    const { deadline_ms } = this.#steady;
    if (deadline_ms !== null) this.#release = setTimeout(() => this.ui && this.update(this.context.session.state, this.ui), deadline_ms - performance.now() + 50);
    return views;
  }

  // -- tiles ----------------------------------------------------------------------------------------------------------

  /**
   * @param {readonly import("../room-state.js").TileView[]} views
   * @param {SessionState} state
   */
  #keepTiles(views, state) {
    const wanted = new Set(views.map((view) => view.id));
    for (const [id, tile] of this.#tiles) {
      if (wanted.has(id)) continue;
      tile.stop();
      this.#tiles.delete(id);
    }
    /** @type {ChildNode | null} */
    let place = this.tiles.firstChild;
    for (const view of views) {
      const tile = this.#tiles.get(view.id) ?? this.#make(view);
      tile.update(view, {
        speaking: state.class.speaking.includes(view.peer) && !view.silent,
        pinned: this.ui?.pinned === view.id,
        alone: views.length === 1,
        name: this.context.nameOf(view),
      });
      tile.setTrack(this.#trackOf(view, state));
      if (tile.element === place) place = tile.element.nextSibling;
      else this.tiles.insertBefore(tile.element, place);
    }
  }

  /** @param {import("../room-state.js").TileView} view */
  #make(view) {
    const { words, session, ui } = this.context;
    const tile = new Tile({
      view,
      words,
      reshaped: () => this.#layOut(),
      pin: (id) => ui.set({ ...ui.state, pinned: ui.state.pinned === id ? null : id }),
      stopSharing: () => session.toggleScreen(),
      blocked: () => session.soundBlocked(true),
    });
    this.#tiles.set(view.id, tile);
    return tile;
  }

  /**
   * @param {import("../room-state.js").TileView} view
   * @param {SessionState} state
   * @returns {MediaStreamTrack | null}
   */
  #trackOf(view, state) {
    if (view.mine) return this.context.session.media.tracks.get(view.source) ?? null;
    return view.slot === null ? null : (state.tracks.get(view.slot) ?? null);
  }

  // -- layout ---------------------------------------------------------------------------------------------------------

  #layOut() {
    const { clientWidth: width, clientHeight: height } = this.tiles;
    const tiles = this.#shown.map((view) => {
      const aspect = this.#tiles.get(view.id)?.aspect ?? 16 / 9;
      return { id: view.id, source: view.source, aspect: view.mine && view.source === "screen" ? 16 / 9 : aspect };
    });
    const placed = new Map(arrange(tiles, { width, height }, this.ui).map((rect) => [rect.id, rect]));
    this.#heights.clear();
    for (const view of this.#shown) {
      const rect = placed.get(view.id);
      const element = this.#tiles.get(view.id)?.element;
      if (!element) continue;
      element.hidden = rect === undefined;
      if (rect) {
        Object.assign(element.style, { width: `${rect.width}px`, height: `${rect.height}px`, transform: `translate(${rect.x}px, ${rect.y}px)` });
        setAttribute(element, "data-place", rect.role);
      }
      if (view.slot !== null) this.#heights.set(view.slot, rect ? rect.height * window.devicePixelRatio : 0);
    }
    this.#wish();
  }

  /** Ask for no more picture than is seen. */
  #wish() {
    const seen = document.visibilityState === "visible";
    for (const [slot, height] of this.#heights) this.context.session.preferLayer(slot, seen ? height : 0);
  }

  // -- nothing to see -------------------------------------------------------------------------------------------------

  /**
   * @param {boolean} empty
   * @param {SessionState} state
   */
  #updateEmpty(empty, state) {
    this.empty.hidden = !empty || state.class.room === null;
    if (this.empty.hidden) return;
    const { words } = this.context;
    const teacher = leader(state.class);
    const lead = state.class.role === "instructor";
    const name = teacher ? this.context.nameOf(teacher) : "";
    this.avatar.hidden = !teacher;
    if (teacher) {
      setText(this.avatar, initials(name));
      this.avatar.className = `stage__avatar tile__avatar--${colourOf(teacher.peer, 6)}`;
      setAttribute(this.avatar, "data-speaking", state.class.speaking.includes(teacher.peer));
    }
    setText(this.emptyTitle, teacher && !lead ? name : words("stage.waiting-title"));
    setText(this.emptyText, words(lead ? "stage.waiting-lead" : teacher ? "stage.waiting-learner" : "stage.waiting-teacher"));
  }
}
