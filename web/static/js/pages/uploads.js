/** Uploading a ready-made video: announced, sent in parts, taken up again after a break; below, how far the latest ones are. */

import { h, keepChildren, readPageData, setText } from "../lib/dom.js";
import { Refused, sendParts } from "../lib/upload.js";
import { fill } from "../lib/words.js";

/** @typedef {{id: string, title: string, file_name: string, size_bytes: number, offset: number, state: string, share: number, recording: string | null, wrong: string | null}} Upload */

/** @type {{part_bytes: number, caption_bytes: number, words: Record<string, string>}} */
const page = readPageData("page");
const form = /** @type {HTMLFormElement} */ (document.getElementById("upload"));
const list = /** @type {HTMLElement} */ (document.getElementById("uploads"));
const wrong = /** @type {HTMLElement} */ (document.getElementById("upload-wrong"));
const told = /** @type {HTMLElement} */ (document.getElementById("upload-said"));
const pause = /** @type {HTMLButtonElement} */ (document.getElementById("upload-pause"));
const place = /** @type {HTMLElement} */ (document.getElementById("upload-progress"));
const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
const said = /** @type {HTMLElement} */ (place.querySelector("p"));
const picker = /** @type {HTMLInputElement} */ (form.elements.namedItem("file"));
const go = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
const LIST_MS = 2500;

/** @type {AbortController | null} */
let running = null;
/** The one whose parts are being sent. @type {string | null} */
let sending = null;
/** An upload that was broken off and goes on when its file is chosen. @type {Pick<Upload, "id" | "file_name" | "size_bytes" | "offset"> | null} */
let resumed = null;

/** @param {string} key @param {Record<string, string | number>} [values] */
const words = (key, values = {}) => fill(page.words[key] ?? key, values);

/** @param {string} name @param {string} sentence */
function mark(name, sentence) {
  const input = /** @type {HTMLElement | null} */ (form.querySelector(`[name="${name}"]`));
  const field = input?.closest(".field");
  if (!input || !field) return;
  field.querySelector(".field__error")?.remove();
  field.classList.toggle("field--wrong", sentence !== "");
  if (!sentence) return input.removeAttribute("aria-invalid");
  const id = `f-${name}-error`;
  field.append(h("p", { class: "field__error", id }, sentence));
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
}

/** One sentence above the form: what went wrong. @param {string} sentence */
function complain(sentence) {
  show(wrong, sentence);
  show(told, "");
}

/** Or how it goes on. @param {string} sentence */
function tell(sentence) {
  show(wrong, "");
  show(told, sentence);
}

/** @param {HTMLElement} notice @param {string} sentence */
function show(notice, sentence) {
  notice.hidden = !sentence;
  setText(/** @type {HTMLElement} */ (notice.querySelector("div")), sentence);
}

const CAPTIONS = ["captions_ko", "captions_en"];

/** @param {FormDataEntryValue | null} file none chosen: an empty one without a name */
const size = (file) => (file instanceof File ? file.size : 0);

/**
 * Bytes as they are: read as text, what is not UTF-8 would become question marks unseen.
 * @param {FormDataEntryValue | null} file
 * @returns {Promise<string>}
 */
function base64(file) {
  if (!(file instanceof File) || !file.name) return Promise.resolve("");
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,?/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  if (running) return;
  complain("");
  const file = picker.files?.[0];
  for (const name of ["file", "title_ko", "captions_ko", "captions_en", "category", "municipality", "lesson"]) mark(name, "");
  if (!file) return refuse({ file: words("no_file") });
  const waits = resumed;
  if (waits) {
    go.disabled = true;
    const is = await compare(file, waits).catch(() => null);
    go.disabled = false;
    if (is === null) return complain(words("again"));
    if (is === "same") return send(file, waits.id, waits.offset);
  }
  resumed = null;
  const data = new FormData(form);
  const large = CAPTIONS.find((name) => size(data.get(name)) > page.caption_bytes);
  if (large) return refuse({ [large]: words("captions_large", { megabytes: page.caption_bytes >> 20 }) });
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "");
  const [captions_ko, captions_en] = await Promise.all(CAPTIONS.map((name) => base64(data.get(name))));
  const body = JSON.stringify({
    captions_ko,
    captions_en,
    municipality: text("municipality"),
    lesson: text("lesson"),
    title_ko: text("title_ko"),
    title_en: text("title_en"),
    summary_ko: text("summary_ko"),
    category: text("category"),
    shared: data.get("shared") !== null,
    file_name: file.name,
    size_bytes: file.size,
  });
  try {
    const response = await fetch("/admin/uploads", { method: "POST", body, credentials: "same-origin", headers: { "content-type": "application/json", accept: "application/json" } });
    const answer = await response.json();
    if (!response.ok) return refuse(answer.error.fields ?? {}, answer.error.message);
    await send(file, answer.id, 0);
  } catch {
    complain(words("again"));
  }
}

/**
 * Is this the file of which the server has the beginning? Name and size alone do not tell: an edited film may keep both.
 * @param {File} file
 * @param {Pick<Upload, "id" | "file_name" | "size_bytes">} upload
 * @returns {Promise<"same" | "other" | "changed">}
 */
async function compare(file, upload) {
  if (file.name !== upload.file_name || file.size !== upload.size_bytes) return "other";
  const response = await fetch(`/admin/uploads/${upload.id}`, { credentials: "same-origin", headers: { accept: "application/json" } });
  /** @type {{offset: number, sample?: {bytes: number, sha256: string}}} */
  const there = response.ok ? await response.json() : { offset: 0 };
  if (!there.sample || !globalThis.crypto?.subtle) return "same"; // whole already: the server says so; or no digests without https
  const ends = new Blob([file.slice(0, Math.min(there.sample.bytes, there.offset)), file.slice(Math.max(0, there.offset - there.sample.bytes), there.offset)]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await ends.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === there.sample.sha256 ? "same" : "changed";
}

/** Another file than that of the upload that waits: said before anything is sent, and then it is a video of its own. */
async function chosen() {
  const file = picker.files?.[0];
  if (running || !file) return;
  mark("file", "");
  if (!resumed) return;
  const waits = resumed;
  const is = await compare(file, waits).catch(() => null);
  if (picker.files?.[0] !== file || resumed !== waits || running) return; // another one meanwhile, or the button was pressed
  if (is === null) return complain(words("again"));
  if (is !== "same") place.hidden = true; // it would say that the button goes on
  tell(words({ same: "same_file", other: "other_file", changed: "changed_file" }[is], { name: waits.file_name }));
}

/** @param {Record<string, string>} fields @param {string} [sentence] */
function refuse(fields, sentence = "") {
  const names = Object.keys(fields).filter((name) => form.querySelector(`[name="${name}"]`));
  for (const name of names) mark(name, fields[name] ?? "");
  if (names.length === 0) complain(sentence);
  else /** @type {HTMLElement} */ (form.querySelector(`[name="${names[0]}"]`)).focus();
}

/** @param {File} file @param {string} id @param {number} offset */
async function send(file, id, offset) {
  running = new AbortController();
  sending = id;
  resumed = { id, file_name: file.name, size_bytes: file.size, offset };
  place.hidden = pause.hidden = false;
  go.disabled = true;
  const progress = (/** @type {number} */ sent) => {
    if (resumed) resumed.offset = sent;
    bar.value = (100 * sent) / file.size;
    setText(said, words("going", { percent: Math.floor((100 * sent) / file.size), name: file.name }));
  };
  progress(offset);
  try {
    const whole = await sendParts({ file, address: `/admin/uploads/${id}`, offset, part_bytes: page.part_bytes, progress, waits: (waiting) => waiting && setText(said, words("again")), signal: running.signal });
    if (whole) {
      form.reset();
      place.hidden = true;
      resumed = null;
    } else if (resumed) setText(said, words("paused"));
    else place.hidden = true;
  } catch (error) {
    place.hidden = true;
    resumed = null; // gone, or taken as a whole meanwhile: the next press of the button is a new upload
    complain(error instanceof Refused ? error.message : words("again"));
  } finally {
    running = sending = null;
    pause.hidden = true;
    go.disabled = false;
    void refresh();
  }
}

/** @param {Upload} upload */
function make(upload) {
  const remove = h("button", { class: "button button--quiet button--small", type: "button", onclick: () => void drop(upload.id) }, words("remove"), h("span", { class: "quiet" }, ` – ${upload.title}`));
  const resume = h("button", { class: "button button--second button--small", type: "button", "data-resume": true }, words("resume"), h("span", { class: "quiet" }, ` – ${upload.title}`));
  return h("li", { class: "line" }, h("div", { class: "line__main" }, h("strong", {}, upload.title), h("p", {}, upload.file_name), h("p", { class: "field__error", hidden: true })), h("div", { class: "line__side" }, h("span", { class: "badge" }), h("a", { class: "button button--second button--small", hidden: true }, words("watch"), h("span", { class: "quiet" }, ` – ${upload.title}`)), resume, remove));
}

/** @param {HTMLElement} item @param {Upload} upload */
function update(item, upload) {
  const badge = /** @type {HTMLElement} */ (item.querySelector(".badge"));
  const look = { ready: "good", refused: "bad", making: "info", received: "info", receiving: "warn" }[upload.state] ?? "info";
  badge.className = `badge badge--${look}`;
  setText(badge, words(upload.state, { percent: upload.state === "making" ? upload.share : Math.floor((100 * upload.offset) / Math.max(1, upload.size_bytes)) }));
  const error = /** @type {HTMLElement} */ (item.querySelector(".field__error"));
  setText(error, upload.wrong ?? "");
  error.hidden = !upload.wrong;
  const watch = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
  watch.hidden = !upload.recording;
  if (upload.recording) watch.href = `/recordings/${upload.recording}`;
  const resume = /** @type {HTMLElement} */ (item.querySelector("[data-resume]"));
  resume.hidden = upload.state !== "receiving" || running !== null;
  resume.onclick = () => {
    resumed = upload;
    place.hidden = true;
    tell(words("leave", { name: upload.file_name }));
    picker.value = "";
    picker.focus();
  };
}

/** @param {string} id */
async function drop(id) {
  if (resumed?.id === id) {
    resumed = null;
    place.hidden = true;
    complain("");
  }
  if (sending === id) running?.abort();
  await fetch(`/admin/uploads/${id}/removal`, { method: "POST", credentials: "same-origin" }).catch(() => undefined);
  void refresh();
}

async function refresh() {
  try {
    const response = await fetch("/admin/uploads.json", { credentials: "same-origin", headers: { accept: "application/json" } });
    if (!response.ok) return;
    /** @type {{uploads: Upload[]}} */
    const { uploads } = await response.json();
    list.querySelector("[data-empty]")?.remove();
    keepChildren(list, uploads, (each) => each.id, make, update);
    if (uploads.length === 0) list.append(h("li", { class: "line soft", "data-empty": true }, words("none")));
  } catch {
    // asked again
  }
}

picker.addEventListener("change", () => void chosen());
form.addEventListener("submit", (event) => void submit(event));
pause.addEventListener("click", () => running?.abort());
window.addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});
setInterval(() => void refresh(), LIST_MS);
void refresh();
