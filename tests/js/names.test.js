import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, initials, maskName } from "../../web/static/js/lib/names.js";
import { endsClosed, fill, wordsOf } from "../../web/static/js/lib/words.js";

test("other people's names are masked in the middle", () => {
  assert.equal(maskName("김영희"), "김*희");
  assert.equal(maskName("이산"), "이*");
  assert.equal(maskName("남궁민수"), "남**수");
  assert.equal(maskName("John Smith"), "J*** S****");
  assert.equal(maskName("김"), "김");
  assert.equal(maskName(""), "");
});

test("initials", () => {
  assert.equal(initials("김영희"), "영희");
  assert.equal(initials("이산"), "이산");
  assert.equal(initials("John Smith"), "JS");
  assert.equal(initials("Prince"), "Pr");
  assert.equal(initials("  "), "?");
});

test("a person keeps their colour", () => {
  assert.equal(colourOf("peer-1", 6), colourOf("peer-1", 6));
  for (const id of ["a", "b", "긴 이름", ""]) assert.ok(colourOf(id, 6) >= 0 && colourOf(id, 6) < 6);
});

test("values are filled in, with the particle that fits the sound", () => {
  assert.equal(fill("{name} 님", { name: "김영희" }), "김영희 님");
  assert.equal(fill("{name|을/를} 봅니다", { name: "화면" }), "화면을 봅니다");
  assert.equal(fill("{name|을/를} 봅니다", { name: "강사" }), "강사를 봅니다");
  assert.equal(fill("{unknown}", {}), "{unknown}");
  assert.equal(endsClosed("3"), true);
  assert.equal(endsClosed("2"), false);
});

test("a value never becomes part of the sentence's grammar", () => {
  assert.equal(fill("{name}", { name: "{other}", other: "x" }), "{other}");
});

test("words of one language", () => {
  const words = wordsOf({ ko: { hello: "{name} 님" }, en: { hello: "Hello {name}" } }, "en");
  assert.equal(words("hello", { name: "Ann" }), "Hello Ann");
});
