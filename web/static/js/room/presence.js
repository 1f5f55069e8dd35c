/** Keeping a class open on this device: the screen stays lit, and other windows of the same class are noticed. */

import { Listeners } from "../lib/dom.js";

/** Keeps the screen from going dark while a class runs; asks again whenever the page becomes visible. */
export class ScreenLight {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #listeners = new Listeners();

  start() {
    this.#listeners.listen(document, "visibilitychange", () => void this.#hold());
    void this.#hold();
  }

  stop() {
    this.#listeners.stop();
    void this.#lock?.release().catch(() => undefined);
    this.#lock = null;
  }

  async #hold() {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      // low battery or not allowed: the class goes on
    }
  }
}

/** Tells when the same class is open in another window of this browser. */
export class OtherWindows {
  /** @type {BroadcastChannel | null} */
  #channel = null;

  /**
   * @param {string} lesson
   * @param {() => void} found
   */
  start(lesson, found) {
    if (!("BroadcastChannel" in window)) return;
    const channel = new BroadcastChannel(`room/${lesson}`);
    this.#channel = channel;
    channel.onmessage = ({ data }) => {
      if (data === "here?") channel.postMessage("here");
      found();
    };
    channel.postMessage("here?");
  }

  stop() {
    this.#channel?.close();
    this.#channel = null;
  }
}
