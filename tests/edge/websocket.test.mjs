// @ts-check
/** WebSockets pass as if nobody stood in between: both ways, to the close code. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { EAGER, originWith, workerWith } from "../support/site.mjs";
import { serverWith } from "../support/streams.mjs";
import { test } from "../support/test.mjs";
import { signal, sleep } from "../support/until.mjs";
import {
  acceptWebSockets,
  BINARY,
  openWebSocket,
  TEXT,
  WebSocketEnd,
} from "../support/websocket.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */

/** Every time-out is shorter than the sockets live. */
const IMPATIENT = {
  ...{ attempt_timeout: "100ms", deadline: "150ms", unsafe_deadline: "150ms" },
  soft_deadline: "50ms",
};

/**
 * Both ends of one WebSocket through the worker.
 * @param {TestContext} t
 * @param {(url: string) => unknown} [origins] makes ORIGIN of the server's URL
 */
async function pair(t, origins = (url) => url) {
  const { server, url } = await serverWith(t, () => {});
  /** @type {{ promise: Promise<WebSocketEnd>, resolve: (end: WebSocketEnd) => void }} */
  const accepted = signal();
  acceptWebSockets(server, (end, { url: path }) => {
    assert.equal(path, "/live?room=1");
    accepted.resolve(end);
  });
  const worker = await workerWith(t, {
    bindings: { ORIGIN: origins(url), LASTGOOD: IMPATIENT },
  });
  const protocol = { "sec-websocket-protocol": "chat" };
  const { reply, end } = await openWebSocket(
    worker.port,
    "/live?room=1",
    protocol,
  );
  assert.equal(reply.statusCode, 101);
  assert.equal(reply.headers["sec-websocket-protocol"], "chat");
  const origin = await accepted.promise;
  t.after(() => [end, origin].forEach((each) => each?.socket.destroy()));
  return { visitor: /** @type {WebSocketEnd} */ (end), origin, worker };
}

/** @param {WebSocketEnd} from @param {WebSocketEnd} to @param {string | Buffer} message */
async function passes(from, to, message) {
  const arrived = once(to, "message");
  from.send(message);
  const [payload, kind] = await arrived;
  assert.ok(payload.equals(Buffer.from(message)), `${payload}`);
  assert.equal(kind, typeof message === "string" ? TEXT : BINARY);
}

test("messages pass both ways, for longer than every time-out", async (t) => {
  const { visitor, origin, worker } = await pair(t);
  for (let round = 0; round < 3; round++) {
    await passes(visitor, origin, `Grüße ${round}`);
    await passes(origin, visitor, Buffer.from([0, 255, round]));
    await passes(visitor, origin, Buffer.alloc(50_000, "x"));
    await sleep(100);
  }
  assert.deepEqual(worker.log.raw, []);
});

const OUT = { url: "http://127.0.0.1:1", down: true };

for (const before of [[], [OUT]])
  test(`messages pass though the origin has another host: behind ${before.length}`, async (t) => {
    const origins = (/** @type {string} */ url) => [
      ...before,
      { url, host: "mirror.test" },
    ];
    const { visitor, origin } = await pair(t, origins);
    await passes(visitor, origin, "there");
    await passes(origin, visitor, "and back");
  });

test("a second attempt may succeed", async (t) => {
  const { server, url } = await serverWith(t, () => {});
  /** @type {{ promise: Promise<WebSocketEnd>, resolve: (end: WebSocketEnd) => void }} */
  const accepted = signal();
  server.once("upgrade", (_, socket) => {
    socket.end(
      "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    acceptWebSockets(server, accepted.resolve);
  });
  const worker = await workerWith(t, {
    bindings: {
      ORIGIN: url,
      LASTGOOD: { ...EAGER, attempts_per_origin: 2 },
    },
  });
  // What carries a control field does not go aside.
  const control = { "lastgood-remaining": "5000" };
  const { reply, end } = await openWebSocket(worker.port, "/live", control);
  assert.equal(reply.statusCode, 101);
  const origin = await accepted.promise;
  t.after(() => [end, origin].forEach((each) => each?.socket.destroy()));
  await passes(/** @type {WebSocketEnd} */ (end), origin, "there");
  assert.deepEqual(worker.log.of("fault"), []);
});

for (const [closer, other] of /** @type {const} */ ([
  ["visitor", "origin"],
  ["origin", "visitor"],
])) {
  test(`a close code and its reason reach the ${other}`, async (t) => {
    const ends = await pair(t);
    const closing = once(ends[other], "closing");
    ends[closer].close(4001, "closing time");
    assert.deepEqual(await closing, [4001, "closing time"]);
  });

  test(`the loss of the ${closer} ends the ${other}`, async (t) => {
    const ends = await pair(t);
    const over = Promise.race([
      once(ends[other], "gone"),
      once(ends[other], "closing"),
    ]);
    ends[closer].socket.destroy();
    // A runtime may notice only when there is something to send.
    const sending = setInterval(() => ends[other].send("still there?"), 50);
    await over.finally(() => clearInterval(sending));
  });
}

/** @type {[string, string, number][]} */
const REFUSALS = [
  ["the origin says no", "403", 403],
  ["the origin does not upgrade", "200", 200],
  ["a gateway says 502", "502", 502],
  ["the connection is reset", "reset", 503],
  ["nobody listens", "refuse", 503],
];

for (const [name, script, status] of REFUSALS)
  test(`an upgrade is refused: ${name}`, async (t) => {
    const origin = await originWith(t, [script]);
    const worker = await workerWith(t, { bindings: { ORIGIN: origin.url } });
    const { reply } = await openWebSocket(worker.port, "/live");
    assert.equal(reply.statusCode, status);
    assert.ok(origin.count <= 1, "asked once");
    reply.resume();
  });
