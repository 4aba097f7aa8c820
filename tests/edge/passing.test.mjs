// @ts-check
/** What is not broken passes as it came, in both directions, to the byte. */
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import {
  ask,
  BRISK,
  HOST,
  originWith,
  siteWith,
  workerWith,
} from "../support/site.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */

const WITHOUT_BODY = ["GET", "HEAD", "OPTIONS", "TRACE", "LOCK", "MKCOL"];
const WITH_BODY = ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "QUERY"];

test("every method the runtime knows reaches the origin, once", async (t) => {
  const site = await siteWith(t, { script: ["200 echo"], lastgood: BRISK });
  for (const method of [...WITHOUT_BODY, ...WITH_BODY]) {
    const body = WITH_BODY.includes(method) ? Buffer.from(method) : null;
    const seen = await site.ask({ method, target: "/a?b=c&d=%20%2F", body });
    assert.equal(seen.status, 200, method);
    assert.equal(seen.text, body ? method : "");
    const call = site.origin.calls.pop();
    assert.equal(call?.method, method);
    assert.equal(call?.target, "/a?b=c&d=%20%2F");
    assert.equal(site.origin.calls.pop(), undefined, "asked once");
  }
  assert.deepEqual(site.log.raw, []);
});

const STATUSES = [
  200, 201, 205, 226, 299, 301, 308, 400, 404, 418, 451, 505, 599, 999,
];

test("every status passes, with its body", async (t) => {
  const scripts = STATUSES.map((status) => [`/${status}`, [`${status}`]]);
  const site = await siteWith(t, {
    script: Object.fromEntries(scripts),
    lastgood: BRISK,
  });
  for (const status of STATUSES)
    for (const method of ["GET", "POST"]) {
      const seen = await site.ask({ method, target: `/${status}` });
      assert.equal(seen.status, status);
      assert.ok(seen.complete);
      if (status !== 205) assert.match(seen.text, /Opening hours/);
    }
  assert.deepEqual(site.log.raw, []);
});

test("204 and 304 have no body and no length", async (t) => {
  const script = { "/none": ["204"], "/same": ['200[ETag: "a"] cond'] };
  const site = await siteWith(t, { script, lastgood: BRISK });
  const none = await site.get("/none");
  const same = await site.get("/same", { "if-none-match": '"a"' });
  for (const [seen, status] of /** @type {const} */ ([
    [none, 204],
    [same, 304],
  ])) {
    assert.equal(seen.status, status);
    assert.equal(seen.body.length, 0);
    assert.equal(seen.headers["content-length"], undefined);
    assert.equal(seen.headers["transfer-encoding"], undefined);
  }
});

test("a redirect is the visitor's to follow", async (t) => {
  const script = ["302[Location: /elsewhere]"];
  const site = await siteWith(t, { script, lastgood: BRISK });
  const seen = await site.get("/");
  assert.equal(seen.status, 302);
  assert.equal(seen.headers.location, "/elsewhere");
  assert.equal(site.origin.count, 1);
});

test("repeated headers stay apart, odd ones stay as they are", async (t) => {
  const utf8 = Buffer.from("Grüße, 世界").toString("latin1");
  const script = [
    `200[Set-Cookie: a=1; Path=/ | Set-Cookie: b=2; HttpOnly | X-Utf: ${utf8} | Link: </a>; rel=preload | Link: </b>; rel=preload]`,
  ];
  const site = await siteWith(t, { script, lastgood: BRISK });
  const { list } = await site.get("/");
  const all = (/** @type {string} */ wanted) =>
    list
      .filter(([name]) => name.toLowerCase() === wanted)
      .map(([, value]) => value);
  assert.deepEqual(all("set-cookie"), ["a=1; Path=/", "b=2; HttpOnly"]);
  assert.deepEqual(all("x-utf"), [utf8]);
  assert.equal(all("link").join(", "), "</a>; rel=preload, </b>; rel=preload");
});

test("a healthy reply has no header of ours", async (t) => {
  const site = await siteWith(t, { script: ["200"] });
  const through = await site.get("/");
  const direct = await ask(site.origin.port);
  const names = (/** @type {typeof direct} */ { headers }) =>
    Object.keys(headers).sort();
  assert.deepEqual(names(through), names(direct));
});

test("what a visitor says of himself reaches the origin", async (t) => {
  const site = await siteWith(t, { script: ["200"], lastgood: BRISK });
  const said = {
    ...{ accept: "text/html;q=0.9, */*;q=0.1", "accept-language": "de" },
    ...{
      cookie: "a=1; b=2",
      authorization: "Basic eDp5",
      "user-agent": "test/1",
    },
    ...{ "x-empty": "", range: "bytes=0-9", "if-match": '"v"' },
  };
  await site.get("/", said);
  const [{ headers }] = site.origin.calls;
  for (const [name, value] of Object.entries(said))
    assert.equal(headers[name], value, name);
});

const PAGE = Buffer.from(
  `<!doctype html><body>${"Opening hours. ".repeat(999)}`,
);
/** @type {[string, string, Buffer][]} */
const CODED = [
  ["gzip", "[Content-Encoding: gzip]", gzipSync(PAGE)],
  ["br", "[Content-Encoding: br]", brotliCompressSync(PAGE)],
  [
    "a coding nobody knows",
    "[Content-Encoding: x-own]",
    Buffer.from([0, 255, 254, 13, 10]),
  ],
  ["no coding", "", PAGE],
];

for (const [name, header, bytes] of CODED)
  for (const framing of ["", " chunked"])
    test(`${name}${framing}: the body is the origin's to the byte, also while it is kept`, (t) =>
      checkBytes(t, `200${header}${framing}`, bytes));

/** @param {TestContext} t @param {string} script @param {Buffer} bytes */
async function checkBytes(t, script, bytes) {
  const content = () => ({ type: "text/html", bytes });
  const origin = await originWith(t, [script], { content });
  const worker = await workerWith(t, { bindings: { ORIGIN: origin.url } });
  const headers = /** @type {[string, string][]} */ ([
    ["Accept-Encoding", "gzip, br"],
  ]);
  const first = await ask(worker.port, { headers });
  await until("it is kept", () => worker.stored(`http://${HOST}/`));
  const second = await ask(worker.port, { headers });
  for (const seen of [first, second]) {
    assert.ok(seen.complete);
    assert.ok(
      seen.body.equals(bytes),
      `${seen.body.length} bytes of ${bytes.length}`,
    );
  }
}

test("HEAD has the headers of GET and no body", async (t) => {
  const site = await siteWith(t, {
    script: ["200 size(5000)"],
    lastgood: BRISK,
  });
  const seen = await site.ask({ method: "HEAD" });
  assert.equal(seen.status, 200);
  assert.equal(seen.headers["content-length"], "5000");
  assert.equal(seen.body.length + seen.extra, 0);
});
