import assert from "node:assert/strict";
import { test } from "node:test";
import { places } from "../../web/static/js/room/views/places.js";

const desk = { simple: false, narrow: false, screens: true };
const phone = { simple: false, narrow: true, screens: false };
const all = ({ middle, side, top }) => [...middle, ...side, ...top];

test("a phone has four large buttons, and 'more' above", () => {
  for (const role of ["learner", "instructor"]) {
    const { middle, side, top } = places({ role, ...phone });
    assert.equal(middle.length, 4);
    assert.deepEqual(side, []);
    assert.deepEqual(top, ["more"]);
  }
});

test("the simple view has those four and nothing else", () => {
  for (const narrow of [true, false]) {
    assert.deepEqual(all(places({ role: "learner", ...desk, narrow, simple: true })), ["microphone", "camera", "hand", "leave"]);
    assert.equal(all(places({ role: "instructor", ...desk, narrow, simple: true })).length, 4);
  }
});

test("on a desk everything the contract names is there", () => {
  const learner = all(places({ role: "learner", ...desk }));
  for (const name of ["microphone", "camera", "hand", "leave", "react", "more"]) assert.ok(learner.includes(name), name);
  const instructor = all(places({ role: "instructor", ...desk }));
  for (const name of ["microphone", "camera", "screen", "record", "end", "leave"]) assert.ok(instructor.includes(name), name);
});

test("an observer cannot speak", () => {
  const viewer = all(places({ role: "viewer", ...desk }));
  for (const name of ["microphone", "camera", "hand"]) assert.ok(!viewer.includes(name), name);
});

test("nothing stands twice", () => {
  for (const role of ["learner", "instructor", "viewer"]) {
    for (const now of [desk, phone]) {
      const names = all(places({ role, ...now }));
      assert.equal(new Set(names).size, names.length);
    }
  }
});
