/**
 * Before entering: what the class is, whether one agrees to being recorded, a look at one's own picture and sound for those who
 * may send them, and one large button. Pressing it also allows the browser to play sound.
 */

import { Listeners, h, setAttribute, setText, svg } from "../../lib/dom.js";
import { formatClock, formatDate, formatSpan, formatTime } from "../../lib/timing.js";
import { DeviceFailed, LevelMeter, openCamera, openMicrophone } from "../devices.js";
import { ICONS } from "../icons.js";
import { looksOn } from "../room-state.js";
import { DeviceFields, rememberedDevices } from "./device-fields.js";

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../texts.js").Words} Words */
/** @typedef {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null}} Opened */
/** @typedef {{consent: boolean, microphone: boolean, camera: boolean, opened: Promise<Opened>}} Choice */

export class Lobby {
  #listeners = new Listeners();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {Preview | null} */
  #preview = null;

  /**
   * @param {object} options
   * @param {Page} options.page
   * @param {Words} options.words
   * @param {import("../../lib/timing.js").Language} options.language
   * @param {(choice: Choice) => void} options.join
   */
  constructor({ page, words, language, join }) {
    this.page = page;
    this.words = words;
    this.language = language;
    this.join = join;
    this.skew_ms = Date.parse(page.now) - Date.now();
    this.status = h("p", { class: "lobby__status" });
    this.waiting = h("p", { class: "lobby__waiting", role: "status" });
    this.button = h("button", { class: "button button--large button--wide lobby__join", type: "submit" }, words("lobby.join"));
    this.form = h("form", { class: "lobby__form" }, this.#consent(), this.waiting, this.button);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    const facts = h("dl", { class: "lobby__facts" });
    const span = `${formatDate(page.starts_at, language)} ${formatSpan(page.starts_at, page.ends_at, language)}`;
    for (const [term, value] of [[words("lobby.teacher"), page.instructor], [words("lobby.when"), span], [words("lobby.place"), page.municipality]]) {
      if (value) facts.append(h("div", {}, h("dt", {}, term), h("dd", {}, value)));
    }
    const course = page.course !== page.title ? h("p", { class: "lobby__course" }, page.course) : null;
    // above the question of recording: on a phone the button to join lies over what stands last
    const rewind = page.urls.rewind ? h("a", { class: "button button--second button--small lobby__rewind", href: page.urls.rewind }, words("lobby.rewind")) : null;
    const about = h("div", { class: "lobby__about" }, this.status, h("h1", { class: "lobby__title" }, page.title), course, facts, rewind);
    const side = h("div", { class: "lobby__side" }, this.form);
    const mine = page.role === "instructor" ? this.#openPreview() : h("p", { class: "lobby__hint" }, svg(ICONS.hand), words(page.role === "captioner" ? "lobby.write-hint" : page.role === "viewer" ? "lobby.watch-hint" : "lobby.listen-hint"));
    this.element = h("div", { class: "lobby" },
      h("header", { class: "lobby__top" }, h("a", { class: "lobby__back", href: page.urls.back }, svg(ICONS.leave), words("lobby.back")), h("a", { class: "lobby__language", href: page.urls.language, hreflang: language === "ko" ? "en" : "ko", lang: language === "ko" ? "en" : "ko" }, words("lobby.language"))),
      h("main", { class: `lobby__card lobby__card--${page.role}` }, about, mine, side));
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#tick();
    void this.#preview?.start();
  }

  stop() {
    clearInterval(this.#timer);
    this.#listeners.stop();
    this.#preview?.stop();
    this.element.remove();
  }

  #openPreview() {
    this.#preview = new Preview(this.words);
    return this.#preview.element;
  }

  #consent() {
    const { page, words } = this;
    if (!page.recorded || looksOn(page.role)) return null;
    const purpose = h("p", { class: "consent__text" }, words("consent.purpose"), page.retention_days ? ` ${words("consent.keep", { days: page.retention_days })}` : "");
    if (page.role === "instructor") {
      return h("section", { class: "consent" }, h("h2", { class: "consent__title" }, svg(ICONS.record), words("consent.title")), h("p", { class: "consent__text" }, words("consent.lead")));
    }
    const choice = (/** @type {"yes" | "no"} */ value) => {
      const id = `consent-${value}`;
      return h("label", { class: "consent__choice", for: id }, h("input", { type: "radio", name: "consent", id, value }), h("span", {}, h("strong", {}, words(`consent.${value}`)), h("small", {}, words(`consent.${value}-more`))));
    };
    return h("fieldset", { class: "consent" }, h("legend", { class: "consent__title" }, svg(ICONS.record), words("consent.title")), purpose, h("div", { class: "consent__choices" }, choice("yes"), choice("no")), h("p", { class: "consent__right" }, words("consent.right")));
  }

  /** Show how far off the class is; the button works from the moment the doors open. */
  #tick() {
    const { page, words, language } = this;
    const now_ms = Date.now() + this.skew_ms;
    const opens_ms = page.entry_opens_at === null ? 0 : Date.parse(page.entry_opens_at);
    const closed = page.role !== "instructor" && now_ms < opens_ms;
    this.button.disabled = closed;
    setText(this.waiting, closed ? words("lobby.opens-in", { clock: formatClock((opens_ms - now_ms) / 1000) }) : "");
    this.waiting.hidden = !closed;
    const live = page.state === "live" || now_ms >= Date.parse(page.starts_at);
    setAttribute(this.status, "data-live", live);
    setText(this.status, live ? words("lobby.live") : closed ? words("lobby.opens", { time: formatTime(new Date(opens_ms), language) }) : words("lobby.soon", { time: formatTime(page.starts_at, language) }));
  }

  #submit() {
    this.button.disabled = true;
    setText(this.button, this.words("lobby.joining"));
    const picked = new FormData(this.form).get("consent");
    const consent = this.page.role === "instructor" || picked === "yes";
    const preview = this.#preview;
    const opened = preview ? preview.hand() : Promise.resolve({ microphone: null, camera: null });
    this.join({ consent, microphone: preview?.wants.microphone ?? false, camera: preview?.wants.camera ?? false, opened });
  }
}

/** One's own picture and a bar for the voice. */
class Preview {
  wants = { microphone: true, camera: true };
  /** @type {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null}} */
  #tracks = { microphone: null, camera: null };
  /** @type {Promise<unknown>} */
  #opening = Promise.resolve();
  #meter = new LevelMeter();
  #handed = false;

  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    this.video = h("video", { class: "preview__video", playsinline: true, autoplay: true });
    this.video.muted = true;
    this.off = h("p", { class: "preview__off" }, svg(ICONS["camera-off"]), words("lobby.camera-off"));
    const toggle = (/** @type {"microphone" | "camera"} */ source) =>
      h("button", { class: "control control--round", type: "button", "aria-pressed": "true", onclick: () => void this.#toggle(source) }, h("span", { class: "control__sign" }), h("span", { class: "control__label" }, words(`bar.${source}`)));
    this.buttons = { microphone: toggle("microphone"), camera: toggle("camera") };
    this.bar = h("span", { class: "preview__bar" });
    this.level = h("div", { class: "preview__level", role: "meter", "aria-label": words("lobby.level"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" }, this.bar);
    this.trouble = h("div", { class: "preview__trouble", role: "status" });
    this.fields = new DeviceFields(words, (kind) => kind !== "speaker" && void this.#reopen(kind), ["camera", "microphone"]);
    this.element = h("section", { class: "preview", "aria-label": words("lobby.preview") },
      h("div", { class: "preview__picture" }, this.video, this.off, h("div", { class: "preview__buttons" }, this.buttons.microphone, this.buttons.camera)),
      this.trouble,
      h("div", { class: "preview__sound" }, svg(ICONS.microphone), this.level),
      h("p", { class: "preview__hint" }, words("lobby.say-something")),
      this.fields.element);
  }

  async start() {
    this.fields.start();
    this.#show();
    // together: one question of the browser, not two
    this.#opening = Promise.all([this.#open("camera"), this.#open("microphone")]);
    await this.#opening;
  }

  /** Give the open devices to the class; waits for those that are being opened. */
  async hand() {
    this.#handed = true;
    await Promise.race([this.#opening, new Promise((resolve) => setTimeout(resolve, 8000))]);
    const given = { ...this.#tracks };
    this.#tracks = { microphone: null, camera: null };
    return given;
  }

  stop() {
    this.#meter.stop();
    this.fields.stop();
    this.video.srcObject = null;
    if (!this.#handed) for (const track of Object.values(this.#tracks)) track?.stop();
  }

  /** @param {"microphone" | "camera"} source */
  async #toggle(source) {
    this.wants[source] = !this.wants[source];
    if (this.wants[source]) {
      this.#opening = this.#open(source);
      await this.#opening;
    } else {
      this.#tracks[source]?.stop();
      this.#tracks[source] = null;
      this.#show();
    }
  }

  /** @param {"microphone" | "camera"} source */
  async #reopen(source) {
    this.#tracks[source]?.stop();
    this.#tracks[source] = null;
    this.wants[source] = true;
    this.#opening = this.#open(source);
    await this.#opening;
  }

  /** @param {"microphone" | "camera"} source */
  async #open(source) {
    const known = rememberedDevices();
    try {
      const track = await (source === "camera" ? openCamera(known.camera) : openMicrophone(known.microphone));
      if (!this.wants[source]) track.stop();
      else this.#tracks[source] = track;
      this.#tell(source, null);
    } catch (wrong) {
      this.wants[source] = false;
      if (!(wrong instanceof DeviceFailed)) throw wrong;
      this.#tell(source, wrong.trouble);
    }
    void this.fields.refresh();
    this.#show();
  }

  /**
   * @param {"microphone" | "camera"} source
   * @param {import("../devices.js").DeviceTrouble | null} trouble
   */
  #tell(source, trouble) {
    this.trouble.querySelector(`[data-source-of="${source}"]`)?.remove();
    if (trouble === null) return;
    const key = /** @type {import("../texts.js").TextKey} */ (`notice.${source}-${trouble}`);
    this.trouble.append(h("p", { class: "notice notice--warn", "data-source-of": source }, svg(ICONS.warning), h("span", {}, this.words(key))));
  }

  #show() {
    const { camera, microphone } = this.#tracks;
    if (camera) {
      const shown = /** @type {MediaStream | null} */ (this.video.srcObject);
      if (shown?.getVideoTracks()[0] !== camera) this.video.srcObject = new MediaStream([camera]);
      void this.video.play().catch(() => undefined);
    }
    this.video.hidden = camera === null;
    this.off.hidden = camera !== null;
    for (const source of /** @type {const} */ (["microphone", "camera"])) {
      const on = this.wants[source];
      setAttribute(this.buttons[source], "aria-pressed", String(on));
      const name = on ? source : /** @type {const} */ (`${source}-off`);
      this.buttons[source].firstElementChild?.replaceChildren(svg(ICONS[name]));
    }
    this.#meter.stop();
    this.bar.style.width = "0";
    if (microphone) {
      this.#meter.start(microphone, (level) => {
        this.bar.style.width = `${Math.round(level * 100)}%`;
        setAttribute(this.level, "aria-valuenow", String(Math.round(level * 100)));
      });
    }
  }
}
