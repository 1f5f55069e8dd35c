import assert from "node:assert/strict";
import { test } from "node:test";
import { TEXTS as EDIT } from "../../web/static/js/replay/edit-texts.js";
import { LIVE_TEXTS as LIVE } from "../../web/static/js/replay/live-texts.js";
import { TEXTS as REPLAY } from "../../web/static/js/replay/texts.js";
import { TEXTS as ROOM } from "../../web/static/js/room/texts.js";
import { CLOSE_NUMBERS, COME_BACK, ERROR_CODES } from "../../web/static/js/messages.js";
import { sentenceFor } from "../../web/static/js/room/views/notice-words.js";
import { wordsOf } from "../../web/static/js/lib/words.js";

for (const [name, texts] of Object.entries({ room: ROOM, replay: REPLAY, edit: EDIT, live: LIVE })) {
  test(`${name}: both languages have the same keys, none is empty`, () => {
    assert.deepEqual(Object.keys(texts.en).sort(), Object.keys(texts.ko).sort());
    for (const language of ["ko", "en"]) for (const [key, text] of Object.entries(texts[language])) assert.ok(text.trim(), `${language} ${key}`);
  });

  test(`${name}: both languages fill in the same values`, () => {
    const places = (text) => [...text.matchAll(/\{(\w+)/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(texts.ko)) assert.deepEqual(places(texts.en[key]), places(texts.ko[key]), key);
  });

  test(`${name}: English has no Hangul but the name of the language`, () => {
    for (const [key, text] of Object.entries(texts.en)) if (key !== "lobby.language") assert.doesNotMatch(text, /[가-힣]/, key);
  });
}

test("the names the contract promises", () => {
  const promised = {
    "lobby.join": ["수업 입장", "Join class"],
    "bar.record": ["녹화 시작", "Start recording"],
    "bar.record-stop": ["녹화 중지", "Stop recording"],
    "bar.screen": ["화면 공유", "Share screen"],
    "bar.end": ["수업 종료", "End class"],
    "bar.camera": ["카메라", "Camera"],
    "bar.microphone": ["마이크", "Microphone"],
    "bar.hand": ["손들기", "Raise hand"],
    "bar.leave": ["나가기", "Leave"],
    "chat.message": ["메시지", "Message"],
    "chat.send": ["보내기", "Send"],
    "panel.people": ["참가자", "Participants"],
    "panel.chat": ["채팅", "Chat"],
  };
  for (const [key, [ko, en]] of Object.entries(promised)) {
    assert.equal(ROOM.ko[key], ko);
    assert.equal(ROOM.en[key], en);
  }
  assert.equal(REPLAY.ko["player.play"], "재생");
  assert.equal(REPLAY.en["player.play"], "Play");
});

test("every code of the server that a person meets has its own sentence", () => {
  const silent = new Set(["bad-message", "bad-sdp", "no-view", "not-publishing", "media-lost", "empty"]);
  const words = wordsOf(ROOM, "ko");
  for (const code of ERROR_CODES) {
    if (!silent.has(code)) assert.notEqual(sentenceFor(code, {}, words).text, ROOM.ko["notice.unknown"], code);
  }
  for (const device of ["microphone", "camera", "screen"]) {
    for (const trouble of ["refused", "absent", "busy", "failed"]) assert.ok(`notice.${device}-${trouble}` in ROOM.ko, `${device} ${trouble}`);
  }
});

test("every way a stay can end for good has a page", () => {
  const passing = new Set([...COME_BACK, "hello-expected", "bad-message", "too-big", "too-fast"]);
  for (const code of Object.keys(CLOSE_NUMBERS)) if (!passing.has(code)) assert.ok(`over.${code}` in ROOM.ko, code);
});
