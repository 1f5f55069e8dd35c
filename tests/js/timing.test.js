import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff_ms, formatClock, formatDate, formatSpan, formatTime, speakClock } from "../../web/static/js/lib/timing.js";

test("waits double from 0.3 s to 3 s and never fall below half", () => {
  const most = [0, 1, 2, 3, 4, 5, 50].map((attempt) => backoff_ms(attempt, () => 0.999999));
  assert.deepEqual(most, [300, 600, 1200, 2400, 3000, 3000, 3000]);
  const least = [0, 1, 2, 3, 4, 5, 50].map((attempt) => backoff_ms(attempt, () => 0));
  assert.deepEqual(least, [150, 300, 600, 1200, 1500, 1500, 1500]);
});

test("300 people cut off together come back spread over the whole wait", () => {
  const waits = Array.from({ length: 300 }, (_, index) => backoff_ms(4, () => index / 300));
  assert.ok(new Set(waits).size > 250);
});

test("running times", () => {
  assert.equal(formatClock(0), "0:00");
  assert.equal(formatClock(751.9), "12:31");
  assert.equal(formatClock(3723), "1:02:03");
  assert.equal(formatClock(-3), "0:00");
  assert.equal(formatClock(751, { hours: true }), "00:12:31");
  assert.equal(speakClock(3723, "ko"), "1시간 2분 3초");
  assert.equal(speakClock(60, "en"), "1 min");
  assert.equal(speakClock(0, "ko"), "0초");
});

test("times of day are Seoul's, whatever the clock of the device", () => {
  assert.equal(formatTime("2026-11-23T10:00:00Z", "ko"), "오후 7:00");
  assert.equal(formatTime("2026-11-23T15:05:00Z", "en"), "12:05 am");
  assert.equal(formatTime("2026-11-23T03:30:00Z", "ko"), "오후 12:30");
  assert.equal(formatDate("2026-11-23T15:05:00Z", "ko"), "2026. 11. 24.(화)");
  assert.equal(formatDate("2026-11-23T10:00:00Z", "en"), "Mon, 23 Nov 2026");
});

test("a span says the half of the day once when both ends agree", () => {
  assert.equal(formatSpan("2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z", "ko"), "오후 7:00~9:00");
  assert.equal(formatSpan("2026-11-23T02:00:00Z", "2026-11-23T04:00:00Z", "ko"), "오전 11:00~오후 1:00");
  assert.equal(formatSpan("2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z", "en"), "7:00–9:00 pm");
  assert.equal(formatSpan("2026-11-23T02:00:00Z", "2026-11-23T04:00:00Z", "en"), "11:00 am–1:00 pm");
});
