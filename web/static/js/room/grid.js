/**
 * Where the tiles of the stage go (pure): a box and tiles in, rectangles out.
 *
 * One picture fills the stage. A shared screen (or a pinned picture) is large and the others stand in a strip at the side that
 * leaves it the most room; on a small stage they lie over its corner. Cameras without a screen share the stage evenly.
 */

const GAP = 8;
const STRIP_MIN = { width: 168, height: 108 };
const STRIP_MAX = { width: 288, height: 180 };
const STRIP_COUNT = 6;

/**
 * @typedef {object} Tile
 * @property {string} id
 * @property {number} aspect width ÷ height
 * @property {"camera" | "screen"} source
 */
/** @typedef {{x: number, y: number, width: number, height: number}} Rect */
/** @typedef {Rect & {id: string, role: "main" | "grid" | "strip" | "inset"}} Placed */

/**
 * @param {readonly Tile[]} tiles in reading order
 * @param {{width: number, height: number}} box
 * @param {{pinned?: string | null, screenOnly?: boolean}} [options]
 * @returns {Placed[]} one per visible tile, in the order of `tiles`
 */
export function arrange(tiles, box, { pinned = null, screenOnly = false } = {}) {
  if (tiles.length === 0 || box.width <= 0 || box.height <= 0) return [];
  const main = tiles.find((tile) => tile.id === pinned) ?? tiles.find((tile) => tile.source === "screen");
  const whole = { x: 0, y: 0, width: box.width, height: box.height };
  if (tiles.length === 1 || (main && screenOnly)) {
    const only = main ?? /** @type {Tile} */ (tiles[0]);
    return [{ id: only.id, role: "main", ...fit(only, whole) }];
  }
  if (!main) return evenly(tiles, whole);
  const others = tiles.filter((tile) => tile !== main).slice(0, STRIP_COUNT);
  const placed = besides(main, others, whole);
  const order = new Map(tiles.map((tile, index) => [tile.id, index]));
  return placed.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
}

/**
 * The largest rectangle of a tile's shape in the middle of `box`.
 * @param {Tile} tile
 * @param {Rect} box
 * @returns {Rect}
 */
export function fit(tile, box) {
  const width = Math.min(box.width, box.height * tile.aspect);
  const height = width / tile.aspect;
  return round({ x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height });
}

/**
 * Equal tiles, as many columns as make them largest; a short last row is centred.
 * @param {readonly Tile[]} tiles
 * @param {Rect} box
 * @returns {Placed[]}
 */
function evenly(tiles, box) {
  const aspect = 16 / 9;
  let best = { width: 0, columns: 1 };
  for (let columns = 1; columns <= tiles.length; columns++) {
    const rows = Math.ceil(tiles.length / columns);
    const width = Math.min((box.width - GAP * (columns - 1)) / columns, ((box.height - GAP * (rows - 1)) / rows) * aspect);
    if (width > best.width + 0.5) best = { width, columns };
  }
  const { width, columns } = best;
  const height = width / aspect;
  const rows = Math.ceil(tiles.length / columns);
  const top = box.y + (box.height - rows * height - (rows - 1) * GAP) / 2;
  return tiles.map((tile, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? tiles.length - row * columns : columns;
    const left = box.x + (box.width - inRow * width - (inRow - 1) * GAP) / 2;
    const rect = { x: left + (index % columns) * (width + GAP), y: top + row * (height + GAP), width, height };
    return { id: tile.id, role: /** @type {const} */ ("grid"), ...round(rect) };
  });
}

/**
 * @param {Tile} main
 * @param {readonly Tile[]} others
 * @param {Rect} box
 * @returns {Placed[]}
 */
function besides(main, others, box) {
  const right = stripRight(others.length, box);
  const bottom = stripBottom(others.length, box);
  const choices = [right, bottom].filter((choice) => choice !== null);
  const area = (/** @type {Rect} */ rect) => rect.width * rect.height;
  const free = area(fit(main, box));
  let best = null;
  for (const choice of choices) {
    const size = area(fit(main, choice.main));
    if (best === null || size > best.size) best = { ...choice, size };
  }
  // a strip that takes more than 45 % of the main picture's area is worse than lying over its corner
  if (best !== null && best.size >= 0.55 * free) {
    const strip = others.map((tile, index) => ({ id: tile.id, role: /** @type {const} */ ("strip"), ...round(/** @type {Rect} */ (best.strip[index])) }));
    return [{ id: main.id, role: "main", ...fit(main, best.main) }, ...strip];
  }
  return inset(main, others, box);
}

/**
 * @param {number} count
 * @param {Rect} box
 */
function stripRight(count, box) {
  const wanted = (box.height - GAP * (count - 1)) / count;
  const height = Math.min(wanted, STRIP_MAX.height, (STRIP_MAX.width * 9) / 16);
  const width = (height * 16) / 9;
  if (width < STRIP_MIN.width) return null;
  const left = box.x + box.width - width;
  const top = box.y + (box.height - count * height - (count - 1) * GAP) / 2;
  const strip = Array.from({ length: count }, (_, index) => ({ x: left, y: top + index * (height + GAP), width, height }));
  return { main: { ...box, width: box.width - width - GAP }, strip };
}

/**
 * @param {number} count
 * @param {Rect} box
 */
function stripBottom(count, box) {
  const wanted = (box.width - GAP * (count - 1)) / count;
  const width = Math.min(wanted, STRIP_MAX.width, (STRIP_MAX.height * 16) / 9);
  const height = (width * 9) / 16;
  if (height < STRIP_MIN.height) return null;
  const top = box.y + box.height - height;
  const left = box.x + (box.width - count * width - (count - 1) * GAP) / 2;
  const strip = Array.from({ length: count }, (_, index) => ({ x: left + index * (width + GAP), y: top, width, height }));
  return { main: { ...box, height: box.height - height - GAP }, strip };
}

/**
 * Small pictures over the main one's corner, right to left from the bottom; those without room are left out.
 * @param {Tile} main
 * @param {readonly Tile[]} others
 * @param {Rect} box
 * @returns {Placed[]}
 */
function inset(main, others, box) {
  const large = fit(main, box);
  const width = Math.min(220, Math.max(96, box.width * 0.28));
  const height = (width * 9) / 16;
  const room = Math.max(1, Math.floor((box.width - GAP) / (width + GAP)));
  const bottom = Math.min(box.y + box.height, large.y + large.height + height / 2);
  const small = others.slice(0, room).map((tile, index) => ({
    id: tile.id,
    role: /** @type {const} */ ("inset"),
    ...round({ x: box.x + box.width - (index + 1) * (width + GAP), y: bottom - height - GAP, width, height }),
  }));
  return [{ id: main.id, role: "main", ...large }, ...small];
}

/**
 * @param {Rect} rect
 * @returns {Rect}
 */
function round({ x, y, width, height }) {
  return { x: Math.round(x), y: Math.round(y), width: Math.floor(width), height: Math.floor(height) };
}
