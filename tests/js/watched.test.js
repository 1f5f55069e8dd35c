import assert from "node:assert/strict";
import { test } from "node:test";

import { WatchMeter } from "../../web/static/js/replay/watched.js";

/** A player driven by a script; what the meter saw of it. */
function drive(steps, every_s = 0.25) {
  const meter = new WatchMeter();
  let [now_s, at_s, rate, playing] = [100, 0, 1, false];
  const sample = () => meter.receive({ now_s, at_s, rate, playing });
  sample();
  for (const step of steps) {
    if ("rate" in step) rate = step.rate;
    if ("seek" in step) at_s = step.seek;
    if ("sleep" in step) now_s += step.sleep;
    if ("playing" in step) playing = step.playing;
    sample();
    for (let left = step.run ?? 0; left > 1e-9; left -= every_s) {
      const length = Math.min(every_s, left);
      now_s += length;
      if (playing && !step.stalled) at_s += length * rate;
      sample();
    }
  }
  return meter.drain();
}

const total = (stretches) => stretches.reduce((sum, each) => sum + each.to_s - each.from_s, 0);
const wall = (stretches) => stretches.reduce((sum, each) => sum + each.ended_s - each.began_s, 0);
const near = (value, wanted, within) => assert.ok(Math.abs(value - wanted) <= within, `${value} is not ${wanted}`);

test("playing on is one stretch", () => {
  const found = drive([{ playing: true, run: 10 }]);
  assert.equal(found.length, 1);
  near(total(found), 10, 0.01);
});

test("double speed is double the seconds in the same time", () => {
  const found = drive([{ playing: true, run: 5 }, { rate: 2, run: 5 }]);
  near(total(found), 15, 0.01);
  near(wall(found), 10, 0.01);
});

test("a jump ends a stretch; what lies between was not watched", () => {
  const found = drive([{ playing: true, run: 4 }, { seek: 300, run: 4 }, { seek: 10, run: 4 }]);
  near(total(found), 12, 0.8);
  assert.deepEqual(found.map((each) => Math.round(each.from_s)), [0, 300, 10]);
});

test("stalls, pauses and sleep count nothing", () => {
  near(total(drive([{ playing: true, run: 5 }, { stalled: true, run: 20 }, { run: 5 }])), 10, 0.3);
  near(total(drive([{ playing: true, run: 5 }, { playing: false, run: 60 }, { playing: true, run: 5 }])), 10, 0.01);
  const slept = drive([{ playing: true, run: 5 }, { sleep: 3600, run: 5 }]);
  near(total(slept), 10, 0.5);
  near(wall(slept), 10, 0.5);
});

test("timers of a hidden tab come once a minute: the sound went on", () => {
  near(total(drive([{ playing: true, run: 600 }], 60)), 600, 0.1);
});

test("what is told is told once, and goes on in a new stretch", () => {
  const meter = new WatchMeter();
  for (let now_s = 0; now_s <= 10; now_s += 0.25) meter.receive({ now_s, at_s: now_s, rate: 1, playing: true });
  near(total(meter.drain()), 10, 0.01);
  assert.deepEqual(meter.drain(), []);
  for (let now_s = 10.25; now_s <= 20; now_s += 0.25) meter.receive({ now_s, at_s: now_s, rate: 1, playing: true });
  near(total(meter.drain()), 10, 0.01);
});
