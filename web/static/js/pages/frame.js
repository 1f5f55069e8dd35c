// @ts-check
/** The frame of every page: one open menu at a time, closed by Escape or a click elsewhere; display settings at once. */

// A menu that is wider than a phone begins with the page one is on.
document.querySelector(".admin__menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const menus = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details[data-drop]"));

for (const menu of menus) {
  menu.addEventListener("toggle", () => {
    if (menu.open) for (const other of menus) if (other !== menu) other.open = false;
  });
}

document.addEventListener("click", (event) => {
  for (const menu of menus) {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  }
});

const AGAIN_AFTER_MS = 4_000;
/** @type {WeakMap<HTMLFormElement, {button: HTMLElement | null, at: number}>} */
let sent = new WeakMap();

// A double click sends a form once: the answer to the second would be "you did that already".
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
  const last = sent.get(form);
  if (last && last.button === event.submitter && event.timeStamp - last.at < AGAIN_AFTER_MS) event.preventDefault();
  else sent.set(form, { button: event.submitter, at: event.timeStamp });
});
window.addEventListener("pageshow", () => (sent = new WeakMap())); // back again

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-display]"))) {
  form.querySelector("[data-display-submit]")?.setAttribute("hidden", "");
  form.addEventListener("change", () => {
    const chosen = new FormData(form);
    show(String(chosen.get("theme")), String(chosen.get("text")));
    void fetch(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (chosen)), redirect: "manual" });
  });
}

/**
 * @param {string} theme
 * @param {string} text
 */
function show(theme, text) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  if (text === "large") root.dataset.text = "large";
  else delete root.dataset.text;
}
