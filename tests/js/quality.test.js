import assert from "node:assert/strict";
import { test } from "node:test";
import { SHRINK_AFTER_MS, Layers, stepFor } from "../../web/static/js/room/layers.js";
import { UNKNOWN, judge, look } from "../../web/static/js/room/quality.js";

const sample = (received, more = {}) => ({ received, lost: 0, frozen_s: 0, rtt_s: 0.02, uplinkLoss: 0, limited: false, ...more });

const grade = (before, after) => look(before, after).grade;
const cause = (before, after) => look(before, after).cause;

test("grades", () => {
  assert.equal(grade(sample(0), sample(400)), "good");
  assert.equal(grade(sample(0), sample(400, { lost: 15 })), "fair");
  assert.equal(grade(sample(0), sample(400, { lost: 60 })), "poor");
  assert.equal(grade(sample(0), sample(400, { rtt_s: 1 })), "poor");
  assert.equal(grade(sample(0), sample(400, { frozen_s: 1.2 })), "poor");
  assert.equal(grade(sample(0), sample(400, { limited: true })), "fair");
  assert.equal(grade(sample(0), sample(400, { uplinkLoss: 0.2 })), "poor");
});

test("every grade says where it comes from", () => {
  assert.equal(cause(sample(0), sample(400)), "none");
  assert.equal(cause(sample(0), sample(400, { detour: true })), "detour");
  assert.equal(cause(sample(0), sample(400, { lost: 60 })), "loss");
  assert.equal(cause(sample(0), sample(400, { rtt_s: 0.5 })), "far");
  assert.equal(cause(sample(0), sample(400, { uplinkLoss: 0.2 })), "uplink");
  assert.equal(cause(sample(0), sample(400, { frozen_s: 1.2 })), "sender");
  assert.equal(cause(sample(0), sample(400, { frozen_s: 1.2, lost: 8 })), "loss");
  assert.equal(cause(sample(0), sample(400, { overloaded: true })), "device");
});

test("what had to be sent again tells of the way up, although nothing is missing in the end", () => {
  const sent = (...streams) => ({ sent: Object.fromEntries(streams.map(([packets, repeated], ssrc) => [ssrc, { packets, repeated }])) });
  const heading = (before, after) => look(sample(0, before), sample(400, after));
  assert.deepEqual(heading(sent([90, 9]), sent([490, 109])), { grade: "poor", cause: "uplink" });
  assert.deepEqual(heading(sent([90, 9]), sent([290, 23])), { grade: "fair", cause: "uplink" });
  assert.equal(heading(sent([900, 90]), sent([60, 6])).cause, "none", "a new connection");
  assert.equal(heading(sent([90, 9]), sent([130, 29])).cause, "none", "too few");
  assert.equal(heading({}, sent([400, 100])).cause, "none", "a stream that has only begun");
  // what nobody watches is not asked for again, and carries the probes
  assert.equal(heading(sent([0, 0], [0, 0]), sent([150, 16], [900, 0])).cause, "uplink");
});

test("a picture that stands although it came is the device's fault or the sender's", () => {
  const shown = (n, decoded, dropped, frozen_s) => sample(n, { decoded, dropped, frozen_s });
  assert.deepEqual(look(shown(0, 0, 0, 0), shown(400, 20, 30, 1.2)), { grade: "poor", cause: "device" });
  assert.deepEqual(look(shown(0, 0, 0, 0), shown(400, 40, 20, 0.3)), { grade: "fair", cause: "device" });
  assert.deepEqual(look(shown(0, 0, 0, 0), shown(400, 50, 10, 0)), { grade: "fair", cause: "device" }, "it stutters without standing still");
  assert.deepEqual(look(shown(0, 0, 0, 0), shown(400, 57, 3, 0)), { grade: "good", cause: "none" });
  assert.deepEqual(look(shown(0, 0, 0, 0), shown(400, 20, 2, 1.2)), { grade: "poor", cause: "sender" });
});

test("sound without the picture that ought to come is told, a picture nobody sends is not missed", () => {
  const heard = (n, pictures, wanted) => sample(n, { voices: n, pictures, wanted });
  assert.deepEqual(look(heard(0, 90, "1"), heard(100, 90, "1")), { grade: "poor", cause: "sound-only" });
  assert.equal(cause(heard(0, 90, "1"), heard(100, 95, "1")), "none");
  assert.equal(cause(heard(0, 90, ""), heard(100, 90, "")), "none");
  assert.equal(cause(heard(0, 90, "1"), heard(100, 90, "2")), "none", "a picture that has only begun");
  assert.equal(cause(heard(0, 90, "1"), heard(0, 90, "1")), "none", "nothing comes at all: others notice that");
});

test("a cause changes when two samples agree", () => {
  let quality = judge(UNKNOWN, sample(0));
  const feed = (received, more) => (quality = judge(quality, sample(received, more))).cause;
  assert.deepEqual([feed(400, { rtt_s: 0.5 }), feed(800, { rtt_s: 0.5 })], ["none", "far"]);
  assert.deepEqual([feed(1200, { limited: true }), feed(1600, { rtt_s: 0.5 })], ["far", "far"]);
  assert.deepEqual([feed(2000, { limited: true }), feed(2400, { limited: true })], ["far", "uplink"]);
});

test("a handful of packets is no proof of loss", () => {
  assert.equal(grade(sample(0), sample(4, { lost: 3 })), "good");
});

test("the words get worse after two bad samples and better after three good ones, one step at a time", () => {
  let quality = judge(UNKNOWN, sample(0));
  let [received, lost] = [0, 0];
  const feed = (bad) => {
    received += 400;
    lost += bad ? 80 : 0;
    quality = judge(quality, sample(received, { lost }));
    return quality.grade;
  };
  assert.deepEqual([feed(true), feed(true)], ["good", "poor"]);
  assert.deepEqual([feed(false), feed(false), feed(false)], ["poor", "poor", "fair"]);
  assert.deepEqual([feed(false), feed(false), feed(false)], ["fair", "fair", "good"]);
  assert.deepEqual([feed(true), feed(false), feed(true), feed(false)], ["good", "good", "good", "good"]);
});

test("counters of a new connection are not compared with the old one's", () => {
  let quality = judge(judge(UNKNOWN, sample(5000, { lost: 900 })), sample(10, { lost: 5 }));
  assert.equal(quality.grade, "good");
  quality = judge(quality, sample(400, { lost: 5 }));
  assert.equal(quality.worse, 0);
});

test("heights are asked for in steps that show the picture well", () => {
  assert.deepEqual([0, 90, 200, 300, 600, 1000, 4000].map(stepFor), [0, 180, 180, 360, 720, 1080, 2160]);
});

test("more is asked at once, less only after it stayed small", () => {
  const layers = new Layers();
  assert.equal(layers.want("camera-0", 700, 0), 720);
  assert.equal(layers.want("camera-0", 700, 10), null);
  assert.equal(layers.want("camera-0", 150, 20), null);
  assert.equal(layers.want("camera-0", 150, 20 + SHRINK_AFTER_MS - 1), null);
  assert.equal(layers.want("camera-0", 150, 20 + SHRINK_AFTER_MS), 180);
  assert.equal(layers.want("camera-0", 1000, 2000), 1080);
});

test("a window dragged to and fro sends no storm", () => {
  const layers = new Layers();
  layers.want("camera-0", 700, 0);
  let wishes = 0;
  for (let now = 0; now < 10_000; now += 100) if (layers.want("camera-0", now % 200 ? 700 : 300, now) !== null) wishes += 1;
  assert.equal(wishes, 0);
});

test("a hidden picture is paused, a new connection is told everything again", () => {
  const layers = new Layers();
  layers.want("camera-0", 300, 0);
  assert.equal(layers.want("camera-0", 0, 100), null);
  assert.equal(layers.want("camera-0", 0, 100 + SHRINK_AFTER_MS), 0);
  assert.equal(layers.want("camera-0", 300, 5000), 360);
  layers.forget();
  assert.equal(layers.want("camera-0", 300, 5001), 360);
});
