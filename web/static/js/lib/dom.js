/**
 * Small helpers around the DOM: making elements, keeping a list in step with data, storage that may be forbidden.
 * Nothing here knows of rooms or lessons. Text goes in as text, never as markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. Keys of `properties`: `class`, `on…` (listener), `data-…`/`aria-…`/`role` and other attributes;
 * `true` sets an empty attribute, `false`/`null`/`undefined` leaves it out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/**
 * A decorative 24 × 24 icon drawn with strokes.
 * @param {string} path the `d` of one SVG path
 * @param {{filled?: boolean}} [options]
 * @returns {SVGSVGElement}
 */
export function svg(path, { filled = false } = {}) {
  const image = document.createElementNS(SVG, "svg");
  image.setAttribute("viewBox", "0 0 24 24");
  image.setAttribute("aria-hidden", "true");
  image.setAttribute("focusable", "false");
  image.setAttribute("class", filled ? "icon icon--filled" : "icon");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  image.append(line);
  return image;
}

/**
 * Keep the children of `parent` equal to `items`: known ones are updated and moved, new ones made, the others removed.
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf unique among `items`
 * @param {(item: Item) => HTMLElement} make
 * @param {(element: HTMLElement, item: Item) => void} update called for new elements too
 */
export function keepChildren(parent, items, keyOf, make, update) {
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  for (const child of parent.children) {
    if (child instanceof HTMLElement && child.dataset.key !== undefined) known.set(child.dataset.key, child);
  }
  /** @type {ChildNode | null} */
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    known.delete(key);
    if (!element) {
      element = make(item);
      element.dataset.key = key;
    }
    update(element, item);
    if (element === place) place = element.nextSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

/**
 * Set text only when it differs: a screen reader is not made to read it again, a selection is kept.
 * @param {Node} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Set or remove an attribute only when it differs.
 * @param {Element} element
 * @param {string} name
 * @param {string | boolean | null} value
 */
export function setAttribute(element, name, value) {
  const wanted = value === false || value === null ? null : value === true ? "" : value;
  if (element.getAttribute(name) === wanted) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

/**
 * The page's data: the JSON of `<script type="application/json" id="…">`.
 * @param {string} id
 * @returns {any}
 */
export function readPageData(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent ?? "null") : null;
}

/** A listener's scope: everything added with `listen` ends with `stop()`. */
export class Listeners {
  #controller = new AbortController();

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} listener
   * @param {AddEventListenerOptions} [options]
   */
  listen(target, type, listener, options = {}) {
    target.addEventListener(type, listener, { ...options, signal: this.#controller.signal });
  }

  stop() {
    this.#controller.abort();
    this.#controller = new AbortController();
  }
}
