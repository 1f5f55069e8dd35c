import assert from "node:assert/strict";
import { test } from "node:test";
import { isSilenced, losesSpeech, newsOf } from "../../web/static/js/room/news.js";
import { EMPTY, reduce } from "../../web/static/js/room/room-state.js";

const peer = (id, more = {}) => ({ peer: id, name: `이름 ${id}`, role: "learner", may_publish: false, invited: false, sources: [], muted: [], connected: true, ...more });
const room = (more = {}) => ({ lesson: "l", title: "", course: "", starts_at: "", ends_at: "", seq: 0, peers: [peer("t", { role: "instructor", may_publish: true }), peer("a"), peer("b")], hands: [], chat: [], slots: [], recording: "off", recording_since: null, recorded_s: 0, locked_chat: false, media: "up", ...more });
const entered = (role = "learner", more = {}) => reduce(EMPTY, { type: "welcome", peer: role === "instructor" ? "t" : "a", role, resume: "", now: "", media: [], room: room(more) });
const codes = (before, message) => newsOf(before, message, reduce(before, message)).map((news) => news.code);

test("one's own lines and hand are not news of others", () => {
  const line = (by) => ({ type: "chat-posted", seq: 1, line: { id: "1", peer: by, name: by, role: "learner", text: "글", at: "" } });
  assert.deepEqual(codes(entered(), line("a")), []);
  assert.deepEqual(codes(entered(), line("b")), ["chat-posted"]);
});

test("a raised hand is told to whoever raised it, with the place, and to the instructor", () => {
  const raised = (by) => ({ type: "hand-raised", seq: 1, peer: by, position: 1 });
  assert.deepEqual(codes(entered(), raised("a")), ["hand-up"]);
  assert.deepEqual(codes(entered(), raised("b")), []);
  const [news] = newsOf(entered("instructor"), raised("b"), reduce(entered("instructor"), raised("b")));
  assert.deepEqual(news, { code: "hand-raised", values: { name: "이름 b" } });
});

test("recording is told when it changes, and to whoever comes into a recorded class", () => {
  const on = { type: "recording-changed", seq: 1, recording: "on", recording_since: "", recorded_s: 0 };
  assert.deepEqual(codes(entered(), on), ["recording-on"]);
  assert.deepEqual(codes(reduce(entered(), on), { ...on, seq: 2 }), []);
  const welcome = { type: "welcome", peer: "a", role: "learner", resume: "", now: "", media: [], room: room({ recording: "on" }) };
  assert.deepEqual(codes(EMPTY, welcome), ["recording-on"]);
  assert.deepEqual(codes(reduce(EMPTY, welcome), welcome), [], "a resumed place knows it already");
});

test("an invitation is told once", () => {
  const changed = { type: "peer-changed", seq: 1, peer: peer("a", { invited: true }) };
  assert.deepEqual(codes(entered(), changed), ["invited"]);
  assert.deepEqual(codes(reduce(entered(), changed), { type: "invited", by: "이름 t" }), []);
});

test("losing the right to speak and being silenced are seen in our own entry only", () => {
  const speaking = (more = {}) => entered("learner", { peers: [peer("a", { may_publish: true, sources: ["microphone"], ...more }), peer("b", { may_publish: true })] });
  const change = (view) => ({ type: "peer-changed", seq: 1, peer: view });
  const after = (message) => reduce(speaking(), message);
  assert.equal(losesSpeech(speaking(), after(change(peer("a")))), true);
  assert.equal(losesSpeech(speaking(), after(change(peer("b")))), false);
  const silenced = change(peer("a", { may_publish: true, sources: ["microphone"], muted: ["microphone"] }));
  assert.equal(isSilenced(speaking(), after(silenced)), true);
  assert.equal(isSilenced(after(silenced), reduce(after(silenced), { ...silenced, seq: 2 })), false);
  assert.equal(isSilenced(EMPTY, speaking({ muted: ["microphone"] })), false);
});
