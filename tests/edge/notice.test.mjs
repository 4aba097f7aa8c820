// @ts-check
/** The line on a stale page: readable in every coding, in pages and nowhere else. */
import assert from "node:assert/strict";
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
} from "node:zlib";
import {
  ask,
  BRISK,
  HOST,
  keep,
  originWith,
  siteWith,
  sourceOf,
  workerWith,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Seen} Seen */

const NOTICE = /data-lastgood="notice"/;

/** @param {Seen} seen */
function decoded({ headers, body }) {
  const coding = headers["content-encoding"] ?? "identity";
  if (coding === "gzip") return gunzipSync(body).toString();
  if (coding === "br") return brotliDecompressSync(body).toString();
  assert.equal(coding, "identity");
  return body.toString();
}

const PAGE = Buffer.from(
  "<!doctype html><html><body><h1>Öffnungszeiten</h1></body></html>",
);

for (const [coding, bytes] of /** @type {[string, Buffer][]} */ ([
  ["gzip", gzipSync(PAGE)],
  ["br", brotliCompressSync(PAGE)],
]))
  for (const accepted of [coding, "gzip, br", "identity", ""])
    test(`a ${coding} page with the notice is readable: Accept-Encoding "${accepted}"`, async (t) => {
      const content = () => ({ type: "text/html; charset=utf-8", bytes });
      const origin = await originWith(
        t,
        [`200[Content-Encoding: ${coding}]`, "502"],
        { content },
      );
      const worker = await workerWith(t, {
        bindings: { ORIGIN: origin.url, LASTGOOD: BRISK },
      });
      await ask(worker.port);
      await until("it is kept", () => worker.stored(`http://${HOST}/`));
      const headers = /** @type {[string, string][]} */ ([
        ["Accept-Encoding", accepted],
      ]);
      const seen = await ask(worker.port, { headers });
      assert.equal(sourceOf(seen), "copy");
      const text = decoded(seen);
      assert.match(text, NOTICE);
      assert.match(text, /Öffnungszeiten/);
    });

/** @type {[string, string, Record<string, string>, boolean, object?][]} */
const NOTICED = [
  ["a document", "200", { "sec-fetch-dest": "document" }, true],
  ["a frame", "200", { "sec-fetch-dest": "iframe" }, true],
  ["a client that does not say", "200", {}, true],
  [
    "a script's fetch",
    "200",
    { "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" },
    false,
  ],
  [
    "a script's fetch, without a mode",
    "200",
    { "sec-fetch-dest": "empty" },
    false,
  ],
  ["an embedded object", "200", { "sec-fetch-dest": "object" }, false],
  ["JSON", "200[ma=60] type(application/json)", {}, false],
  ["a style sheet", "200 type(text/css)", {}, false],
  ["plain text", "200[ma=60] type(text/plain)", {}, false],
  ["where policy says no", "200", {}, false, { notice: false }],
];

for (const [name, script, headers, noticed, lastgood] of NOTICED)
  test(`the notice is ${noticed ? "" : "not "}in ${name}`, async (t) => {
    const site = await siteWith(t, {
      script: [script, "502"],
      lastgood: { ...BRISK, ...lastgood },
    });
    const fresh = await keep(site, "/", headers);
    const seen = await site.get("/", headers);
    assert.equal(sourceOf(seen), "copy");
    assert.equal(NOTICE.test(seen.text), noticed);
    if (!noticed) assert.ok(seen.body.equals(fresh.body));
  });

test("a page without a body element loses nothing", async (t) => {
  const bytes = Buffer.from(
    "<!doctype html><title>Terse</title><p>Open until six.",
  );
  const content = () => ({ type: "text/html", bytes });
  const origin = await originWith(t, ["200", "502"], { content });
  const worker = await workerWith(t, {
    bindings: { ORIGIN: origin.url, LASTGOOD: BRISK },
  });
  await ask(worker.port);
  await until("it is kept", () => worker.stored(`http://${HOST}/`));
  const seen = await ask(worker.port);
  assert.equal(sourceOf(seen), "copy");
  assert.match(seen.text, /<title>Terse<\/title><p>Open until six\./);
});
