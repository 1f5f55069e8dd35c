import assert from "node:assert/strict";
import { test } from "node:test";
import { chapterAt, chapterStep } from "../../web/static/js/replay/chapters.js";
import { asMedia, endOf, filmTime, mediaTime, shownSeconds, skipFrom } from "../../web/static/js/replay/cuts.js";
import { onFilmClock } from "../../web/static/js/replay/manifest.js";
import { parseStrip } from "../../web/static/js/replay/preview.js";
import { placesOf } from "../../web/static/js/replay/search.js";

const cuts = [{ from_s: 0, to_s: 10 }, { from_s: 40, to_s: 60 }, { from_s: 90, to_s: 100 }];

test("what was cut is jumped over, also at the beginning and the end", () => {
  assert.equal(skipFrom(cuts, 3), 10);
  assert.equal(skipFrom(cuts, 39), 39);
  assert.equal(skipFrom(cuts, 39.99), 60);
  assert.equal(skipFrom(cuts, 60), 60);
  assert.equal(endOf(cuts, 100), 90);
  assert.equal(endOf([], 100), 100);
  assert.equal(shownSeconds(cuts, 100), 60);
});

test("the film's clock and back", () => {
  for (const [media_s, film_s] of [[5, 0], [10, 0], [25, 15], [40, 30], [50, 30], [61, 31], [95, 60]]) assert.equal(filmTime(cuts, media_s), film_s);
  for (const [film_s, media_s] of [[0, 10], [15, 25], [31, 61]]) assert.equal(mediaTime(cuts, film_s), media_s);
});

test("a stretch of the film over a cut is two of the recording", () => {
  const found = asMedia(cuts, { from_s: 20, to_s: 40, began_s: 100, ended_s: 110 });
  assert.deepEqual(found, [
    { from_s: 30, to_s: 40, began_s: 100, ended_s: 105 },
    { from_s: 60, to_s: 70, began_s: 105, ended_s: 110 },
  ]);
});

test("on the film's clock there are no cuts", () => {
  const manifest = { duration_s: 100, cuts, chapters: [{ at_s: 61, title: "b" }], gaps: [{ from_s: 42, to_s: 50, reason: "disk" }], pauses: [{ at_s: 25 }], film: { duration_s: 60 }, preview: { vtt: "x", files: [] } };
  const film = onFilmClock(manifest);
  assert.deepEqual([film.duration_s, film.cuts, film.gaps, film.chapters[0].at_s, film.pauses[0].at_s], [60, [], [], 31, 15]);
});

test("chapters: the present one, the next, back to its beginning first", () => {
  const chapters = [{ at_s: 0, title: "a" }, { at_s: 30, title: "b" }, { at_s: 60, title: "c" }];
  assert.deepEqual([chapterAt(chapters, 0), chapterAt(chapters, 59.9), chapterAt(chapters, 60), chapterAt([], 5)], [0, 1, 2, -1]);
  assert.deepEqual([chapterStep(chapters, 31, 1), chapterStep(chapters, 70, 1), chapterStep(chapters, 40, -1), chapterStep(chapters, 31, -1), chapterStep(chapters, 1, -1)], [60, null, 30, 0, 0]);
});

test("words are found inside words, over spaces, in either case", () => {
  assert.deepEqual(placesOf("스마트폰 카메라를 켭니다", "카메라"), [[5, 8]]);
  assert.deepEqual(placesOf("스마트폰 카메라를 켭니다", "폰카메"), [[3, 7]]);
  assert.deepEqual(placesOf("HDR hdr", "Hdr"), [[0, 3], [4, 7]]);
  assert.deepEqual(placesOf("없음", " "), []);
  assert.deepEqual(placesOf("사진 교실", "스마트"), []);
});

test("the strip's pictures by the second; other lines are left out", () => {
  const strip = "WEBVTT\n\n00:00.000 --> 00:10.000\nstrip-1.jpg#xywh=0,0,160,90\n\n00:00:10.000 --> 01:00:20.500\nstrip-1.jpg#xywh=160,0,160,90\n\nNOTE no picture\n\n00:20.000 --> 00:30.000\nhttps://elsewhere/x.jpg\n";
  assert.deepEqual(parseStrip(strip), [
    { from_s: 0, to_s: 10, file: "strip-1.jpg", x: 0, y: 0, width: 160, height: 90 },
    { from_s: 10, to_s: 3620.5, file: "strip-1.jpg", x: 160, y: 0, width: 160, height: 90 },
  ]);
});
