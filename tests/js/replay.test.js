import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPicture, gapAt, hasChoiceOfLayouts, resumeAt, secondOfLink, seenAt } from "../../web/static/js/replay/manifest.js";
import { follow, isNear } from "../../web/static/js/replay/sync.js";

const track = (id, source, visible) => ({ id, kind: id === "main" ? "main" : source, source, file: `${id}.webm`, mime: "video/webm", offset_s: visible[0]?.[0] ?? 0, duration_s: 10, visible });
const manifest = {
  state: "ready",
  pass: "6923.x",
  duration_s: 60,
  main: "main",
  tracks: [track("main", "camera", [[0, 60]]), track("screen-1", "screen", [[10, 30]]), track("screen-2", "screen", [[40, 50]])],
  scenes: [
    { from_s: 0, to_s: 10, layout: "camera", tracks: ["main"] },
    { from_s: 10, to_s: 30, layout: "screen", tracks: ["screen-1", "main"] },
    { from_s: 30, to_s: 60, layout: "camera", tracks: ["main"] },
  ],
  gaps: [{ from_s: 20, to_s: 22.5, reason: "interrupted" }],
  pauses: [],
  film: null,
};

test("together: the scene's first track is large, the others small", () => {
  assert.deepEqual(seenAt(manifest, 5, "together"), { large: "main", small: [] });
  assert.deepEqual(seenAt(manifest, 15, "together"), { large: "screen-1", small: ["main"] });
  assert.deepEqual(seenAt(manifest, 15, "side"), { large: "screen-1", small: ["main"] });
});

test("one kind only, and the other kind when there is none", () => {
  assert.deepEqual(seenAt(manifest, 15, "screen"), { large: "screen-1", small: [] });
  assert.deepEqual(seenAt(manifest, 15, "speaker"), { large: "main", small: [] });
  assert.deepEqual(seenAt(manifest, 35, "screen"), { large: "main", small: [] });
  assert.deepEqual(seenAt(manifest, 45, "screen"), { large: "screen-2", small: [] });
});

test("without any picture nothing is large", () => {
  assert.deepEqual(seenAt({ ...manifest, tracks: [track("main", "none", [])], scenes: [] }, 5, "together"), { large: null, small: [] });
});

test("layouts are offered only where there is a choice", () => {
  assert.equal(hasChoiceOfLayouts(manifest), true);
  assert.equal(hasChoiceOfLayouts({ ...manifest, tracks: [manifest.tracks[0]] }), false);
});

test("a class that goes on begins in its first picture, unless much would be missed", () => {
  const scene = (from_s, to_s, tracks) => ({ from_s, to_s, layout: tracks.length ? "camera" : "blank", tracks });
  assert.ok(Math.abs(firstPicture([scene(0, 0.05, []), scene(0.05, 60, ["main"])]) - 0.15) < 1e-9);
  assert.equal(firstPicture([scene(0, 12, []), scene(12, 60, ["main"])]), null);
  assert.equal(firstPicture([scene(0, 60, [])]), null);
});

test("gaps", () => {
  assert.equal(gapAt(manifest, 21)?.reason, "interrupted");
  assert.equal(gapAt(manifest, 22.5), null);
});

test("links to a moment", () => {
  assert.equal(secondOfLink("#t=754"), 754);
  assert.equal(secondOfLink("#t=12m34s"), 754);
  assert.equal(secondOfLink("#t=1h2m"), 3720);
  assert.equal(secondOfLink("#t=12.5"), 12.5);
  assert.equal(secondOfLink("#chat&t=20s"), 20);
  for (const wrong of ["", "#", "#t=", "#t=abc", "#time=3", "#t=-5", "#t=1e9x"]) assert.equal(secondOfLink(wrong), null, wrong);
});

test("one goes on where one left off, but not for a glimpse and not at the end", () => {
  assert.equal(resumeAt(null, 3600), null);
  assert.equal(resumeAt(8, 3600), null);
  assert.equal(resumeAt(3595, 3600), null);
  assert.equal(resumeAt(751, 3600), 748);
});

/** Plays two videos in steps of 100 ms and returns the difference at each step. */
function simulate({ late_s, rate = 1, drift = 0, steps = 100 }) {
  let [main_s, second_s] = [100, 100 - late_s];
  const differences = [];
  for (let index = 0; index < steps; index++) {
    const step = follow({ main_s, second_s, offset_s: 0, rate, paused: false });
    if (step.seek !== null) second_s = step.seek - 0.08 * rate; // a jump takes time
    main_s += 0.1 * rate;
    second_s += 0.1 * step.rate * (1 + drift);
    differences.push(Math.abs(main_s - second_s));
  }
  return differences;
}

test("the second video stays within 80 ms of the main one", () => {
  for (const late_s of [0, 0.2, -0.2, 0.6, -0.6, 5, -40]) {
    for (const rate of [0.5, 1, 2]) {
      const differences = simulate({ late_s, rate });
      assert.ok(Math.max(...differences.slice(40)) < 0.08, `late ${late_s} rate ${rate}: ${Math.max(...differences.slice(40))}`);
    }
  }
});

test("a decoder that runs half a percent slow is carried along", () => {
  assert.ok(Math.max(...simulate({ late_s: 0, drift: -0.005, steps: 600 })) < 0.08);
});

test("paused, it jumps to the very frame and then rests", () => {
  assert.equal(follow({ main_s: 50, second_s: 30, offset_s: 12, rate: 1, paused: true }).seek, 38);
  assert.equal(follow({ main_s: 50, second_s: 38.01, offset_s: 12, rate: 1, paused: true }).seek, null);
  assert.equal(follow({ main_s: 5, second_s: 3, offset_s: 12, rate: 1, paused: true }).seek, 0);
});

test("speed changes stay inaudible and invisible", () => {
  for (const late of [-0.49, -0.3, -0.05, 0.05, 0.3, 0.49]) {
    const { rate, seek } = follow({ main_s: 100, second_s: 100 - late, offset_s: 0, rate: 1, paused: false });
    assert.equal(seek, null);
    assert.ok(rate >= 0.75 && rate <= 1.25);
  }
});

test("a file is loaded shortly before it is seen", () => {
  assert.equal(isNear([[10, 30]], 1), false);
  assert.equal(isNear([[10, 30]], 3), true);
  assert.equal(isNear([[10, 30]], 31), true);
  assert.equal(isNear([[10, 30]], 33), false);
});
