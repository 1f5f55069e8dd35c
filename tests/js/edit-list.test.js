import assert from "node:assert/strict";
import { test } from "node:test";
import { addChapter, isSame, parseClock, trimEnd, trimStart, writeClock } from "../../web/static/js/replay/edit-list.js";

test("times as people type them", () => {
  for (const [typed, seconds] of [["75", 75], ["1:15", 75], ["1:15.5", 75.5], ["1:02:03", 3723], [" 0:07 ", 7], ["1:15,5", 75.5], ["90:00", 5400]]) assert.equal(parseClock(typed), seconds);
  for (const typed of ["", "abc", "1:2:3:4", "-5", "1e3", ":", "1:", "0x1"]) assert.equal(parseClock(typed), null, typed);
  for (const seconds of [0, 7, 59.9, 60, 75.5, 3723, 36_000.4]) assert.equal(parseClock(writeClock(seconds)), seconds);
  assert.equal(writeClock(59.96), "1:00");
});

test("trimming takes in what lies outside", () => {
  const cuts = [{ from_s: 5, to_s: 10 }, { from_s: 30, to_s: 40 }];
  assert.deepEqual(trimStart(cuts, 20), [{ from_s: 0, to_s: 20 }, { from_s: 30, to_s: 40 }]);
  assert.deepEqual(trimStart(cuts, 35), [{ from_s: 0, to_s: 35 }, { from_s: 35, to_s: 40 }]);
  assert.deepEqual(trimEnd(cuts, 35, 60), [{ from_s: 5, to_s: 10 }, { from_s: 30, to_s: 35 }, { from_s: 35, to_s: 60 }]);
  assert.deepEqual(trimStart([], 0), []);
});

test("chapters stay in order; what is the same needs no saving", () => {
  assert.deepEqual(addChapter([{ at_s: 0, title: "a" }, { at_s: 60, title: "c" }], 30, "b").map((each) => each.title), ["a", "b", "c"]);
  assert.equal(isSame({ cuts: [], chapters: [{ at_s: 0, title: "a" }] }, { cuts: [], chapters: [{ at_s: 0, title: "a" }] }), true);
  assert.equal(isSame({ cuts: [], chapters: [] }, { cuts: [{ from_s: 0, to_s: 1 }], chapters: [] }), false);
});
