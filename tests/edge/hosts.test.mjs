// @ts-check
/**
 * Origins that are sent another `Host` than that of their URL, which takes a
 * client of our own: what passes through it, and what it refuses.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { hexedCode, HEX } from "../support/hexed.mjs";
import { rawOrigin } from "../support/raw.mjs";
import { BRISK, EAGER, HOST, siteWith, sourceOf } from "../support/site.mjs";
import { drain, MB, pour, request, serverWith } from "../support/streams.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("../support/site.mjs").SiteOptions} SiteOptions */

const MIRROR = "mirror.test";

/**
 * A site whose only origin, the scripted one or another, is asked as another host.
 * @param {TestContext} t @param {SiteOptions} options @param {string} [url]
 */
const mirrored = (t, options, url) =>
  siteWith(t, {
    lastgood: BRISK,
    ...options,
    origins: (own) => ({ url: url ?? own, host: MIRROR }),
  });

test("a page comes as it is, from the host that was asked for", async (t) => {
  const site = await mirrored(t, { script: ["200 size(100000)"] });
  const seen = await site.get("/a?b=c&d=%20%2F", {
    "x-a": "b",
    te: "trailers",
  });
  assert.equal(seen.status, 200);
  assert.equal(seen.headers["x-answer"], "O1#1");
  assert.equal(seen.headers["content-length"], "100000");
  assert.ok(seen.complete && seen.body.length === 100_000);
  assert.match(seen.text, /^<!doctype html>.*\[\[O1#1\]\][^]*<\/html>\n$/);
  const [call] = site.origin.calls;
  assert.equal(call.target, "/a?b=c&d=%20%2F");
  const { host, te, connection } = call.headers;
  assert.deepEqual(
    { host, te, connection },
    { host: MIRROR, te: undefined, connection: "close" },
  );
  assert.equal(call.headers["x-a"], "b");
  assert.equal(call.headers["cdn-loop"], "lastgood");
  assert.deepEqual(site.log.raw, []);
});

test("what is about the connection ends with it", async (t) => {
  const site = await mirrored(t, {
    script: [
      "200[Connection: X-Own | X-Own: a | Keep-Alive: timeout=5 | X-Kept: b]",
    ],
  });
  const seen = await site.get("/", {
    connection: "x-mine, keep-alive",
    "x-mine": "a",
    "keep-alive": "3",
  });
  assert.deepEqual(
    ["x-own", "keep-alive", "x-kept"].map((name) => seen.headers[name]),
    [undefined, undefined, "b"],
  );
  const { headers } = site.origin.calls[0];
  assert.equal(headers["x-mine"], undefined);
  assert.equal(headers["keep-alive"], undefined);
});

test("fields pass as through fetch: repeated, empty, beyond ASCII", async (t) => {
  const fields =
    "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nX-Wide: gr\u00fcn\r\nX-Room \t:  a b \t\r\n";
  const { url } = await rawOrigin(t, {
    bytes: Buffer.from(
      `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`,
    ),
  });
  const site = await mirrored(t, {}, url);
  const seen = await site.get("/");
  const cookies = seen.list.filter(([name]) => /^set-cookie$/i.test(name));
  assert.deepEqual(
    cookies.map(([, value]) => value),
    ["a=1", "b=2"],
  );
  assert.equal(
    Buffer.from(seen.headers["x-wide"], "latin1").toString(),
    "gr\u00fcn",
  );
  assert.equal(seen.headers["x-room"], "a b");
});

for (const [name, script, method, status] of /** @type {const} */ ([
  ["HEAD", "200 size(700)", "HEAD", 200],
  ["204", "204", "GET", 204],
  ["304", '200[ETag: "a"] cond', "GET", 304],
  ["a redirect", "302[Location: /b]", "GET", 302],
  ["an error of its own", "404", "GET", 404],
]))
  test(`it passes: ${name}`, async (t) => {
    const site = await mirrored(t, { script: [script] });
    const headers = /** @type {[string, string][]} */ ([
      ["If-None-Match", '"a"'],
    ]);
    const seen = await site.ask({ method, headers });
    assert.equal(seen.status, status);
    assert.ok(seen.complete);
    assert.equal(seen.extra, 0);
    if (method === "HEAD") assert.equal(seen.headers["content-length"], "700");
    if (status === 302) assert.equal(seen.headers.location, "/b");
  });

test("chunks pass, whatever they look like", async (t) => {
  const bytes =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
    "HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9999\r\n\r\n" +
    '4;a="b"\r\nWiki\r\n00A \r\npedia in c\r\n0\r\nX-Trailer: a\r\n\r\n';
  const { url, seen: origin } = await rawOrigin(t, { bytes });
  const site = await mirrored(t, {}, url);
  const seen = await site.get("/");
  assert.equal(seen.text, "Wikipedia in c");
  assert.equal(seen.headers["content-length"], undefined);
  await until("the connection is closed", () => origin.open === 0);
});

test("a length ends a body, though the connection stays", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok and more",
  });
  const site = await mirrored(t, {}, url);
  const seen = await site.get("/");
  assert.deepEqual([seen.text, seen.headers["content-length"]], ["ok", "2"]);
  assert.match(origin.heads[0], /\r\nhost: mirror\.test\r\n/);
  await until("the connection is closed", () => origin.open === 0);
});

test("without a length a body ends with the connection", async (t) => {
  const bytes = "HTTP/1.0 200 OK\nContent-Type: text/plain\n\nto the end";
  const { url } = await rawOrigin(t, { bytes, closes: true });
  const site = await mirrored(t, {}, url);
  const seen = await site.get("/");
  assert.equal(seen.text, "to the end");
  assert.ok(seen.complete);
});

test("what is packed passes packed, and is kept unpacked", async (t) => {
  const script = ["200 gzip", "502"];
  const site = await mirrored(t, { script });
  const seen = await site.get("/", { "accept-encoding": "br, gzip" });
  assert.equal(site.origin.calls[0].headers["accept-encoding"], "gzip");
  assert.equal(seen.headers["content-encoding"], "gzip");
  assert.equal(seen.headers["content-length"], `${seen.body.length}`);
  const page = gunzipSync(seen.body).toString();
  assert.match(page, /Opening hours/);
  await until("it is kept", () => site.worker.stored(`http://${HOST}/`));
  assert.equal(await site.worker.stored(`http://${HOST}/`), page);
  const copy = await site.get("/");
  assert.equal(sourceOf(copy), "copy");
  assert.match(copy.text, /Opening hours/);
  assert.equal(copy.headers["content-encoding"], undefined);
});

test("what is packed passes packed with other fields, too", async (t) => {
  const site = await mirrored(t, {
    script: ["502", "200 gzip", "200 gzip chunked"],
    lastgood: {
      ...BRISK,
      attempts: 2,
      attempts_per_origin: 2,
      mode: "off",
      backoff: { base: "0s", cap: "0s" },
    },
  });
  const seen = await site.get("/", { "accept-encoding": "gzip" });
  assert.equal(seen.headers["lastgood-attempt"], "2");
  assert.match(gunzipSync(seen.body).toString(), /Opening hours/);
  const chunked = await site.get("/", { "accept-encoding": "gzip" });
  assert.match(gunzipSync(chunked.body).toString(), /Opening hours/);
});

test("what nobody asked to be packed, and is, is not kept", async (t) => {
  const site = await mirrored(t, {
    script: { "/br": ["200[Content-Encoding: br]", "502"], "/": ["200"] },
  });
  const seen = await site.get("/br");
  assert.equal(site.origin.calls[0].headers["accept-encoding"], "identity");
  assert.match(seen.text, /Opening hours/);
  await site.get("/");
  await until("another is kept", () => site.worker.stored(`http://${HOST}/`));
  assert.equal(await site.worker.stored(`http://${HOST}/br`), null);
});

for (const how of ["cut(300)", "rst(300)"])
  test(`a body that breaks off is visibly cut, and not kept: ${how}`, async (t) => {
    const site = await mirrored(t, { script: [`200 ${how}`, "502"] });
    const seen = await site.get("/");
    assert.equal(seen.status, 200);
    assert.ok(!seen.complete);
    const line = await site.log.waitFor("the cut", ({ cause }) => cause);
    assert.equal(line.cause, "truncated");
    assert.equal(sourceOf(await site.get("/")), "answer");
  });

for (const how of ["chunked-cut(300)", "torn(300)"])
  test(`chunks that break off are not kept: ${how}`, async (t) => {
    const site = await mirrored(t, { script: [`200 ${how}`, "502"] });
    await site.get("/");
    await site.log.waitFor("the cut", ({ cause }) => cause === "truncated");
    assert.equal(sourceOf(await site.get("/")), "answer");
  });

const OK = "HTTP/1.1 200 OK\r\n";
const LONG = "x".repeat(70_000);
const NO_HTTP = {
  "another protocol": "SSH-2.0-OpenSSH_9.2p1\r\n\0\r\n",
  "half a head": `${OK}Content-Le`,
  nothing: "",
  "a status of two digits": "HTTP/1.1 20 OK\r\n\r\n",
  "a status above 599": "HTTP/1.1 999 Odd\r\n\r\n",
  "a switch of protocols": "HTTP/1.1 101 Switching\r\n\r\n",
  "another version": "HTTP/2.0 200 OK\r\n\r\n",
  "a field without a name": `${OK}: a\r\n\r\n`,
  "a line that is none": `${OK}nothing\r\n\r\n`,
  "a folded line": `${OK}X-A: a\r\n b\r\n\r\n`,
  "a control character": `${OK}X-A: a\0b\r\n\r\n`,
  "two lengths": `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  "a length below zero": `${OK}Content-Length: -1\r\n\r\nab`,
  "a length beyond numbers": `${OK}Content-Length: 99999999999999999999\r\n\r\na`,
  "another coding": `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  "chunked twice": `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  "a head without an end": `${OK}X-A: ${LONG}`,
  "a long head": `${OK}X-A: ${LONG}\r\n\r\n`,
  "a long head in short lines": `${OK}${`X-A: ${"x".repeat(900)}\r\n`.repeat(80)}\r\n`,
  "many fields": `${OK}${"X-A: a\r\n".repeat(101)}\r\n`,
  "announcements without an end": "HTTP/1.1 102 Processing\r\n\r\n".repeat(
    4000,
  ),
};

test("what is no HTTP is a failure like any other", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: (path) => Object.values(NO_HTTP)[Number(path.slice(1))],
    closes: true,
  });
  const always = { breaker: false, ejection: false, hold_down: false };
  const site = await mirrored(t, { lastgood: { ...BRISK, ...always } }, url);
  for (const [index, name] of Object.keys(NO_HTTP).entries()) {
    const seen = await site.get(`/${index}`);
    assert.equal(seen.status, 503, name);
    assert.equal(sourceOf(seen), "answer", name);
  }
  assert.equal(origin.heads.length, Object.keys(NO_HTTP).length);
  await until("all connections are closed", () => origin.open === 0);
});

for (const [name, chunks] of Object.entries({
  "a chunk without a size": "x\r\nab\r\n0\r\n\r\n",
  "a chunk below zero": "-1\r\nab\r\n0\r\n\r\n",
  "a chunk beyond numbers": "fffffffffffffffffff\r\nab\r\n0\r\n\r\n",
  "a chunk that goes on": "1\r\nab\r\n0\r\n\r\n",
  "a size without an end": `1;${LONG}\r\na\r\n0\r\n\r\n`,
  "trailers without an end": `0\r\n${`X-A: ${LONG}\r\n`.repeat(9)}`,
}))
  test(`it is not kept: ${name}`, async (t) => {
    const head = `${OK}Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { url } = await rawOrigin(t, {
      bytes: `${head}3\r\n<p>\r\n${chunks}`,
    });
    const site = await mirrored(t, {}, url);
    await site.get("/");
    await site.log.waitFor("the cut", ({ cause }) => cause === "truncated");
    assert.equal(await site.worker.stored(`http://${HOST}/`), null);
  });

for (const [name, script] of Object.entries({
  refuse: "refuse",
  reset: "reset",
  close: "close",
}))
  test(`a lost connection is a failure like any other: ${name}`, async (t) => {
    const site = await mirrored(t, { script: [script] });
    assert.equal(sourceOf(await site.get("/")), "answer");
    const line = await site.log.waitFor(
      "it",
      ({ shown }) => shown === "answer",
    );
    assert.equal(line.trail[0].cause, "network");
  });

test("an attempt that hangs is ended, with its connection", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, { bytes: "" });
  const lastgood = { ...BRISK, attempt_timeout: "200ms", deadline: "200ms" };
  const site = await mirrored(t, { lastgood }, url);
  const seen = await site.get("/");
  assert.equal(seen.status, 503);
  assert.ok(seen.ms < 1500);
  await until("the connection is closed", () => origin.open === 0);
});

test("so is one whose failure has a body that hangs", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 500\r\n\r\nhalf",
  });
  const site = await mirrored(t, {}, url);
  assert.equal(sourceOf(await site.get("/")), "answer");
  await until("the connection is closed", () => origin.open === 0);
});

test("the connection is closed when the visitor leaves", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: `${OK}Content-Length: 500\r\n\r\nhalf`,
  });
  const site = await mirrored(t, {}, url);
  const seen = await site.ask({ abortMs: 200 });
  assert.equal(seen.text, "half");
  await until("the connection is closed", () => origin.open === 0);
});

for (const chunked of [false, true])
  for (const size of [0, 10, 200_000])
    test(`an upload arrives: ${size} bytes${chunked ? ", in chunks" : ""}`, async (t) => {
      const site = await mirrored(t, { script: ["200 echo"] });
      const body = Buffer.alloc(size, "ten bytes.");
      const seen = await site.ask({ method: "POST", body, chunked, pieces: 3 });
      assert.equal(seen.status, 200);
      assert.ok(seen.body.equals(body));
      const { headers } = site.origin.calls[0];
      assert.equal(
        headers["transfer-encoding"],
        chunked ? "chunked" : undefined,
      );
      assert.equal(headers["content-length"], chunked ? undefined : `${size}`);
    });

test("a large body streams both ways", async (t) => {
  const { url } = await serverWith(t, (asked, response) =>
    asked.pipe(response),
  );
  const site = await mirrored(t, {}, url);
  const { going, reply } = request(site.worker.port, { method: "POST" });
  pour(going, 20 * MB);
  assert.equal(await drain(await reply), 20 * MB);
});

test("an early answer comes before the end of the upload", async (t) => {
  const { url } = await rawOrigin(t, {
    bytes: "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n",
  });
  const site = await mirrored(t, {}, url);
  const { going, reply } = request(site.worker.port, { method: "POST" });
  going.on("error", () => {});
  going.write("a".repeat(100_000));
  const seen = await reply;
  assert.equal(seen.statusCode, 413);
  seen.resume();
  await once(seen, "end");
  going.destroy();
});

test("a backup under another name answers for the first", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: `${OK}Content-Length: 2\r\n\r\nok`,
  });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...BRISK, attempts: 2 },
    origins: (own) => [own, { url, host: MIRROR }],
  });
  assert.equal((await site.get("/")).text, "ok");
  assert.equal(
    site.origin.calls[0].headers.host,
    new URL(site.origin.url).host,
  );
  assert.match(origin.heads[0], /\r\nhost: mirror\.test\r\n/);
});

for (const chunked of [false, true])
  test(`what is held for a second attempt has a length: ${chunked ? "in chunks" : "sized"}`, async (t) => {
    const site = await mirrored(t, {
      script: ["502", "200 echo"],
      lastgood: { ...EAGER, attempts_per_origin: 2, retry_unsafe: true },
    });
    const body = Buffer.alloc(50_000, "ten bytes.");
    const seen = await site.ask({ method: "PUT", body, chunked, pieces: 3 });
    assert.ok(seen.body.equals(body));
    const lengths = site.origin.calls.map((it) => it.headers["content-length"]);
    assert.deepEqual(lengths, ["50000", "50000"]);
  });

for (const at of ["open", "exchange_new"])
  test(`if the core fails, the host stays the same: ${at}`, async (t) => {
    const site = await mirrored(t, { code: hexedCode(at) });
    assert.equal((await site.get(`/${HEX}`)).status, 200);
    assert.equal(site.origin.calls[0].headers.host, MIRROR);
  });
