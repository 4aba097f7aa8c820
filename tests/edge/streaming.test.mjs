// @ts-check
/**
 * Bodies flow through: nothing is held that need not be, nobody waits for the
 * end of what has begun, and no timer cuts what takes long.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { workerWith } from "../support/site.mjs";
import {
  drain,
  get,
  growthMb,
  MB,
  pour,
  request,
  serverWith,
} from "../support/streams.mjs";
import { test } from "../support/test.mjs";
import { signal, sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("../support/streams.mjs").Incoming} Incoming */
/** @typedef {import("../support/streams.mjs").Outgoing} Outgoing */

const LARGE = 200 * MB;
/** What a runtime may need for one large body on its way. */
const FLAT_MB = 24;
/** What it may need where a copy is made of a body up to the limit for copies. */
const FLAT_WITH_COPY_MB = 48;

/** @param {TestContext} t @param {(request: Incoming, response: Outgoing) => unknown} answer @param {unknown} [lastgood] */
async function streamed(t, answer, lastgood = {}) {
  const { url } = await serverWith(t, answer);
  const worker = await workerWith(t, {
    bindings: { ORIGIN: url, LASTGOOD: lastgood },
  });
  await drain(await get(worker.port, { path: "/warm", method: "HEAD" }));
  return worker;
}

/**
 * Answers with `bytes` bytes; HEAD with none.
 * @param {Record<string, string | number>} headers @param {number} bytes
 */
const large =
  (headers, bytes) =>
  (/** @type {Incoming} */ { method }, /** @type {Outgoing} */ response) => {
    response.writeHead(200, headers);
    return method === "HEAD" ? response.end() : pour(response, bytes);
  };

/** @type {[string, Record<string, string | number>, number, number][]} */
const DOWNLOADS = [
  [
    "a file",
    { "content-type": "application/octet-stream", "content-length": LARGE },
    LARGE,
    FLAT_MB,
  ],
  ["a stream", { "content-type": "application/octet-stream" }, LARGE, FLAT_MB],
  [
    "a page too large to keep",
    { "content-type": "text/html", "content-length": 80 * MB },
    80 * MB,
    FLAT_MB,
  ],
  [
    "a page of unknown length",
    { "content-type": "text/html" },
    80 * MB,
    FLAT_WITH_COPY_MB,
  ],
];

for (const [name, headers, bytes, limit] of DOWNLOADS)
  test(`a large download takes no memory: ${name}`, async (t) => {
    const worker = await streamed(t, large(headers, bytes));
    const growth = await growthMb(worker.pid(), async () => {
      assert.equal(await drain(await get(worker.port)), bytes);
    });
    assert.ok(growth < limit, `grew by ${growth.toFixed(0)} MB`);
  });

test("a page that is small only on the wire takes no memory", async (t) => {
  const packed = gzipSync(Buffer.alloc(LARGE, "<p>"));
  const coded = { "content-type": "text/html", "content-encoding": "gzip" };
  const worker = await streamed(t, (_, response) => {
    const length = { "content-length": packed.length };
    response.writeHead(200, { ...coded, ...length }).end(packed);
  });
  const headers = { "accept-encoding": "gzip" };
  const visit = async () => drain(await get(worker.port, { headers }));
  const growth = await growthMb(worker.pid(), async () => {
    assert.equal(await visit(), packed.length);
    await visit(); // answered when the first one's copy is dealt with
  });
  assert.ok(growth < FLAT_WITH_COPY_MB, `grew by ${growth.toFixed(0)} MB`);
});

for (const headers of [
  { "content-length": LARGE },
  { "transfer-encoding": "chunked" },
])
  test(`a large upload takes no memory: ${Object.keys(headers)}`, async (t) => {
    const worker = await streamed(t, async (asked, response) =>
      response.end(`${await drain(asked)}`),
    );
    const growth = await growthMb(worker.pid(), async () => {
      const { going, reply } = request(worker.port, {
        method: "POST",
        headers,
      });
      pour(going, LARGE);
      const pieces = await (await reply).toArray();
      assert.equal(Buffer.concat(pieces).toString(), `${LARGE}`);
    });
    assert.ok(growth < FLAT_MB, `grew by ${growth.toFixed(0)} MB`);
  });

test("an origin is not read faster than its visitor reads", async (t) => {
  let sent = 0;
  const worker = await streamed(t, ({ method }, response) => {
    if (method === "HEAD") return response.end();
    return pour(response, LARGE, (piece) => (sent += piece.length));
  });
  const reply = await get(worker.port);
  await once(reply, "readable");
  await until("it stands still", async () => {
    const before = sent;
    await sleep(150);
    return sent === before;
  });
  assert.ok(sent < 24 * MB, `${(sent / MB).toFixed(0)} MB went ahead`);
  reply.destroy();
});

const FIRST_AND_LAST = "<p>first<p>last";
/** @type {[string, Record<string, string | number>][]} */
const EARLY = [
  ["a stream", { "content-type": "text/event-stream" }],
  ["a page", { "content-type": "text/html" }],
  [
    "a page of known length",
    { "content-type": "text/html", "content-length": FIRST_AND_LAST.length },
  ],
];

for (const [name, headers] of EARLY)
  test(`the first bytes of a download are there before the last are sent: ${name}`, async (t) => {
    const arrived = signal();
    const worker = await streamed(t, async ({ method }, response) => {
      response.writeHead(200, headers);
      if (method === "HEAD") return response.end();
      response.write("<p>first");
      await arrived.promise;
      response.end("<p>last");
    });
    const reply = (await get(worker.port)).setEncoding("utf8");
    await until(
      "the first bytes are there",
      () => reply.readableLength > 0,
      2000,
    ).finally(arrived.resolve);
    assert.equal(reply.read(), "<p>first");
    assert.equal((await reply.toArray()).join(""), "<p>last");
  });

for (const [name, lastgood] of Object.entries({
  "on the quick way": {},
  "in an exchange": { attempt_header: "x-try" },
}))
  for (const headers of [{}, { "content-length": 100_000 }])
    test(`the first bytes of an upload are there before the last are sent: ${name}, ${Object.keys(headers)}`, async (t) => {
      const arrived = signal();
      const worker = await streamed(
        t,
        async (asked, response) => {
          if (asked.method === "HEAD") return response.end();
          asked.once("data", () => arrived.resolve());
          const { "content-length": length = "" } = asked.headers;
          response.end(`${await drain(asked)} ${length}`);
        },
        lastgood,
      );
      const method = "POST";
      const { going, reply } = request(worker.port, { method, headers });
      going.write("first");
      await arrived.promise;
      going.end("x".repeat(99_995));
      const length = headers["content-length"] ?? "";
      const seen = String(await (await reply).toArray());
      assert.equal(seen, `100000 ${length}`);
    });

/** Every time-out is shorter than what follows takes. */
const IMPATIENT = {
  ...{ attempt_timeout: "150ms", deadline: "300ms", soft_deadline: "100ms" },
  unsafe_deadline: "300ms",
};
const PIECES = 8;
const PAUSE_MS = 100;

/** @param {import("node:stream").Writable} sink */
async function drip(sink) {
  for (let piece = 0; piece < PIECES && !sink.destroyed; piece++) {
    sink.write("piece ");
    await sleep(PAUSE_MS);
  }
  sink.end();
}

for (const type of ["text/html", "application/octet-stream"])
  test(`a download slower than every time-out runs to its end: ${type}`, async (t) => {
    const worker = await streamed(
      t,
      ({ method }, response) => {
        response.writeHead(200, { "content-type": type });
        return method === "HEAD" ? response.end() : drip(response);
      },
      IMPATIENT,
    );
    assert.equal(await drain(await get(worker.port)), PIECES * "piece ".length);
    assert.deepEqual(worker.log.raw, []);
  });

test("a download that begins after a failure does too", async (t) => {
  let calls = 0;
  const worker = await streamed(
    t,
    ({ method }, response) => {
      if (method === "HEAD") return response.end();
      response.writeHead(++calls === 1 ? 502 : 200, {
        "content-type": "text/html",
      });
      return calls === 1 ? response.end() : drip(response);
    },
    { ...IMPATIENT, backoff: { base: "0ms", cap: "0ms" } },
  );
  assert.equal(await drain(await get(worker.port)), PIECES * "piece ".length);
});

/** @type {[string, string, Record<string, string>][]} */
const UPLOADS = [
  ["a POST", "POST", {}],
  ["a PUT with a key", "PUT", { "idempotency-key": "1" }],
];

for (const [name, method, headers] of UPLOADS)
  test(`an upload slower than every time-out runs to its end: ${name}`, async (t) => {
    const worker = await streamed(
      t,
      async (asked, response) => response.end(`${await drain(asked)}`),
      { ...IMPATIENT, body_limit: "10B" },
    );
    const { going, reply } = request(worker.port, { method, headers });
    drip(going);
    const seen = await reply;
    assert.equal(seen.statusCode, 200);
    assert.equal(String(await seen.toArray()), `${PIECES * "piece ".length}`);
  });

test("a visitor who leaves ends what the origin sends", async (t) => {
  const left = signal();
  let sent = 0;
  const worker = await streamed(t, ({ method }, response) => {
    if (method === "HEAD") return response.end();
    response.on("close", () => left.resolve());
    return pour(response, LARGE, (piece) => (sent += piece.length));
  });
  const reply = await get(worker.port);
  await once(reply, "readable");
  reply.destroy();
  await left.promise;
  assert.ok(sent < LARGE / 2, `${(sent / MB).toFixed(0)} MB were sent`);
});
