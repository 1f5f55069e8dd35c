import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EMPTY, leader, listed, myHand, myself, pictures, recordedSeconds, reduce, reduceRoom } from "../../web/static/js/room/room-state.js";

const peer = (id, more = {}) => ({ peer: id, name: id, role: "learner", may_publish: false, invited: false, sources: [], muted: [], connected: true, ...more });
const teacher = peer("t", { role: "instructor", name: "박강사", may_publish: true, sources: ["microphone", "camera"] });
const room = (more = {}) => ({
  lesson: "l", title: "수업", course: "과정", starts_at: "2026-11-23T10:00:00.000Z", ends_at: "2026-11-23T12:00:00.000Z", seq: 10,
  peers: [teacher, peer("a"), peer("b")], hands: [], chat: [], slots: [{ slot: "camera-0", peer: "t", source: "camera" }],
  recording: "off", recording_since: null, recorded_s: 0, locked_chat: false, media: "up", ...more,
});
const welcome = (more = {}) => ({ type: "welcome", peer: "a", role: "learner", resume: "r", now: "2026-11-23T10:00:00.000Z", media: [], room: room(), ...more });
const after = (...messages) => messages.reduce(reduce, reduce(EMPTY, welcome()));
const line = (id, by = "b") => ({ id, peer: by, name: by, role: "learner", text: "글", at: "2026-11-23T10:00:00.000Z" });

test("recorded lessons: old snapshot and events make the new snapshot", () => {
  const path = process.env.RECORDED_LESSONS;
  if (!path) return; // run through test_js.py, which plays the lessons against the server's own room
  const lessons = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(lessons.length > 0);
  for (const { before, messages, snapshot } of lessons) {
    assert.deepEqual(messages.reduce(reduceRoom, before), snapshot);
  }
});

test("an event the snapshot already holds changes nothing", () => {
  const before = room();
  assert.equal(reduceRoom(before, { type: "hand-raised", seq: 10, peer: "a", position: 1 }), before);
  assert.equal(reduceRoom(before, { type: "reacted", peer: "a", reaction: "clap" }), before);
});

test("nothing before the welcome counts", () => {
  assert.equal(reduce(EMPTY, { type: "peer-left", seq: 1, peer: "a" }), EMPTY);
});

test("the old state is never written to", () => {
  const before = Object.freeze({ ...room(), peers: Object.freeze(room().peers), hands: Object.freeze([]), chat: Object.freeze([]), slots: Object.freeze(room().slots) });
  const messages = [
    { type: "hand-raised", seq: 11, peer: "a", position: 1 },
    { type: "chat-posted", seq: 12, line: line("1") },
    { type: "peer-changed", seq: 13, peer: peer("a", { muted: ["microphone"] }) },
    { type: "slot-changed", seq: 14, slot: "screen", peer: "t", source: "screen" },
    { type: "peer-left", seq: 15, peer: "b" },
  ];
  assert.equal(messages.reduce(reduceRoom, before).seq, 15);
});

test("our place in the queue follows the others", () => {
  const state = after(
    { type: "hand-raised", seq: 11, peer: "b", position: 1 },
    { type: "hand-raised", seq: 12, peer: "a", position: 2 },
  );
  assert.equal(myHand(state), 2);
  assert.equal(myHand(reduce(state, { type: "hand-lowered", seq: 13, peer: "b" })), 1);
});

test("a line sent twice stands once; the same id of another person is another line", () => {
  const state = after(
    { type: "chat-posted", seq: 11, line: line("1") },
    { type: "chat-posted", seq: 12, line: line("1") },
    { type: "chat-posted", seq: 13, line: line("1", "t") },
  );
  assert.equal(state.room.chat.length, 2);
});

test("an invitation opens, survives a reload, and goes when it is withdrawn", () => {
  let state = after({ type: "peer-changed", seq: 11, peer: peer("a", { invited: true }) }, { type: "invited", by: "박강사" });
  assert.equal(state.invitedBy, "박강사");
  state = reduce(state, { type: "peer-changed", seq: 12, peer: peer("a", { invited: false }) });
  assert.equal(state.invitedBy, null);
  const back = reduce(EMPTY, welcome({ room: room({ peers: [teacher, peer("a", { invited: true })] }) }));
  assert.equal(back.invitedBy, "박강사");
});

test("who we are and who leads", () => {
  const state = after();
  assert.equal(myself(state)?.peer, "a");
  assert.equal(leader(state)?.peer, "t");
});

test("pictures: only what a slot carries, nothing that is muted, the instructor first and ourselves last", () => {
  assert.deepEqual(pictures(after()).map((tile) => tile.id), ["t/camera"]);
  const state = after(
    { type: "peer-changed", seq: 11, peer: peer("a", { may_publish: true, sources: ["camera", "microphone"], muted: ["microphone"] }) },
    { type: "peer-changed", seq: 12, peer: peer("b", { may_publish: true, sources: ["camera"] }) },
    { type: "slot-changed", seq: 13, slot: "camera-1", peer: "b", source: "camera" },
    { type: "peer-changed", seq: 14, peer: { ...teacher, sources: ["microphone", "camera", "screen"] } },
    { type: "slot-changed", seq: 15, slot: "screen", peer: "t", source: "screen" },
  );
  assert.deepEqual(pictures(state).map((tile) => tile.id), ["t/camera", "t/screen", "b/camera", "a/camera"]);
  assert.deepEqual(pictures(state).map((tile) => tile.slot), ["camera-0", "screen", "camera-1", null]);
  const muted = reduce(state, { type: "peer-changed", seq: 16, peer: peer("b", { sources: ["camera"], muted: ["camera"] }) });
  assert.ok(!pictures(muted).some((tile) => tile.id === "b/camera"));
});

test("people are listed by what the class needs: instructor, hands in order, speakers, ourselves, the rest by name", () => {
  const people = [peer("z", { name: "가" }), peer("y", { name: "나" }), peer("me", { name: "하" }), peer("s", { name: "다", may_publish: true }), peer("h2", { name: "마" }), peer("h1", { name: "바" }), teacher];
  assert.deepEqual(listed(room({ peers: people, hands: ["h1", "h2"] }), "me").map((each) => each.peer), ["t", "h1", "h2", "s", "me", "z", "y"]);
});

test("the recording's running time goes on where it paused", () => {
  assert.equal(recordedSeconds(room({ recorded_s: 90 }), 0), 90);
  const on = room({ recording: "on", recorded_s: 90, recording_since: "2026-11-23T10:00:00.000Z" });
  assert.equal(recordedSeconds(on, Date.parse("2026-11-23T10:00:30.000Z")), 120);
  assert.equal(recordedSeconds(on, Date.parse("2026-11-23T09:59:00.000Z")), 90);
});
