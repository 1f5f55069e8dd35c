import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange } from "../../web/static/js/room/grid.js";

const camera = (id, aspect = 16 / 9) => ({ id, aspect, source: "camera" });
const screen = (id, aspect = 16 / 9) => ({ id, aspect, source: "screen" });
const BOXES = [{ width: 1056, height: 740 }, { width: 1400, height: 700 }, { width: 382, height: 226 }, { width: 320, height: 180 }, { width: 700, height: 300 }];

const inside = (rect, box) => rect.x >= -1 && rect.y >= -1 && rect.x + rect.width <= box.width + 1 && rect.y + rect.height <= box.height + 1;
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const area = (rect) => rect.width * rect.height;

test("nothing to show, or nowhere to show it", () => {
  assert.deepEqual(arrange([], { width: 100, height: 100 }), []);
  assert.deepEqual(arrange([camera("a")], { width: 0, height: 100 }), []);
});

test("one picture fills the stage in its own shape", () => {
  const [only] = arrange([camera("a")], { width: 1600, height: 900 });
  assert.deepEqual(only, { id: "a", role: "main", x: 0, y: 0, width: 1600, height: 900 });
  const [upright] = arrange([camera("a", 9 / 16)], { width: 1600, height: 900 });
  assert.equal(upright.height, 900);
  assert.equal(upright.width, 506);
});

test("everything stays on the stage and cameras never overlap", () => {
  for (const box of BOXES) {
    for (let count = 1; count <= 7; count++) {
      const placed = arrange(Array.from({ length: count }, (_, index) => camera(`c${index}`)), box);
      assert.equal(placed.length, count);
      for (const rect of placed) assert.ok(inside(rect, box), JSON.stringify({ box, rect }));
      for (const a of placed) for (const b of placed) if (a !== b) assert.ok(!overlap(a, b));
    }
  }
});

test("cameras are equally large and keep their order", () => {
  const placed = arrange([camera("a"), camera("b"), camera("c")], { width: 1056, height: 740 });
  assert.deepEqual(placed.map((rect) => rect.id), ["a", "b", "c"]);
  assert.equal(new Set(placed.map((rect) => rect.width)).size, 1);
  assert.ok(placed[0].y < placed[2].y, "two rows");
});

test("a screen is large and its strip takes the side that leaves it most", () => {
  for (const box of BOXES) {
    const placed = arrange([camera("teacher"), screen("slides"), camera("learner")], box);
    const main = placed.find((rect) => rect.id === "slides");
    assert.equal(main.role, "main");
    for (const rect of placed) assert.ok(inside(rect, box), JSON.stringify({ box, rect }));
    for (const rect of placed) if (rect !== main) assert.ok(area(rect) < area(main));
  }
  const tall = arrange([camera("a"), screen("s")], { width: 1056, height: 740 });
  assert.ok(tall.find((rect) => rect.id === "a").y > 500, "below");
  const wide = arrange([camera("a"), screen("s")], { width: 1400, height: 640 });
  assert.ok(wide.find((rect) => rect.id === "a").x > 1000, "at the right");
});

test("a strip does not cover the screen; an inset on a phone may", () => {
  const desk = arrange([camera("a"), screen("s"), camera("b")], { width: 1056, height: 740 });
  const [main, ...others] = [desk.find((rect) => rect.id === "s"), ...desk.filter((rect) => rect.id !== "s")];
  for (const rect of others) assert.ok(!overlap(main, rect));
  const phone = arrange([camera("a"), screen("s")], { width: 382, height: 215 });
  assert.equal(phone.find((rect) => rect.id === "a").role, "inset");
  assert.ok(phone.find((rect) => rect.id === "s").width > 370);
});

test("a pinned camera takes the place of the screen", () => {
  const placed = arrange([camera("a"), screen("s")], { width: 1056, height: 740 }, { pinned: "a" });
  assert.equal(placed.find((rect) => rect.id === "a").role, "main");
  assert.equal(placed.find((rect) => rect.id === "s").role, "strip");
});

test("a pin on somebody who left changes nothing", () => {
  const tiles = [camera("a"), camera("b")];
  assert.deepEqual(arrange(tiles, { width: 1056, height: 740 }, { pinned: "gone" }), arrange(tiles, { width: 1056, height: 740 }));
});

test("screen only hides the cameras, as long as there is a screen", () => {
  assert.deepEqual(arrange([camera("a"), screen("s")], BOXES[0], { screenOnly: true }).map((rect) => rect.id), ["s"]);
  assert.equal(arrange([camera("a"), camera("b")], BOXES[0], { screenOnly: true }).length, 2);
});
