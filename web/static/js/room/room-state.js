/**
 * What this browser knows of its room: a pure reducer over the server's messages.
 *
 * `room` has the shape of the server's snapshot, so that *old snapshot + events = new snapshot* can be checked
 * (tests/js). Everything that is only ours (who we are, who is heard, an open invitation) stands beside it.
 */

import { MAX_CHAT_LINES } from "../messages.js";

/** @typedef {import("../messages.js").RoomView} RoomView */
/** @typedef {import("../messages.js").PeerView} PeerView */
/** @typedef {import("../messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../messages.js").Role} Role */
/** @typedef {import("../messages.js").Source} Source */

/**
 * @typedef {object} ClassState
 * @property {RoomView | null} room null until the first welcome
 * @property {string | null} me our peer id
 * @property {Role | null} role
 * @property {readonly string[]} speaking peers heard now, loudest first
 * @property {string | null} invitedBy name of whoever asked us to speak, until answered
 */

/** @type {ClassState} */
export const EMPTY = { room: null, me: null, role: null, speaking: [], invitedBy: null };

/**
 * @param {ClassState} state
 * @param {ServerMessage} message
 * @returns {ClassState}
 */
export function reduce(state, message) {
  switch (message.type) {
    case "welcome":
      return welcome(state, message);
    case "invited":
      return { ...state, invitedBy: message.by };
    case "speaking":
      return { ...state, speaking: message.peers };
    default: {
      if (state.room === null) return state;
      const room = reduceRoom(state.room, message);
      return room === state.room ? state : settle({ ...state, room });
    }
  }
}

/**
 * One event applied to a snapshot. An event that the snapshot already holds (`seq` not above ours) changes nothing.
 * @param {RoomView} room
 * @param {ServerMessage} message
 * @returns {RoomView}
 */
export function reduceRoom(room, message) {
  if (!("seq" in message)) return room;
  if (message.seq <= room.seq) return room;
  return { ...change(room, message), seq: message.seq };
}

/**
 * @param {RoomView} room
 * @param {ServerMessage} message
 * @returns {RoomView}
 */
function change(room, message) {
  switch (message.type) {
    case "peer-joined":
    case "peer-changed":
      return { ...room, peers: putPeer(room.peers, message.peer) };
    case "peer-left":
      // their hand and slots are told separately
      return { ...room, peers: room.peers.filter((peer) => peer.peer !== message.peer) };
    case "hand-raised": {
      const hands = room.hands.filter((hand) => hand !== message.peer);
      hands.splice(message.position - 1, 0, message.peer);
      return { ...room, hands };
    }
    case "hand-lowered":
      return { ...room, hands: room.hands.filter((hand) => hand !== message.peer) };
    case "chat-posted":
      if (room.chat.some((line) => line.id === message.line.id && line.peer === message.line.peer)) return room;
      return { ...room, chat: [...room.chat, message.line].slice(-MAX_CHAT_LINES) };
    case "chat-locked":
      return { ...room, locked_chat: message.locked };
    case "recording-changed":
      return {
        ...room,
        recording: message.recording,
        recording_since: message.recording_since,
        recorded_s: message.recorded_s,
      };
    case "check-changed":
      return { ...room, check: message.check };
    case "slot-changed":
      return { ...room, slots: putSlot(room.slots, message.slot, message.peer, message.source) };
    case "media-changed":
      return { ...room, media: message.media };
    default:
      return room;
  }
}

/**
 * @param {ClassState} state
 * @param {import("../messages.js").Welcome} message
 * @returns {ClassState}
 */
function welcome(state, message) {
  const again = state.me === message.peer;
  return settle({
    room: message.room,
    me: message.peer,
    role: message.role,
    speaking: again ? state.speaking : [],
    invitedBy: again ? state.invitedBy : null,
  });
}

/**
 * An invitation stands as long as the room says so: a reload shows it again, a withdrawn one disappears.
 * @param {ClassState} state
 * @returns {ClassState}
 */
function settle(state) {
  const invited = myself(state)?.invited ?? false;
  if (invited && state.invitedBy === null) return { ...state, invitedBy: leader(state)?.name ?? "" };
  if (!invited && state.invitedBy !== null) return { ...state, invitedBy: null };
  return state;
}

/**
 * @param {readonly PeerView[]} peers
 * @param {PeerView} peer
 */
function putPeer(peers, peer) {
  const index = peers.findIndex((other) => other.peer === peer.peer);
  return index < 0 ? [...peers, peer] : peers.with(index, peer);
}

/**
 * @param {RoomView["slots"]} slots
 * @param {string} slot
 * @param {string | null} peer
 * @param {Source | null} source
 */
function putSlot(slots, slot, peer, source) {
  const others = slots.filter((view) => view.slot !== slot);
  if (peer === null || source === null) return others;
  return [...others, { slot, peer, source }].sort((a, b) => (a.slot < b.slot ? -1 : 1));
}

// -- questions ------------------------------------------------------------------------------------------------------

/** @param {ClassState} state */
export function myself(state) {
  return state.room?.peers.find((peer) => peer.peer === state.me);
}

/** Neither listed nor counted, with nothing to say in chat. @param {Role | null} role */
export function looksOn(role) {
  return role === "viewer" || role === "captioner";
}

/** @param {Role | null} role */
export function writesCaptions(role) {
  return role === "instructor" || role === "captioner";
}

/** @param {ClassState} state */
export function leader(state) {
  return state.room?.peers.find((peer) => peer.role === "instructor");
}

/**
 * Our place in the queue of raised hands: 1 = next, 0 = not raised.
 * @param {ClassState} state
 */
export function myHand(state) {
  return state.me === null || state.room === null ? 0 : state.room.hands.indexOf(state.me) + 1;
}

/**
 * People in the order they are listed: the instructor, raised hands first come first, those who may speak, the others by name.
 * @param {RoomView} room
 * @param {string | null} me
 * @returns {PeerView[]}
 */
export function listed(room, me) {
  const rank = (/** @type {PeerView} */ peer) => {
    if (peer.role === "instructor") return 0;
    const hand = room.hands.indexOf(peer.peer);
    if (hand >= 0) return 1 + hand / (room.hands.length + 1);
    if (peer.may_publish) return 2;
    return peer.peer === me ? 3 : 4;
  };
  return [...room.peers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "ko") || (a.peer < b.peer ? -1 : 1));
}

/**
 * @typedef {object} TileView what one tile of the stage shows
 * @property {string} id peer and source, e.g. "p1/camera"
 * @property {string} peer
 * @property {string} name
 * @property {Role} role
 * @property {"camera" | "screen"} source
 * @property {string | null} slot the m-line its picture comes through; null = ours
 * @property {boolean} mine
 * @property {boolean} silent its microphone carries nothing
 * @property {boolean} away the connection is lost, the place is kept
 */

/**
 * The pictures there are now, in reading order: the instructor's, screens, the others.
 * @param {ClassState} state
 * @returns {TileView[]}
 */
export function pictures(state) {
  const room = state.room;
  if (room === null) return [];
  /** @type {TileView[]} */
  const tiles = [];
  for (const peer of room.peers) {
    for (const source of /** @type {const} */ (["camera", "screen"])) {
      if (!peer.sources.includes(source) || peer.muted.includes(source)) continue;
      const mine = peer.peer === state.me;
      const slot = room.slots.find((view) => view.peer === peer.peer && view.source === source)?.slot ?? null;
      if (!mine && slot === null) continue;
      const silent = !peer.sources.includes("microphone") || peer.muted.includes("microphone");
      const { name, role } = peer;
      tiles.push({ id: `${peer.peer}/${source}`, peer: peer.peer, name, role, source, slot: mine ? null : slot, mine, silent, away: !peer.connected });
    }
  }
  const rank = (/** @type {TileView} */ tile) => (tile.mine ? 4 : 0) + (tile.role === "instructor" ? 0 : 2) + (tile.source === "camera" ? 0 : 1);
  return tiles.sort((a, b) => rank(a) - rank(b));
}

/**
 * Seconds recorded so far.
 * @param {RoomView} room
 * @param {number} now_ms the server's clock
 */
export function recordedSeconds(room, now_ms) {
  if (room.recording === "off" || room.recording_since === null) return room.recorded_s;
  return room.recorded_s + Math.max(0, (now_ms - Date.parse(room.recording_since)) / 1000);
}
