/**
 * The connection that sends. Which sources it has is fixed by its offer: another set of sources is another connection, made
 * before the old one is closed. Switching a camera off and on, or to another camera, only replaces the track.
 */

import { PeerLink } from "./peer-link.js";

/** @typedef {import("../messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../messages.js").Source} Source */

/** @type {Source[]} */
const ORDER = ["microphone", "camera", "screen", "screen-audio"];

/** 720p in three sizes; the relay gives every viewer the one that fits. */
const CAMERA_ENCODINGS = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 180_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 600_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];
/** Without one, browsers send only the smallest of several sizes in these codecs. */
const SCALABILITY = /** @type {Record<string, string>} */ ({ vp9: "L1T3", av1: "L1T1" });
const SCREEN_ENCODINGS = [{ maxBitrate: 3_000_000, maxFramerate: 30 }];

export class PublishLink extends PeerLink {
  /** @type {Map<Source, MediaStreamTrack>} what should be sent */
  #tracks = new Map();
  /** @type {Map<Source, RTCRtpSender>} of the connection that carries media */
  #senders = new Map();
  /** @type {Map<Source, RTCRtpSender>} of the one being made */
  #arriving = new Map();
  /** @type {string[] | null} what everybody decodes beside VP8 and H.264, once the room has told; null: the answer decides */
  #decoded = null;

  /**
   * @param {object} options
   * @param {string | null} [options.codec] "vp9" or "av1": what is offered before VP8
   * @param {(message: ClientMessage) => boolean} options.send
   * @param {(sources: ReadonlySet<Source>) => void} options.sending what is sent from now on
   * @param {(status: import("./peer-link.js").LinkStatus) => void} options.status
   */
  constructor({ codec = null, send, sending, status }) {
    super(send, status);
    this.codec = codec;
    this.sending = sending;
  }

  /** @returns {ReadonlySet<Source>} what the connection that carries media was offered with */
  get sources() {
    return new Set(this.#senders.keys());
  }

  /**
   * Send exactly these tracks. A source whose track is missing keeps its place silently when `keep` names it.
   * @param {ReadonlyMap<Source, MediaStreamTrack>} tracks
   * @param {ReadonlySet<Source>} keep
   */
  async publish(tracks, keep = new Set()) {
    this.#tracks = new Map(tracks);
    if (tracks.size === 0 && ![...this.#senders.keys()].some((source) => keep.has(source))) {
      if (this.current !== null || this.next !== null) this.send({ type: "unpublish" });
      this.#senders.clear();
      this.close();
      return;
    }
    const negotiated = this.next === null ? this.#senders : this.#arriving;
    const fits =
      this.status !== "idle" &&
      [...tracks.keys()].every((source) => negotiated.has(source)) &&
      [...negotiated.keys()].every((source) => tracks.has(source) || keep.has(source));
    if (!fits) {
      this.renew();
      return;
    }
    for (const [source, sender] of negotiated) {
      const track = this.#tracks.get(source) ?? null;
      if (sender.track !== track) await sender.replaceTrack(track).catch(() => this.renew());
    }
  }

  /**
   * Somebody does not decode what we send: another connection, in a codec everybody has.
   * @param {string[]} codecs
   */
  offerAgain(codecs) {
    this.#decoded = codecs;
    if (this.status !== "idle" && this.next === null) this.renew();
  }

  /**
   * @override
   * @param {RTCPeerConnection} pc
   */
  async negotiate(pc) {
    const rare = this.codec !== null && (this.#decoded === null || this.#decoded.includes(this.codec)) ? this.codec : null;
    this.#decoded = null; // who comes and goes until the next connection is not known here
    this.#arriving = new Map();
    for (const source of ORDER) {
      const track = this.#tracks.get(source);
      if (track) this.#arriving.set(source, addSender(pc, source, track, rare));
    }
    if (this.#arriving.size === 0) {
      this.close();
      return;
    }
    const offer = await pc.createOffer();
    await pc.setLocalDescription(offer);
    if (pc !== this.next) return;
    /** @type {Record<string, Source>} */
    const sources = {};
    for (const [source, sender] of this.#arriving) {
      const mid = pc.getTransceivers().find((transceiver) => transceiver.sender === sender)?.mid;
      if (mid) sources[mid] = source;
    }
    this.ask({ type: "publish", sdp: pc.localDescription?.sdp ?? "", sources });
  }

  /** @param {string} sdp */
  async receiveAnswer(sdp) {
    const pc = this.next;
    if (!this.answered() || pc === null || pc.signalingState !== "have-local-offer") return;
    try {
      await pc.setRemoteDescription({ type: "answer", sdp });
    } catch {
      this.fail(pc);
    }
  }

  /** @override */
  adopted() {
    this.#senders = this.#arriving;
    this.sending(new Set(this.#senders.keys()));
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {Source} source
 * @param {MediaStreamTrack} track
 * @param {string | null} rare the codec to send rather than VP8
 */
function addSender(pc, source, track, rare) {
  const encodings = source === "camera" ? CAMERA_ENCODINGS : source === "screen" ? SCREEN_ENCODINGS : [];
  /** @type {RTCRtpTransceiverInit} */
  const init = { direction: "sendonly", streams: [new MediaStream()] };
  const mode = rare !== null && encodings.length > 1 ? { scalabilityMode: SCALABILITY[rare] } : {};
  if (encodings.length > 0) init.sendEncodings = encodings.map((encoding) => ({ ...encoding, ...mode }));
  const transceiver = pc.addTransceiver(track, init);
  if (track.kind === "video") prefer(transceiver, rare ?? "vp8");
  return transceiver.sender;
}

/**
 * VP8 in three sizes starts at full quality within a second on every browser; the others stay as a fallback.
 * @param {RTCRtpTransceiver} transceiver
 * @param {string} codec
 */
function prefer(transceiver, codec) {
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const first = codecs.filter((each) => each.mimeType.toLowerCase() === `video/${codec}`);
  if (first.length === 0 || !transceiver.setCodecPreferences) return;
  transceiver.setCodecPreferences([...first, ...codecs.filter((each) => !first.includes(each))]);
}
