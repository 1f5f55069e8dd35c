/** The list of participants; for the instructor each entry has a menu. Buttons exist only while the list is in sight. */

import { h, keepChildren, setAttribute, setText, svg } from "../../lib/dom.js";
import { colourOf, initials } from "../../lib/names.js";
import { ICONS } from "../icons.js";
import { listed } from "../room-state.js";
import { askToRemove } from "./dialogs.js";
import { Hands } from "./hands.js";

/** @typedef {import("../session.js").SessionState} SessionState */
/** @typedef {import("../../messages.js").PeerView} PeerView */
/** @typedef {import("../texts.js").TextKey} TextKey */

const SEARCH_FROM = 12;

export class Roster {
  #wanted = "";
  /** @type {SessionState | null} */
  #state = null;
  #inSight = true;
  /** @type {PeerView[]} */
  #sorted = [];
  /** @type {unknown} */
  #sortedFor = null;

  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.hands = new Hands(context);
    this.count = h("span", { class: "roster__count" });
    this.muteAll = h("button", { class: "roster__mute-all", type: "button", hidden: true, onclick: () => context.session.lead({ type: "mute-peer", peer: null }) }, svg(ICONS["microphone-off"]), words("people.mute-all"));
    this.find = h("input", { class: "input roster__find", type: "search", placeholder: words("people.find"), "aria-label": words("people.find"), hidden: true });
    this.find.addEventListener("input", () => {
      this.#wanted = this.find.value.trim().toLowerCase();
      if (this.#state) this.update(this.#state, this.#inSight);
    });
    this.list = h("ul", { class: "roster__list", "aria-label": words("panel.people") });
    this.none = h("p", { class: "roster__none", hidden: true }, words("people.none-found"));
    const title = h("h2", { class: "roster__title" }, words("panel.people"), this.count);
    this.element = h("section", { class: "roster", id: "panel-people" }, h("div", { class: "roster__head" }, title, this.muteAll), this.hands.element, this.find, this.list, this.none);
  }

  /**
   * @param {SessionState} state
   * @param {boolean} inSight
   */
  update(state, inSight) {
    this.#state = state;
    this.#inSight = inSight;
    const { room, me, role } = state.class;
    if (room === null) return;
    const people = this.#people(room, me);
    const { words } = this.context;
    setText(this.count, words("people.count", { count: room.peers.length }));
    this.hands.update(state);
    this.hands.element.inert = !inSight;
    this.find.hidden = room.peers.length < SEARCH_FROM || !inSight;
    this.muteAll.hidden = role !== "instructor" || !inSight || !room.peers.some((peer) => peer.role === "learner" && peer.may_publish);
    const found = this.#wanted === "" ? people : people.filter((peer) => this.context.nameOf(peer).toLowerCase().includes(this.#wanted));
    this.none.hidden = found.length > 0;
    keepChildren(
      this.list,
      found,
      (peer) => peer.peer,
      (peer) => this.#make(peer),
      (element, peer) => this.#update(element, peer, state, inSight),
    );
  }

  /**
   * @param {import("../../messages.js").RoomView} room
   * @param {string | null} me
   */
  #people(room, me) {
    if (this.#sortedFor !== room) {
      this.#sorted = listed(room, me);
      this.#sortedFor = room;
    }
    return this.#sorted;
  }

  /** @param {PeerView} peer */
  #make(peer) {
    return h(
      "li",
      { class: "roster__one" },
      h("span", { class: `roster__avatar tile__avatar--${colourOf(peer.peer, 6)}`, "aria-hidden": "true" }),
      h("span", { class: "roster__who" }, h("span", { class: "roster__name" }), h("span", { class: "roster__more" })),
      h("span", { class: "roster__signs" }),
    );
  }

  /**
   * @param {HTMLElement} element
   * @param {PeerView} peer
   * @param {SessionState} state
   * @param {boolean} inSight
   */
  #update(element, peer, state, inSight) {
    const { words } = this.context;
    const name = this.context.nameOf(peer);
    const mine = peer.peer === state.class.me;
    const [avatar, who, signs] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (element.children));
    setText(avatar, initials(name));
    setText(/** @type {Element} */ (who.firstElementChild), mine ? `${name} (${words("people.you")})` : name);
    setText(/** @type {Element} */ (who.lastElementChild), this.#about(peer, state));
    setAttribute(element, "data-speaking", state.class.speaking.includes(peer.peer) && !peer.muted.includes("microphone"));
    setAttribute(element, "data-away", !peer.connected);
    this.#updateSigns(signs, peer);
    this.#updateMenu(element, peer, name, state.class.role === "instructor" && !mine && peer.role !== "instructor" && inSight);
  }

  /**
   * @param {PeerView} peer
   * @param {SessionState} state
   */
  #about(peer, state) {
    const { words } = this.context;
    if (!peer.connected) return words("people.away");
    if (peer.role === "instructor") return words("people.instructor");
    const place = (state.class.room?.hands.indexOf(peer.peer) ?? -1) + 1;
    if (place > 0) return words(peer.peer === state.class.me ? "people.my-place" : "people.queue", { place });
    if (peer.may_publish) return words("people.may-speak");
    return peer.invited ? words("people.invited") : "";
  }

  /**
   * @param {HTMLElement} signs
   * @param {PeerView} peer
   */
  #updateSigns(signs, peer) {
    const on = (/** @type {import("../../messages.js").Source} */ source) => peer.sources.includes(source) && !peer.muted.includes(source);
    /** @type {{icon: import("../icons.js").IconName, text: TextKey}[]} */
    const wanted = [];
    if (on("screen")) wanted.push({ icon: "screen", text: "people.screen-on" });
    if (on("camera")) wanted.push({ icon: "camera", text: "people.camera-on" });
    if (peer.may_publish) wanted.push(on("microphone") ? { icon: "microphone", text: "people.microphone-on" } : { icon: "microphone-off", text: "people.microphone-off" });
    const key = wanted.map(({ icon }) => icon).join(" ");
    if (signs.dataset.key === key) return;
    signs.dataset.key = key;
    signs.replaceChildren(...wanted.map(({ icon, text }) => h("span", { class: `roster__sign roster__sign--${icon}` }, svg(ICONS[icon]), h("span", { class: "quiet" }, this.context.words(text)))));
  }

  /**
   * @param {HTMLElement} element
   * @param {PeerView} peer
   * @param {string} name
   * @param {boolean} shown
   */
  #updateMenu(element, peer, name, shown) {
    let button = element.querySelector("button");
    if (!shown) {
      button?.remove();
      return;
    }
    const label = this.context.words("people.menu", { name });
    if (!button) {
      button = h("button", { class: "roster__menu", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" }, svg(ICONS.more));
      button.addEventListener("click", () => this.#openMenu(/** @type {HTMLElement} */ (button), peer.peer));
      element.append(button);
    }
    setAttribute(button, "aria-label", label);
  }

  /**
   * @param {HTMLElement} anchor
   * @param {string} id
   */
  #openMenu(anchor, id) {
    const { words, session, menu } = this.context;
    const room = session.state.class.room;
    const peer = room?.peers.find((view) => view.peer === id);
    if (!room || !peer) return;
    const name = this.context.nameOf(peer);
    /** @type {import("../../lib/menu.js").MenuItem[]} */
    const items = [];
    if (!peer.may_publish && !peer.invited) items.push({ label: words("people.do-invite"), icon: svg(ICONS.microphone), run: () => session.lead({ type: "invite-to-speak", peer: id }) });
    if (peer.may_publish && peer.sources.includes("microphone") && !peer.muted.includes("microphone")) {
      items.push({ label: words("people.do-mute"), icon: svg(ICONS["microphone-off"]), run: () => session.lead({ type: "mute-peer", peer: id }) });
    }
    if (peer.may_publish || peer.invited) items.push({ label: words("people.do-end"), icon: svg(ICONS.end), run: () => session.lead({ type: "end-speaking", peer: id }) });
    if (room.hands.includes(id)) items.push({ label: words("people.do-lower"), icon: svg(ICONS.hand), run: () => session.lead({ type: "lower-hand", peer: id }) });
    items.push({ label: words("people.do-remove"), icon: svg(ICONS.remove), danger: true, run: () => void askToRemove(this.context, id, name) });
    menu.open(anchor, words("people.menu", { name }), items);
  }
}
