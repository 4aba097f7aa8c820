// @ts-check
/** Each behaviour does on the wire what its description says. */

import assert from "node:assert/strict";
import http from "node:http";
import { after, test } from "node:test";
import { send } from "../cases/runner/client.mjs";
import { judge } from "../cases/runner/expect.mjs";
import { ScriptedOrigin } from "./server.mjs";

/** @typedef {Partial<import("../cases/runner/client.mjs").Outgoing>} Wishes */
/** @typedef {Record<string, any>} Expectation */

/** @type {ScriptedOrigin[]} */
const started = [];
after(() => Promise.all(started.map((origin) => origin.stop())));

/** @param {unknown} script */
async function originWith(script) {
  const origin = await ScriptedOrigin.start({ name: "O1", script });
  started.push(origin);
  return origin;
}

/** A plain GET. */
const PLAIN = {
  hostname: "127.0.0.1",
  host: "test",
  method: "GET",
  target: "/",
  headers: [],
  body: null,
  chunked: false,
  pieces: 1,
  pauseMs: 0,
  abortMs: null,
  lingerMs: 20,
  limitMs: 2000,
};

/** @param {ScriptedOrigin} origin @param {Wishes} [wishes] */
const ask = ({ port }, wishes = {}) => send({ ...PLAIN, port, ...wishes });

/** @param {string} name @param {string} value @returns {Wishes} */
const header = (name, value) => ({ headers: [[name, value]] });

const HELLO = { method: "POST", body: Buffer.from("hello") };
const TAGGED = '200#t[ma=60 | ETag: "v1"] cond';

/** What a behaviour must look like to a client. @type {[string | object, Wishes, Expectation][]} */
const ANSWERS = [
  [
    "200",
    {},
    {
      status: 200,
      from: "O1#1",
      complete: true,
      bodyBytes: ">=200",
      bodyHas: "Opening hours",
    },
  ],
  [
    "502#x[X-A: 1 | Set-Cookie: a=b; Path=/]",
    {},
    {
      status: 502,
      from: "O1#x",
      headers: { "x-a": "1", "set-cookie": "a=b; Path=/" },
    },
  ],
  [
    "200[ma=1,sie=30,swr=5,mr,public]",
    {},
    {
      headers: {
        "cache-control":
          "max-age=1, stale-if-error=30, stale-while-revalidate=5, must-revalidate, public",
        date: "*",
        "x-answer": "O1#1",
      },
    },
  ],
  ["200 slow(80)", {}, { status: 200, ms: [75, 500] }],
  [
    "200 drip(20)",
    {},
    { status: 200, complete: true, from: "O1#1", ms: [190, 1000] },
  ],
  ["200 cut(150)", {}, { status: 200, complete: false, bodyBytes: 150 }],
  ["200 rst(150)", {}, { status: 200, complete: false, bodyBytes: 150 }],
  [
    "200 size(5000) cut(9000)",
    {},
    {
      complete: false,
      bodyBytes: 9000,
      headers: { "content-length": ">=9001" },
    },
  ],
  [
    "200 chunked",
    {},
    {
      complete: true,
      bodyBytes: ">=200",
      headers: { "transfer-encoding": "chunked", "content-length": null },
    },
  ],
  ["200 chunked-cut(150)", {}, { complete: false, bodyBytes: 150 }],
  ["200 torn(150)", {}, { complete: false, bodyBytes: 150 }],
  ["200 empty", {}, { status: 200, bodyBytes: 0, complete: true }],
  ["200 size(100000)", {}, { bodyBytes: 100000, from: "O1#1", complete: true }],
  ["200 echo", HELLO, { body: "hello" }],
  ["200 echo", { ...HELLO, chunked: true, pieces: 3 }, { body: "hello" }],
  [
    TAGGED,
    header("If-None-Match", 'W/"v0", "v1"'),
    { status: 304, bodyBytes: 0, extra: 0, headers: { etag: "*" } },
  ],
  [TAGGED, header("If-None-Match", '"v2"'), { status: 200, from: "O1#t" }],
  [
    "200[Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT] cond",
    header("If-Modified-Since", "Tue, 02 Jan 2024 00:00:00 GMT"),
    { status: 304 },
  ],
  [
    "200 reflect(x-who)",
    header("X-Who", "evil.test"),
    { bodyHas: "evil.test", from: "O1#1" },
  ],
  [
    "200 disguised(nginx)",
    {},
    { status: 200, from: null, bodyHas: "<center>nginx/" },
  ],
  ["200 disguised(haproxy)", {}, { bodyHas: "No server is available" }],
  ["200 disguised(varnish)", {}, { bodyHas: "Guru Meditation" }],
  [
    "200 type(application/json)",
    {},
    {
      json: true,
      from: "O1#1",
      headers: { "content-type": "application/json" },
    },
  ],
  [
    "200 gzip-cut(60)",
    {},
    {
      complete: true,
      bodyBytes: 60,
      headers: { "content-encoding": "gzip", "content-length": "60" },
    },
  ],
  ["200 gzip", {}, { from: "O1#1", headers: { "content-encoding": "gzip" } }],
  ["200 csrf", {}, { bodyHas: "csrf_token" }],
  [
    "200 partial",
    header("Range", "bytes=0-14"),
    {
      status: 206,
      bodyBytes: 15,
      headers: { "content-range": "~^bytes 0-14/" },
    },
  ],
  ["200 partial", {}, { status: 200, bodyBytes: ">=200" }],
  [
    "502",
    { method: "HEAD" },
    {
      status: 502,
      bodyBytes: 0,
      extra: 0,
      complete: true,
      headers: { "content-length": ">=200" },
    },
  ],
  ["204", {}, { status: 204, bodyBytes: 0, extra: 0, complete: true }],
  [
    "upgrade",
    header("Upgrade", "websocket"),
    { status: 101, headers: { upgrade: "websocket" } },
  ],
  [
    { early103: { Link: "</a.css>; rel=preload" }, then: "200" },
    {},
    { status: 200, interimHeaders: { link: "~a.css" }, complete: true },
  ],
  [
    { when: [{ header: "cookie", do: "403" }], else: "200" },
    header("Cookie", "a=1"),
    { status: 403 },
  ],
  [
    { when: [{ header: "cookie: a=2", do: "403" }], else: "200" },
    header("Cookie", "a=1"),
    { status: 200 },
  ],
  ["junk", {}, { complete: false }],
];

for (const [behaviour, wishes, expected] of ANSWERS) {
  test(`${JSON.stringify(behaviour)} ${JSON.stringify(wishes.headers ?? wishes.method ?? "")}`, async () => {
    const origin = await originWith([behaviour]);
    assert.deepEqual(judge(expected, await ask(origin, wishes), []), []);
  });
}

/** How a connection ends without an answer. @type {[string, RegExp][]} */
const ENDINGS = [
  ["refuse", /ECONNREFUSED/],
  ["reset", /ECONNRESET/],
  ["reset-on-connect", /ECONNRESET/],
  ["close", /^$/],
  ["close-on-connect", /^$/],
  ["hang", /no end within 200 ms/],
  ["junk", /not HTTP/],
];

for (const [behaviour, note] of ENDINGS) {
  test(`${behaviour} ends the connection as it says`, async () => {
    const exchange = await ask(await originWith([behaviour]), { limitMs: 200 });
    assert.equal(exchange.reply, null);
    assert.match(exchange.note, note);
  });
}

test("a port that refused is taken again", async () => {
  const origin = await originWith(["200"]);
  await origin.setScript(["refuse"]);
  assert.match((await ask(origin)).note, /ECONNREFUSED/);
  await origin.setScript(["200"]);
  assert.equal((await ask(origin)).reply?.status, 200);
  assert.equal(origin.count, 1);
});

test("a refusal that comes up in a script closes the idle connections too", async () => {
  const origin = await originWith(["200", "refuse"]);
  const agent = new http.Agent({ keepAlive: true });
  assert.equal(await status(origin, agent), 200);
  await assert.rejects(status(origin, agent), /ECONNREFUSED|ECONNRESET/);
  agent.destroy();
});

/** @param {ScriptedOrigin} origin @param {http.Agent} agent @returns {Promise<number | undefined>} */
function status({ port }, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: "127.0.0.1", agent }, (reply) => {
      reply.resume().on("end", () => setTimeout(resolve, 20, reply.statusCode));
    });
    request.on("error", reject);
  });
}

test("drop-reused drops a used connection and lets a new one pass", async () => {
  const origin = await originWith([
    "200",
    "drop-reused",
    "201",
    "drop-reused",
    "202",
  ]);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal(await status(origin, agent), 200);
  await assert.rejects(status(origin, agent), /ECONNRESET|hang up/);
  assert.equal(await status(origin, agent), 201);
  agent.destroy();
  assert.equal((await ask(origin)).reply?.status, 202);
  assert.deepEqual(
    origin.calls.map(({ fault, reused }) => [fault, reused]),
    [
      [null, false],
      ["drop-reused", true],
      [null, false],
      [null, false],
    ],
  );
});

test("early answers before the body is there, and still reads it", async () => {
  const origin = await originWith(["503 early"]);
  const upload = {
    method: "POST",
    body: Buffer.alloc(20_000),
    pieces: 2,
    pauseMs: 150,
  };
  const { reply, ms } = await ask(origin, { ...upload, lingerMs: 300 });
  assert.equal(reply?.status, 503);
  assert.ok(ms < 140, `${ms} ms`);
  assert.equal(origin.calls[0].body.length, 20_000);
});

test("the last behaviour repeats, paths are scripted apart", async () => {
  const origin = await originWith({ "/a": ["502", "200#a"], "*": ["404"] });
  const statuses = [];
  for (const target of ["/a", "/a?x=1", "/a", "/b"]) {
    statuses.push((await ask(origin, { target })).reply?.status);
  }
  assert.deepEqual(statuses, [502, 200, 200, 404]);
});
