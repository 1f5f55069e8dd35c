// @ts-check
/** The code on the wall: a new picture whenever it changes, and how many are in. */

import { say } from "./words.js";

const LOOK_MS = 2_000;
const picture = /** @type {HTMLImageElement | null} */ (document.querySelector("[data-code]"));
const count = document.querySelector("[data-count]");
let next = 0;

async function look() {
  if (!picture) return;
  const answer = await fetch(picture.dataset.progress ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const state = /** @type {{present: string[], changes_in_s: number}} */ (await answer.json());
  if (count) {
    const words = say(count.getAttribute("data-words") ?? "", { n: state.present.length, all: Number(count.getAttribute("data-all")) });
    if (count.textContent !== words) count.textContent = words;
  }
  for (const person of state.present) {
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[value="${CSS.escape(person)}"]`));
    if (box && !box.dataset.told) box.checked = true;
    if (box) box.dataset.told = "yes";
  }
  clearTimeout(next);
  next = window.setTimeout(show, state.changes_in_s * 1_000 + 150);
}

function show() {
  if (picture) picture.src = `${picture.dataset.code}?at=${Date.now()}`;
  void look();
}

void look();
setInterval(() => void look(), LOOK_MS);
