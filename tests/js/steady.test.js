import assert from "node:assert/strict";
import { test } from "node:test";
import { HELD_MS, Steady } from "../../web/static/js/room/steady.js";

const view = (id) => ({ id, peer: id, name: id, role: "learner", source: "camera", slot: "camera-0", mine: false, silent: false, away: false });
const ids = (views) => views.map((each) => each.id);

test("while the relay is replaced the last pictures stay", () => {
  const steady = new Steady();
  steady.show([view("a"), view("b")], false, 0);
  assert.deepEqual(ids(steady.show([], true, 10)), ["a", "b"]);
  assert.deepEqual(ids(steady.show([], false, 900)), ["a", "b"]);
  assert.deepEqual(ids(steady.show([view("a")], false, 1000)), ["a", "b"]);
  assert.deepEqual(ids(steady.show([view("a"), view("b")], false, 1200)), ["a", "b"]);
  assert.equal(steady.deadline_ms, null);
});

test("who does not come back leaves after a while", () => {
  const steady = new Steady();
  steady.show([view("a"), view("b")], false, 0);
  steady.show([], true, 10);
  steady.show([view("a")], false, 500);
  assert.equal(steady.deadline_ms, 10 + HELD_MS);
  assert.deepEqual(ids(steady.show([view("a")], false, 11 + HELD_MS)), ["a"]);
});

test("who is back and switches off is gone at once", () => {
  const steady = new Steady();
  steady.show([view("a")], false, 0);
  steady.show([], true, 10);
  steady.show([view("a")], false, 800);
  assert.deepEqual(ids(steady.show([], false, 900)), []);
});

test("in ordinary times nothing is held", () => {
  const steady = new Steady();
  steady.show([view("a")], false, 0);
  assert.deepEqual(ids(steady.show([], false, 1)), []);
});
