/** Three select boxes: which camera, microphone and speaker. Used before entering and in "more". */

import { h } from "../../lib/dom.js";
import { recall, remember } from "../../lib/storage.js";
import { listDevices, watchDevices } from "../devices.js";

/** @typedef {"camera" | "microphone" | "speaker"} DeviceKind */

const KEY = "room.devices";

/** @returns {{camera: string | null, microphone: string | null, speaker: string | null}} what was chosen last on this device */
export function rememberedDevices() {
  const known = recall("local", KEY) ?? {};
  const text = (/** @type {unknown} */ value) => (typeof value === "string" && value !== "" ? value : null);
  return { camera: text(known.camera), microphone: text(known.microphone), speaker: text(known.speaker) };
}

export class DeviceFields {
  /** @type {(() => void) | null} */
  #unwatch = null;

  /**
   * @param {import("../texts.js").Words} words
   * @param {(kind: DeviceKind, id: string) => void} chosen
   * @param {readonly DeviceKind[]} kinds
   */
  constructor(words, chosen, kinds = ["camera", "microphone", "speaker"]) {
    this.words = words;
    this.kinds = kinds;
    /** @type {Map<DeviceKind, HTMLSelectElement>} */
    this.selects = new Map();
    this.element = h("div", { class: "devices" });
    for (const kind of kinds) {
      const id = `device-${kind}-${Math.random().toString(36).slice(2, 8)}`;
      const select = h("select", { class: "select", id });
      select.addEventListener("change", () => {
        remember("local", KEY, { ...rememberedDevices(), [kind]: select.value });
        chosen(kind, select.value);
      });
      this.selects.set(kind, select);
      this.element.append(h("div", { class: "field devices__field" }, h("label", { class: "field__label", for: id }, words(`lobby.${kind}`)), select));
    }
  }

  start() {
    this.#unwatch = watchDevices(() => void this.refresh());
    void this.refresh();
  }

  stop() {
    this.#unwatch?.();
  }

  /** Show only these. @param {readonly DeviceKind[]} kinds */
  only(kinds) {
    this.kinds = kinds;
    void this.refresh();
  }

  /** Read the devices again: their names are known only after permission was given. */
  async refresh() {
    const found = await listDevices();
    const known = rememberedDevices();
    const choices = { camera: found.cameras, microphone: found.microphones, speaker: found.speakers };
    for (const [kind, select] of this.selects) {
      const options = choices[kind].filter(({ label }) => label !== "");
      const field = /** @type {HTMLElement} */ (select.parentElement);
      const silent = kind === "speaker" && (options.length === 0 || !("setSinkId" in HTMLMediaElement.prototype));
      field.hidden = silent || !this.kinds.includes(kind);
      const all = options.length > 0 ? options : [{ id: "", label: this.words("lobby.default-device") }];
      select.replaceChildren(...all.map(({ id, label }) => h("option", { value: id, selected: id === known[kind] }, label)));
      select.disabled = options.length < 2;
    }
  }
}
