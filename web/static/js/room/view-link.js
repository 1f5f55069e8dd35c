/**
 * The connection that receives: the server offers the same slots to everybody once, we answer, and from then on pictures and
 * voices are switched inside the slots without another negotiation.
 */

import { PeerLink } from "./peer-link.js";

/** @typedef {import("../messages.js").ClientMessage} ClientMessage */

export class ViewLink extends PeerLink {
  /** @type {Map<string, string>} mid → slot of the connection being made */
  #slots = new Map();
  /** @type {Map<string, MediaStreamTrack>} slot → track of the connection being made */
  #arriving = new Map();

  /**
   * @param {object} options
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {(tracks: ReadonlyMap<string, MediaStreamTrack>) => void} options.tracks slot → track, when a connection carries media
   * @param {(status: import("./peer-link.js").LinkStatus) => void} options.status
   */
  constructor({ send, tracks, status }) {
    super(send, status);
    this.tracks = tracks;
  }

  /** @override */
  negotiate() {
    this.ask({ type: "view" });
  }

  /**
   * @param {string} sdp
   * @param {Readonly<Record<string, string>>} slots mid → slot
   */
  async receiveOffer(sdp, slots) {
    const pc = this.next;
    if (!this.answered() || pc === null || pc.signalingState !== "stable" || pc.remoteDescription !== null) return;
    this.#slots = new Map(Object.entries(slots));
    this.#arriving = new Map();
    pc.ontrack = ({ track, transceiver }) => {
      const slot = this.#slots.get(transceiver.mid ?? "");
      if (slot !== undefined) this.#arriving.set(slot, track);
    };
    try {
      await pc.setRemoteDescription({ type: "offer", sdp });
      const answer = await pc.createAnswer();
      await pc.setLocalDescription(answer);
      if (pc !== this.next) return;
      if (!this.send({ type: "view-answer", sdp: pc.localDescription?.sdp ?? answer.sdp ?? "" })) this.fail(pc);
    } catch {
      this.fail(pc);
    }
  }

  /** The m-lines that carry screens: their pictures stand still without anything being wrong. */
  get screens() {
    return new Set([...this.#slots].filter(([, slot]) => slot.startsWith("screen")).map(([mid]) => mid));
  }

  /**
   * @param {ReadonlySet<string>} slots
   * @returns {ReadonlySet<string>} their m-lines
   */
  midsOf(slots) {
    return new Set([...this.#slots].filter(([, slot]) => slots.has(slot)).map(([mid]) => mid));
  }

  /** @override */
  adopted() {
    this.tracks(this.#arriving);
  }
}
