// @ts-check
/** A quiz being taken: keeps what is chosen through a reload, shows the time left, hands in when it is up. */

import { recall, remember } from "../lib/storage.js";
import { say } from "./words.js";

const loadedAt = performance.now();
const SOON_S = 60;
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-quiz]"));
const clock = document.querySelector("[data-due]");
const key = `quiz.${form?.dataset.quiz ?? ""}`;
let handedIn = false;
let told = false;

/** @returns {HTMLInputElement[]} */
function inputs() {
  return form ? /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input")]) : [];
}

function keep() {
  const given = inputs().map((input) => (input.type === "text" ? input.value : input.checked));
  remember("session", key, given);
}

function bringBack() {
  const given = recall("session", key);
  if (!Array.isArray(given)) return;
  inputs().forEach((input, index) => {
    if (typeof given[index] === "string") input.value = given[index];
    else input.checked = given[index] === true;
  });
}

function tick() {
  if (!clock || !form || handedIn) return;
  const now = Date.parse(clock.getAttribute("data-now") ?? "") + performance.now() - loadedAt;
  const left = Math.ceil((Date.parse(clock.getAttribute("data-due") ?? "") - now) / 1000);
  const shown = `${Math.floor(Math.max(0, left) / 60)}:${String(Math.max(0, left) % 60).padStart(2, "0")}`;
  clock.textContent = say(clock.getAttribute("data-words") ?? "", { left: shown });
  const news = document.querySelector("[data-due-news]");
  if (news && left <= SOON_S && !told) {
    told = true;
    news.textContent = news.getAttribute("data-soon");
  }
  if (left <= 0) {
    handedIn = true;
    form.requestSubmit();
  }
}

bringBack();
form?.addEventListener("input", keep);
form?.addEventListener("submit", () => {
  handedIn = true;
});
tick();
setInterval(tick, 500);
