/**
 * The voices of the room: one <audio> element per slot, made once and kept (a new element would stay silent in a background
 * tab on iPhones). When the browser refuses to play before a touch, `blocked` is told and `unlock` plays them all.
 */

export class Sounds {
  /** @type {Map<string, HTMLAudioElement>} */
  #elements = new Map();
  #blocked = false;
  #sink = "";

  /**
   * @param {HTMLElement} place a hidden element of the page
   * @param {(blocked: boolean) => void} blocked
   */
  constructor(place, blocked) {
    this.place = place;
    this.blocked = blocked;
  }

  /** @param {ReadonlyMap<string, MediaStreamTrack>} tracks slot → track; only audio is taken */
  play(tracks) {
    for (const [slot, track] of tracks) {
      if (track.kind !== "audio") continue;
      const element = this.#element(slot);
      element.srcObject = new MediaStream([track]);
      void this.#start(element);
    }
  }

  /** Called by a touch: everything that was refused may play now. */
  async unlock() {
    await Promise.all([...this.#elements.values()].map((element) => this.#start(element)));
  }

  /** After a call or a background pause some elements stand still. */
  wake() {
    for (const element of this.#elements.values()) if (element.paused) void this.#start(element);
  }

  /**
   * @param {string} deviceId "" = the system's choice
   */
  async choose(deviceId) {
    this.#sink = deviceId;
    await Promise.all([...this.#elements.values()].map((element) => element.setSinkId?.(deviceId).catch(() => undefined)));
  }

  stop() {
    for (const element of this.#elements.values()) {
      element.srcObject = null;
      element.remove();
    }
    this.#elements.clear();
  }

  /** @param {string} slot */
  #element(slot) {
    const known = this.#elements.get(slot);
    if (known) return known;
    const element = document.createElement("audio");
    element.autoplay = true;
    element.dataset.slot = slot;
    element.setAttribute("playsinline", "");
    this.place.append(element);
    if (this.#sink !== "") void element.setSinkId?.(this.#sink).catch(() => undefined);
    this.#elements.set(slot, element);
    return element;
  }

  /** @param {HTMLAudioElement} element */
  async #start(element) {
    if (element.srcObject === null) return;
    try {
      await element.play();
      this.#tell(false);
    } catch (wrong) {
      if (wrong instanceof DOMException && wrong.name === "NotAllowedError") this.#tell(true);
    }
  }

  /** @param {boolean} blocked */
  #tell(blocked) {
    if (blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.blocked(blocked);
  }
}
