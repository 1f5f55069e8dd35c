/** A list with a box before every line: "all", how many are chosen, and a reason where deleting asks for one. */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-choose-many]"));

/** @param {HTMLFormElement} list */
function start(list) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll("input[name=recording]")]);
  const all = /** @type {HTMLInputElement} */ (list.querySelector("[data-all]"));
  const count = /** @type {HTMLElement} */ (list.querySelector("[data-count]"));
  const deed = /** @type {HTMLSelectElement} */ (list.querySelector("[name=deed]"));
  const reason = /** @type {HTMLInputElement | null} */ (list.querySelector("[name=reason]"));
  const press = /** @type {HTMLButtonElement} */ (list.querySelector("button[type=submit]"));
  const update = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    press.disabled = chosen === 0;
    count.textContent = chosen > 0 ? (count.dataset.words ?? "").replace("{n}", String(chosen)) : "";
    if (reason) {
      reason.hidden = deed.value !== "delete";
      reason.required = deed.value === "delete";
    }
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    update();
  });
  list.addEventListener("change", update);
  update();
}

if (form) start(form);
