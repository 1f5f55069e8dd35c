/** The live room's page: lobby → class → afterwards. The only file of this folder that acts when it is imported. */

import { h } from "../lib/dom.js";
import { recall, remember } from "../lib/storage.js";
import { documentLanguage, wordsOf } from "../lib/words.js";
import { readPage, socketUrl, wantedCodec } from "./page.js";
import { Session } from "./session.js";
import { Sounds } from "./sounds.js";
import { TEXTS } from "./texts.js";
import { fetchTicket } from "./tickets.js";
import { rememberedDevices } from "./views/device-fields.js";
import { Lobby } from "./views/lobby.js";
import { Over } from "./views/over.js";
import { RoomView } from "./views/room.js";

const page = readPage();
const language = documentLanguage();
const words = wordsOf(TEXTS, language);
const place = /** @type {HTMLElement} */ (document.getElementById("room"));
// by person: at a shared computer nobody comes in with the answer about recording, or to the place, of who sat there before
const KEYS = { entered: `room.entered/${page.lesson}/${page.person}`, resume: `room.resume/${page.lesson}/${page.person}` };

/** @typedef {{consent: boolean, microphone: boolean, camera: boolean}} Entered what a reload enters with */

function showLobby() {
  const lobby = new Lobby({
    page,
    words,
    language,
    join: ({ opened, ...entered }) => {
      void enter(entered, opened).then(() => lobby.stop());
    },
  });
  place.replaceChildren(lobby.element);
  lobby.start();
  void warmUp();
}

/** The browser's media machinery takes a tenth of a second to start: it does so while the person reads the lobby. */
async function warmUp() {
  const connection = new RTCPeerConnection();
  connection.addTransceiver("video", { direction: "recvonly" });
  connection.addTransceiver("audio", { direction: "recvonly" });
  await connection.createOffer().catch(() => null);
  connection.close();
}

/**
 * @param {Entered} entered
 * @param {Promise<import("./views/lobby.js").Opened> | null} opened devices from the lobby; null: open them as they were
 */
async function enter(entered, opened) {
  remember("session", KEYS.entered, entered);
  // consumed at once: a duplicated tab must not come back to this tab's place
  const resume = recall("session", KEYS.resume);
  remember("session", KEYS.resume, null);
  const audio = h("div", { hidden: true });
  document.body.append(audio);
  const sounds = new Sounds(audio, (blocked) => session.soundBlocked(blocked));
  /** @type {RoomView | null} */
  let view = null;
  const session = new Session({
    lesson: page.lesson,
    url: socketUrl(page.urls.socket),
    ticket: () => fetchTicket(page.urls.ticket, entered.consent),
    resume: typeof resume === "string" ? resume : null,
    codec: wantedCodec(),
    sounds,
    notify: (code, values = {}) => view?.onNotice(code, values),
  });
  const devices = rememberedDevices();
  session.media.chosen = { microphone: devices.microphone, camera: devices.camera };
  if (opened) session.media.await(entered);
  if (devices.speaker) void sounds.choose(devices.speaker);

  session.start(); // first: the ticket is on its way while the room is drawn
  view = new RoomView({ session, page, words, language, consent: entered.consent, sounds });
  place.replaceChildren(view.element);
  view.start();
  window.addEventListener("online", () => session.wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && session.wake());
  window.addEventListener("pagehide", () => {
    if (session.state.over !== null) return;
    remember("session", KEYS.resume, session.signalling.resume);
    remember("session", KEYS.entered, { ...entered, microphone: session.media.switches.microphone === "on", camera: session.media.switches.camera === "on" });
    session.hide();
  });
  session.store.subscribe(({ over }) => {
    if (over !== null && view) finish(view, over, entered);
  });
  if (opened) session.media.adopt(await opened);
  else if (page.role === "instructor") void session.media.speak(entered);
}

/**
 * @param {RoomView} view
 * @param {string} code
 * @param {Entered} entered
 */
function finish(view, code, entered) {
  if (!view.element.isConnected) return;
  view.stop();
  remember("session", KEYS.entered, null);
  remember("session", KEYS.resume, null);
  document.documentElement.dataset.text = "normal";
  const again = () => {
    remember("session", KEYS.entered, entered);
    window.location.reload();
  };
  const over = new Over({ code, page, words, again });
  place.replaceChildren(over.element);
  over.start();
}

// a page taken out of the back/forward cache holds a closed class: start afresh
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

/** @type {Entered | null} */
const entered = recall("session", KEYS.entered);
if (page.state === "ended") place.replaceChildren(new Over({ code: "lesson-over", page, words, again: () => window.location.reload() }).element);
else if (entered !== null && typeof entered === "object") void enter(entered, null);
else showLobby();
