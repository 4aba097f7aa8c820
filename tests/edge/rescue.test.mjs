// @ts-check
/**
 * An answer that breaks off becomes a second try or the copy, where it is held
 * until it is complete: for a minute after one broke off, or always.
 */
import assert from "node:assert/strict";
import { rawOrigin } from "../support/raw.mjs";
import { test } from "../support/test.mjs";
import { EAGER, HOST, siteWith, sourceOf } from "../support/site.mjs";
import { until } from "../support/until.mjs";

const CUT = "200#half size(8000) cut(4000)";
const WHOLE = "200#whole size(8000)";

test("held always: the first break is not seen", async (t) => {
  const lastgood = { ...EAGER, rescue: "64KiB" };
  const site = await siteWith(t, { script: [CUT, WHOLE], lastgood });
  const seen = await site.get("/");
  assert.equal(seen.status, 200);
  assert.match(seen.text, /#whole\]\]/);
  assert.equal(seen.body.length, 8000);
  const line = await site.log.waitFor("a line", ({ shown }) => shown);
  assert.equal(line.trail[0].cause, "truncated");
});

test("held after a break: the second one is not seen", async (t) => {
  const script = { "/a": [CUT], "/b": [CUT, WHOLE] };
  const site = await siteWith(t, { script, lastgood: EAGER });
  assert.equal((await site.get("/a")).complete, false);
  await site.log.waitFor("the break", ({ cause }) => cause === "truncated");
  const seen = await site.get("/b");
  assert.equal(seen.complete, true);
  assert.match(seen.text, /#whole\]\]/);
});

test("a copy stands in for half a page", async (t) => {
  const script = { "/": [WHOLE, CUT], "/other": [CUT] };
  const site = await siteWith(t, { script, lastgood: EAGER });
  await site.get("/");
  await until("it is kept", () => site.worker.stored(`http://${HOST}/`));
  await site.get("/other");
  await site.log.waitFor("the break", ({ cause }) => cause === "truncated");
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "copy");
  assert.match(seen.text, /#whole\]\]/);
});

test("without another way there is an answer, and no half page", async (t) => {
  const lastgood = { ...EAGER, attempts: 1, rescue: "64KiB" };
  const site = await siteWith(t, { script: [CUT], lastgood });
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "answer");
  assert.equal(seen.status, 503);
});

test("what is longer streams, and its break stays visible", async (t) => {
  const lastgood = { ...EAGER, rescue: "4KiB" };
  const site = await siteWith(t, { script: [CUT, WHOLE], lastgood });
  const seen = await site.get("/");
  assert.equal(seen.complete, false);
  assert.equal(site.origin.calls.length, 1);
});

test("what stalls goes out as it came, and ends with its visitor", async (t) => {
  const bytes =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\nhalf";
  const { url, seen: origin } = await rawOrigin(t, { bytes });
  for (const wishes of [{ rescue: "64KiB" }, { disguised: true }]) {
    const lastgood = { ...EAGER, soft_deadline: "100ms", ...wishes };
    const site = await siteWith(t, { lastgood, origins: () => url });
    const seen = await site.ask({ abortMs: 1500 });
    assert.equal(seen.text, "half");
    await until("the connection is closed", () => origin.open === 0);
  }
});

test("off: nothing is held", async (t) => {
  const script = { "/a": [CUT], "/b": [CUT, WHOLE] };
  const lastgood = { ...EAGER, rescue: "off" };
  const site = await siteWith(t, { script, lastgood });
  await site.get("/a");
  await site.log.waitFor("the break", ({ cause }) => cause === "truncated");
  assert.equal((await site.get("/b")).complete, false);
});

for (const script of ["200 size(8000)", "200 size(8000) gzip", "200 chunked"])
  test(`what is held arrives as it was: ${script}`, async (t) => {
    const lastgood = { ...EAGER, rescue: "64KiB" };
    const site = await siteWith(t, { script: [script], lastgood });
    const plain = await siteWith(t, {
      script: [script],
      lastgood: { ...EAGER, rescue: "off" },
    });
    const [held, passed] = [await site.get("/"), await plain.get("/")];
    assert.equal(held.complete, true);
    assert.equal(held.text, passed.text);
    assert.equal(held.headers["content-type"], passed.headers["content-type"]);
  });
