/** Cameras, microphones and screens of this device: opening, listing, and saying in one word why it failed. */

/**
 * @typedef {"refused" | "absent" | "busy" | "insecure" | "cancelled" | "failed"} DeviceTrouble
 * refused: permission denied · absent: none there · busy: another program has it · insecure: the page is not https or localhost ·
 * cancelled: the person closed the dialog for choosing a screen
 */

/** The device could not be used; `trouble` has a sentence in texts.js. */
export class DeviceFailed extends Error {
  /**
   * @param {DeviceTrouble} trouble
   * @param {"microphone" | "camera" | "screen"} device
   */
  constructor(trouble, device) {
    super(`${device} ${trouble}`);
    this.trouble = trouble;
    this.device = device;
  }
}

/**
 * @param {unknown} wrong
 * @param {"microphone" | "camera" | "screen"} device
 */
function failed(wrong, device) {
  const name = wrong instanceof DOMException || wrong instanceof Error ? wrong.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return new DeviceFailed(device === "screen" ? "cancelled" : "refused", device);
  if (name === "NotFoundError" || name === "OverconstrainedError" || name === "DevicesNotFoundError") return new DeviceFailed("absent", device);
  if (name === "NotReadableError" || name === "AbortError" || name === "TrackStartError") return new DeviceFailed("busy", device);
  return new DeviceFailed("failed", device);
}

function mediaDevices() {
  return window.isSecureContext && navigator.mediaDevices ? navigator.mediaDevices : null;
}

/**
 * @param {string | null} deviceId the chosen one; another is taken when it is gone
 * @returns {Promise<MediaStreamTrack>} rejects with DeviceFailed
 */
export async function openMicrophone(deviceId) {
  const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return openTrack("microphone", (exact) => ({ audio: { ...sound, ...(exact && deviceId ? { deviceId: { exact: deviceId } } : {}) } }), deviceId);
}

/**
 * @param {string | null} deviceId
 * @returns {Promise<MediaStreamTrack>} rejects with DeviceFailed
 */
export async function openCamera(deviceId) {
  const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  const facing = deviceId ? {} : { facingMode: "user" };
  return openTrack("camera", (exact) => ({ video: { ...picture, ...(exact && deviceId ? { deviceId: { exact: deviceId } } : facing) } }), deviceId);
}

/**
 * @param {"microphone" | "camera"} device
 * @param {(exact: boolean) => MediaStreamConstraints} constraints
 * @param {string | null} deviceId
 */
async function openTrack(device, constraints, deviceId) {
  const devices = mediaDevices();
  if (devices === null) throw new DeviceFailed("insecure", device);
  const open = async (/** @type {boolean} */ exact) => {
    const stream = await devices.getUserMedia(constraints(exact));
    const [track] = stream.getTracks();
    if (!track) throw new DeviceFailed("absent", device);
    return track;
  };
  try {
    return await open(true);
  } catch (wrong) {
    const reason = failed(wrong, device);
    if (deviceId === null || reason.trouble !== "absent") throw reason;
  }
  try {
    return await open(false);
  } catch (wrong) {
    throw failed(wrong, device);
  }
}

/** Whether this browser can share a screen at all (phones cannot). */
export function canShareScreen() {
  return Boolean(mediaDevices()?.getDisplayMedia);
}

/**
 * @returns {Promise<{screen: MediaStreamTrack, sound: MediaStreamTrack | null}>} rejects with DeviceFailed
 */
export async function openScreen() {
  const devices = mediaDevices();
  if (!devices?.getDisplayMedia) throw new DeviceFailed("absent", "screen");
  try {
    const stream = await devices.getDisplayMedia({
      video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 15, max: 30 } },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const [screen] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (!screen) throw new DeviceFailed("absent", "screen");
    screen.contentHint = "detail";
    return { screen, sound: sound ?? null };
  } catch (wrong) {
    throw wrong instanceof DeviceFailed ? wrong : failed(wrong, "screen");
  }
}

/** @typedef {{id: string, label: string}} Choice */

/** @returns {Promise<{cameras: Choice[], microphones: Choice[], speakers: Choice[]}>} labels are empty before permission is given */
export async function listDevices() {
  const devices = mediaDevices();
  const found = devices ? await devices.enumerateDevices().catch(() => []) : [];
  const of = (/** @type {string} */ kind) =>
    found.filter((device) => device.kind === kind && device.deviceId !== "").map((device) => ({ id: device.deviceId, label: device.label }));
  return { cameras: of("videoinput"), microphones: of("audioinput"), speakers: of("audiooutput") };
}

/**
 * Calls `changed` when a device is plugged in or out.
 * @param {() => void} changed
 * @returns {() => void} ends it
 */
export function watchDevices(changed) {
  const devices = mediaDevices();
  devices?.addEventListener("devicechange", changed);
  return () => devices?.removeEventListener("devicechange", changed);
}

/** Measures how loud a microphone is, for the bar in the lobby. */
export class LevelMeter {
  /** @type {AudioContext | null} */
  #context = null;
  #frame = 0;

  /**
   * @param {MediaStreamTrack} track
   * @param {(level: number) => void} show 0 … 1, about 20 times a second
   */
  start(track, show) {
    this.stop();
    const Context = window.AudioContext;
    if (!Context) return;
    const context = new Context();
    this.#context = context;
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let shown_ms = 0;
    let level = 0;
    const measure = (/** @type {number} */ now_ms) => {
      if (this.#context !== context) return;
      this.#frame = requestAnimationFrame(measure);
      if (now_ms - shown_ms < 50) return;
      shown_ms = now_ms;
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const decibel = 10 * Math.log10(power + 1e-9);
      level = Math.max(Math.min(1, Math.max(0, (decibel + 60) / 50)), level * 0.8);
      show(level);
    };
    void context.resume();
    this.#frame = requestAnimationFrame(measure);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    void this.#context?.close();
    this.#context = null;
  }
}
