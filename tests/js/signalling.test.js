import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

/** Sockets that the test opens, closes and reads; the page's window and document as far as signalling listens to them. */
class FakeSocket {
  static OPEN = 1;
  static made = [];
  readyState = 0;
  bufferedAmount = 0;
  sent = [];
  constructor(url) {
    this.url = url;
    FakeSocket.made.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  close() {
    this.readyState = 3;
  }
}
globalThis.WebSocket = FakeSocket;
globalThis.window = new EventTarget();
globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
globalThis.fetch = () => Promise.reject(new Error("no network"));
const { Signalling } = await import("../../web/static/js/room/signalling.js");
const { TicketRefused } = await import("../../web/static/js/room/tickets.js");

const settle = () => new Promise((resolve) => setImmediate(resolve));
/** @type {any} */
let signalling;

function begin() {
  FakeSocket.made = [];
  const told = { over: null, statuses: [], tickets: [] };
  signalling = new Signalling({
    url: "ws://room",
    ticket: () => new Promise((give, refuse) => told.tickets.push({ give: () => give({ ticket: "t", expires_at_ms: Date.now() + 60_000 }), refuse })),
    resume: null,
    receive: () => {},
    status: (status) => told.statuses.push(status),
    over: (code) => (told.over = code),
  });
  signalling.start();
  return told;
}

afterEach(() => signalling.stop());

test("the line is built while the ticket is on its way, and hello is said when both are there", async () => {
  for (const lineFirst of [true, false]) {
    const told = begin();
    const [socket] = FakeSocket.made;
    lineFirst ? socket.open() : told.tickets[0].give();
    await settle();
    assert.deepEqual(socket.sent, []);
    lineFirst ? told.tickets[0].give() : socket.open();
    await settle();
    assert.equal(socket.sent[0].type, "hello");
    assert.equal(socket.sent[0].ticket, "t");
    assert.equal(FakeSocket.made.length, 1);
    signalling.stop();
  }
});

test("a refused ticket ends the stay and the line", async () => {
  const told = begin();
  FakeSocket.made[0].open();
  told.tickets[0].refuse(new TicketRefused("signed-out"));
  await settle();
  assert.equal(told.over, "signed-out");
  assert.equal(FakeSocket.made[0].readyState, 3);
  assert.deepEqual(FakeSocket.made[0].sent, []);
});

test("a line lost while the ticket is on its way is built anew, and the late ticket serves it", async () => {
  const told = begin();
  const [first] = FakeSocket.made;
  first.onclose();
  assert.equal(told.statuses.at(-1), "waiting");
  told.tickets[0].give();
  await settle();
  assert.deepEqual(first.sent, [], "nobody reads there any more");
  signalling.wake();
  await settle();
  const second = FakeSocket.made[1];
  second.open();
  await settle();
  assert.equal(second.sent[0].ticket, "t");
  assert.equal(told.tickets.length, 1);
});
