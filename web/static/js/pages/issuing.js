// @ts-check
/** Certificates being issued to a whole course: asks how far it is until it is done, then shows the page anew. */

import { say } from "./words.js";

const EVERY_MS = 1_000;
const place = document.querySelector("[data-issuing]");

async function look() {
  if (!place) return;
  const answer = await fetch(place.getAttribute("data-issuing") ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const state = await answer.json();
  if (!state.running) {
    if (place.getAttribute("data-was") === "running") location.replace(location.pathname);
    return;
  }
  place.setAttribute("data-was", "running");
  const bar = place.querySelector("progress");
  const words = place.querySelector("[role=status]");
  if (bar) {
    bar.hidden = false;
    bar.max = state.of || 1;
    bar.value = state.done;
  }
  if (words) words.textContent = say(place.getAttribute("data-words") ?? "", { done: state.done, of: state.of });
  setTimeout(look, EVERY_MS);
}

void look();
