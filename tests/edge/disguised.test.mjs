// @ts-check
/** Error pages that arrive as 200, and innocent pages that are as small. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import {
  EAGER,
  HOST,
  keep,
  originWith,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";

const LOOKS = { ...EAGER, disguised: true };
const NGINX = "200 disguised(nginx)";

test("another attempt", async (t) => {
  const site = await siteWith(t, { script: [NGINX, "200"], lastgood: LOOKS });
  const seen = await site.get("/");
  assert.match(seen.text, /Opening hours/);
  assert.equal(site.origin.count, 2);
  const line = await site.log.waitFor("it", ({ trail }) => trail);
  assert.equal(line.trail[0].cause, "disguised");
});

test("another origin", async (t) => {
  const other = await originWith(t, ["200"], { name: "O2" });
  const origins = (/** @type {string} */ own) => [own, other.url];
  const site = await siteWith(t, { script: [NGINX], lastgood: LOOKS, origins });
  assert.match((await site.get("/")).text, /\[\[O2#1\]\]/);
});

test("the copy, which stays", async (t) => {
  const site = await siteWith(t, { script: ["200", NGINX], lastgood: LOOKS });
  await keep(site);
  for (const _ of [1, 2]) {
    const seen = await site.get("/");
    assert.equal(sourceOf(seen), "copy");
    assert.match(seen.text, /Opening hours/);
  }
  assert.match(
    (await site.worker.stored(`http://${HOST}/`)) ?? "",
    /Opening hours/,
  );
});

test("an answer of our own", async (t) => {
  const site = await siteWith(t, { script: [NGINX], lastgood: LOOKS });
  const seen = await site.get("/");
  assert.equal(seen.status, 503);
  assert.equal(sourceOf(seen), "answer");
});

test("what is sent is not sent again for it", async (t) => {
  const site = await siteWith(t, { script: [NGINX], lastgood: LOOKS });
  await site.ask({ method: "POST", body: Buffer.from("x") });
  assert.equal(site.origin.count, 1);
});

for (const [name, script, text] of /** @type {[string, string, RegExp][]} */ ([
  ["a page", "200", /^<!doctype html>[^]*Opening hours[^]*<\/html>\n$/],
  [
    "in chunks",
    "200 chunked",
    /^<!doctype html>[^]*Opening hours[^]*<\/html>\n$/,
  ],
  ["a long one", "200 size(50000)", /^<!doctype html>[^]{49000,}<\/html>\n$/],
  [
    "a long one in chunks",
    "200 size(50000) chunked",
    /^<!doctype html>[^]{49000,}<\/html>\n$/,
  ],
  ["JSON", "200 type(application/json)", /^\{"mark"[^]*\}$/],
  ["empty, no page", "200 empty type(text/plain)", /^$/],
  ["a picture", "200 type(image/png)", /Opening hours/],
]))
  test(`an innocent body passes as it is: ${name}`, async (t) => {
    const options = { script: [script] };
    const plain = await (await siteWith(t, options)).get("/");
    const site = await siteWith(t, { ...options, lastgood: LOOKS });
    const seen = await site.get("/");
    assert.match(seen.text, text);
    assert.ok(seen.complete && seen.body.equals(plain.body));
    const { date: _a, ...mine } = seen.headers;
    const { date: _b, ...theirs } = plain.headers;
    assert.equal(mine["content-type"], theirs["content-type"]);
    assert.equal(
      mine["content-length"] ?? seen.body.length.toString(),
      `${plain.body.length}`,
    );
    assert.equal(site.origin.count, 1);
    assert.deepEqual(site.log.raw, []);
  });

test("an innocent page that is packed passes packed", async (t) => {
  const site = await siteWith(t, { script: ["200 gzip"], lastgood: LOOKS });
  const seen = await site.get("/", { "accept-encoding": "gzip" });
  assert.equal(seen.headers["content-encoding"], "gzip");
  assert.match(gunzipSync(seen.body).toString(), /Opening hours/);
});

test("HEAD has no body to look at", async (t) => {
  const site = await siteWith(t, {
    script: ["200 size(700)"],
    lastgood: LOOKS,
  });
  const seen = await site.ask({ method: "HEAD" });
  assert.equal(seen.status, 200);
  assert.equal(seen.headers["content-length"], "700");
  assert.equal(site.origin.count, 1);
});

for (const how of ["cut(150)", "rst(150)"])
  test(`a small body that breaks off is a failure, too: ${how}`, async (t) => {
    const site = await siteWith(t, {
      script: [`200 ${how}`, "200"],
      lastgood: LOOKS,
    });
    const seen = await site.get("/");
    assert.ok(seen.complete);
    assert.match(seen.text, /#2\]\]/);
  });
