/** The queue of raised hands, first come first: the instructor invites or lowers, everybody else sees the order. */

import { h, keepChildren, setAttribute, setText, svg } from "../../lib/dom.js";
import { ICONS } from "../icons.js";

/** @typedef {import("../session.js").SessionState} SessionState */

export class Hands {
  /** @param {import("./room.js").Context} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.count = h("span", { class: "hands__count" });
    this.list = h("ol", { class: "hands__list", "aria-label": words("people.hands") });
    this.element = h("div", { class: "hands", hidden: true }, h("h3", { class: "hands__title" }, svg(ICONS.hand), words("people.hands"), this.count), this.list);
  }

  /** @param {SessionState} state */
  update(state) {
    const { room, role, me } = state.class;
    if (room === null) return;
    const peers = room.hands.flatMap((hand) => room.peers.find((peer) => peer.peer === hand) ?? []);
    this.element.hidden = peers.length === 0;
    setText(this.count, String(peers.length));
    const { words } = this.context;
    keepChildren(
      this.list,
      peers.map((peer, index) => ({ peer, place: index + 1 })),
      ({ peer }) => peer.peer,
      ({ peer }) => this.#make(peer.peer, role === "instructor"),
      (element, { peer, place }) => {
        const name = this.context.nameOf(peer);
        setText(/** @type {Element} */ (element.querySelector(".hands__place")), String(place));
        setText(/** @type {Element} */ (element.querySelector(".hands__name")), peer.peer === me ? `${name} (${words("people.you")})` : name);
        const [invite, lower] = element.querySelectorAll("button");
        if (invite) setAttribute(invite, "aria-label", words("people.invite-name", { name }));
        if (lower) setAttribute(lower, "aria-label", words("people.lower-name", { name }));
      },
    );
  }

  /**
   * @param {string} peer
   * @param {boolean} lead
   */
  #make(peer, lead) {
    const { words, session } = this.context;
    const item = h("li", { class: "hands__one" }, h("span", { class: "hands__place" }), h("span", { class: "hands__name" }));
    if (lead) {
      item.append(
        h("button", { class: "button button--small", type: "button", onclick: () => session.lead({ type: "invite-to-speak", peer }) }, words("people.invite")),
        h("button", { class: "button button--second button--small", type: "button", onclick: () => session.lead({ type: "lower-hand", peer }) }, words("people.lower")),
      );
    }
    return item;
  }
}
