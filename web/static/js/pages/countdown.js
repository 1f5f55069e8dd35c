// @ts-check
/** Counts down to a moment by the server's clock, and opens a door or shows a button at that moment. */

import { say, wordsOf } from "./words.js";

const loadedAt = performance.now();

/** @param {Element} element the server's time now, from its `data-now` */
function serverNow(element) {
  return Date.parse(element.getAttribute("data-now") ?? "") + performance.now() - loadedAt;
}

function show() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = (Date.parse(element.getAttribute("data-countdown") ?? "") - serverNow(element)) / 1000;
    const words = wordsOf(element);
    const sentence =
      left >= 172_800
        ? say(words("days"), { n: Math.floor(left / 86_400) })
        : left >= 3_600
          ? say(words("hours"), { n: Math.floor(left / 3_600) })
          : left >= 60
            ? say(words("minutes"), { n: Math.floor(left / 60) })
            : words("now");
    if (element.textContent !== sentence) element.textContent = sentence;
  }
  for (const late of document.querySelectorAll("[data-show-at][hidden]")) {
    // Shown, not loaded anew: thousands wait for the same second.
    if (serverNow(late) >= Date.parse(late.getAttribute("data-show-at") ?? "")) {
      late.removeAttribute("hidden");
      for (const early of document.querySelectorAll("[data-hide-at]")) early.setAttribute("hidden", "");
    }
  }
  for (const door of document.querySelectorAll("[data-open-at]")) {
    if (serverNow(door) >= Date.parse(door.getAttribute("data-open-at") ?? "") + 500) location.reload();
  }
}

show();
setInterval(show, 1_000);
