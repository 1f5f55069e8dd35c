/**
 * Our own microphone, camera and screen: opened when switched on (a press while one is being opened takes that back), stopped when
 * switched off: the camera's light goes out; the microphone stays open but silent, so that it answers at once. Tells what should be
 * published and what is muted.
 */

import { DeviceFailed, openCamera, openMicrophone, openScreen } from "./devices.js";

/** @typedef {import("../messages.js").Source} Source */
/** @typedef {"off" | "opening" | "on"} Switch */
/** @typedef {{microphone: Switch, camera: Switch, screen: Switch}} Switches */

export class LocalMedia {
  /** @type {Map<Source, MediaStreamTrack>} */
  #tracks = new Map();
  /** @type {Switches} */
  #switches = { microphone: "off", camera: "off", screen: "off" };
  /** @type {{microphone: string | null, camera: string | null}} */
  chosen = { microphone: null, camera: null };

  /**
   * @param {object} options
   * @param {(switches: Switches) => void} options.changed
   * @param {() => void} options.publish the set of tracks changed
   * @param {(source: Source, muted: boolean) => void} options.muted
   * @param {(code: string) => void} options.notify
   */
  constructor(options) {
    this.options = options;
  }

  get switches() {
    return this.#switches;
  }

  /** @returns {ReadonlyMap<Source, MediaStreamTrack>} what is (or silently could be) sent */
  get tracks() {
    return this.#tracks;
  }

  /**
   * Devices are being opened in the lobby: `adopt` follows.
   * @param {{microphone: boolean, camera: boolean}} wish
   */
  await({ microphone, camera }) {
    this.#become({ microphone: microphone ? "opening" : "off", camera: camera ? "opening" : "off" });
  }

  /**
   * Tracks opened in the lobby.
   * @param {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null}} tracks
   */
  adopt(tracks) {
    for (const source of /** @type {const} */ (["microphone", "camera"])) {
      const track = tracks[source];
      if (this.#switches[source] !== "opening") track?.stop();
      else if (track) this.#take(source, track);
      if (this.#switches[source] === "opening") this.#become({ [source]: track ? "on" : "off" });
    }
    this.options.publish();
  }

  /** @param {{microphone?: boolean, camera: boolean}} wish */
  async speak({ microphone = true, camera }) {
    const wanted = [];
    if (microphone && this.#switches.microphone === "off") wanted.push(this.toggleMicrophone());
    if (camera && this.#switches.camera === "off") wanted.push(this.toggleCamera());
    await Promise.all(wanted);
  }

  async toggleMicrophone() {
    const track = this.#tracks.get("microphone");
    if (this.#switches.microphone === "opening") return this.#become({ microphone: "off" });
    if (this.#switches.microphone === "on") {
      if (track) track.enabled = false;
      this.#become({ microphone: "off" });
      this.options.muted("microphone", true);
      return;
    }
    if (track && track.readyState === "live") {
      track.enabled = true;
      this.#become({ microphone: "on" });
      this.options.muted("microphone", false);
      return;
    }
    await this.#open("microphone", () => openMicrophone(this.chosen.microphone));
  }

  async toggleCamera() {
    if (this.#switches.camera === "opening") return this.#become({ camera: "off" });
    if (this.#switches.camera === "on") {
      this.#drop("camera");
      this.#become({ camera: "off" });
      this.options.muted("camera", true);
      this.options.publish();
      return;
    }
    await this.#open("camera", () => openCamera(this.chosen.camera));
  }

  async toggleScreen() {
    if (this.#switches.screen === "opening") return;
    if (this.#switches.screen === "on") {
      this.#stopScreen();
      return;
    }
    this.#become({ screen: "opening" });
    try {
      const { screen, sound } = await openScreen();
      this.#take("screen", screen);
      if (sound) this.#take("screen-audio", sound);
      this.#become({ screen: "on" });
      this.options.publish();
      this.options.notify("screen-shared");
    } catch (wrong) {
      this.#become({ screen: "off" });
      if (!(wrong instanceof DeviceFailed)) throw wrong;
      if (wrong.trouble !== "cancelled") this.options.notify(`screen-${wrong.trouble}`);
    }
  }

  /**
   * Another camera or microphone was chosen; a running one is replaced without a gap for the others.
   * @param {"microphone" | "camera"} source
   * @param {string} deviceId
   */
  async choose(source, deviceId) {
    this.chosen[source] = deviceId;
    if (!this.#tracks.has(source)) return;
    const was = this.#switches[source];
    const open = source === "microphone" ? openMicrophone : openCamera;
    if (source === "camera" && was === "on") this.#tracks.get("camera")?.stop(); // some phones open one camera at a time
    try {
      const track = await open(deviceId);
      track.enabled = was === "on";
      this.#drop(source);
      this.#take(source, track);
      this.options.publish();
    } catch (wrong) {
      if (!(wrong instanceof DeviceFailed)) throw wrong;
      this.options.notify(`${source}-${wrong.trouble}`);
    }
  }

  /** The instructor switched our microphone off. */
  obeyMute() {
    const track = this.#tracks.get("microphone");
    if (track) track.enabled = false;
    this.#become({ microphone: "off" });
  }

  /**
   * Say which of the sources being sent carry something.
   * @param {ReadonlySet<Source>} sources
   */
  tellMuted(sources) {
    for (const source of /** @type {const} */ (["microphone", "camera"])) {
      if (sources.has(source)) this.options.muted(source, this.#switches[source] !== "on");
    }
  }

  /** After a phone call or a sleep a device may have been taken away: open it again. */
  wake() {
    for (const source of /** @type {const} */ (["microphone", "camera"])) {
      const track = this.#tracks.get(source);
      if (this.#switches[source] === "on" && track && track.readyState === "ended") {
        this.#drop(source);
        this.#become({ [source]: "off" });
        void (source === "microphone" ? this.toggleMicrophone() : this.toggleCamera());
      }
    }
  }

  /** Close every device. */
  stop() {
    for (const source of [...this.#tracks.keys()]) this.#drop(source);
    this.#become({ microphone: "off", camera: "off", screen: "off" });
    this.options.publish();
  }

  /**
   * @param {"microphone" | "camera"} source
   * @param {() => Promise<MediaStreamTrack>} open
   */
  async #open(source, open) {
    this.#become({ [source]: "opening" });
    try {
      const track = await open();
      if (this.#switches[source] !== "opening") {
        track.stop();
        return;
      }
      this.#drop(source);
      this.#take(source, track);
      this.#become({ [source]: "on" });
      this.options.publish();
      this.options.muted(source, false);
    } catch (wrong) {
      this.#become({ [source]: "off" });
      if (!(wrong instanceof DeviceFailed)) throw wrong;
      this.options.notify(`${source}-${wrong.trouble}`);
    }
  }

  #stopScreen() {
    this.#drop("screen");
    this.#drop("screen-audio");
    this.#become({ screen: "off" });
    this.options.publish();
    this.options.notify("screen-ended");
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  #take(source, track) {
    this.#tracks.set(source, track);
    track.onended = () => {
      if (this.#tracks.get(source) !== track) return;
      if (source === "screen") {
        this.#stopScreen();
      } else if (source === "screen-audio") {
        this.#drop(source);
        this.options.publish();
      } else if (document.visibilityState === "visible") {
        this.#drop(source);
        this.#become({ [source]: "off" });
        this.options.muted(source, true);
        this.options.publish();
        this.options.notify(`${source}-lost`);
      }
    };
  }

  /** @param {Source} source */
  #drop(source) {
    const track = this.#tracks.get(source);
    if (!track) return;
    track.onended = null;
    track.stop();
    this.#tracks.delete(source);
  }

  /** @param {Partial<Switches>} change */
  #become(change) {
    this.#switches = { ...this.#switches, ...change };
    this.options.changed(this.#switches);
  }
}
