// @ts-check
/**
 * What goes wrong beside the core and is no fault of its: it is got over, and
 * nothing that was learnt is forgotten for it.
 */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { EAGER, HOST, keep, siteWith, sourceOf } from "../support/site.mjs";
import { codeWithStoreThat } from "../support/store.mjs";
import { request } from "../support/streams.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

const CUT = "200#half size(8000) cut(4000)";
const WHOLE = "200#whole size(8000)";
/** By `/cut` it learns that answers break off; at `/after` it shows that it knows. */
const LEARNS = { "/cut": [CUT], "/after": [CUT, WHOLE] };

/** @param {Site} site */
async function learn(site) {
  assert.equal((await site.get("/cut")).complete, false);
  await site.log.waitFor("the break", ({ cause }) => cause === "truncated");
}

/** @param {Site} site */
async function knows(site) {
  assert.equal((await site.get("/after")).complete, true, "it has forgotten");
}

test("an upload that breaks off is nobody's fault", async (t) => {
  const site = await siteWith(t, { script: LEARNS, lastgood: EAGER });
  await learn(site);
  const headers = { "content-length": 1000 };
  const { going, reply } = request(site.worker.port, {
    method: "PUT",
    headers,
  });
  going.on("error", () => {});
  reply.catch(() => {});
  going.write("not all of it");
  await sleep(200);
  going.destroy();
  await sleep(300);
  assert.deepEqual(site.log.of("fault"), []);
  assert.equal(site.origin.count, 1, "nothing is sent on");
  await knows(site);
});

test("a copy that the store refuses is made again; all else is remembered", async (t) => {
  const site = await siteWith(t, {
    script: { ...LEARNS, "/": ["200"] },
    lastgood: EAGER,
    code: codeWithStoreThat("refusesOnce"),
  });
  await learn(site);
  assert.equal((await site.get("/")).status, 200);
  await site.log.waitFor("it", ({ error }) => /no room/.test(error));
  await keep(site);
  await knows(site);
});

test("what is refused as a copy is no reason to keep none", async (t) => {
  const script = ["200 disguised(nginx) chunked", "200 chunked"];
  const site = await siteWith(t, { script, lastgood: EAGER });
  await site.get("/");
  await site.log.waitFor("it", ({ cause }) => cause === "disguised");
  await keep(site);
  const stored = await site.worker.stored(`http://${HOST}/`);
  assert.match(stored ?? "", /Opening hours/);
});

test("what is packed small and held is kept within the limit", async (t) => {
  const site = await siteWith(t, {
    script: { "/": ["200 gzip size(20000)"], "/small": ["200 gzip"] },
    lastgood: { ...EAGER, rescue: "64KiB", copy_limit: "2KiB" },
  });
  const packed = { "accept-encoding": "gzip" };
  await site.get("/", packed);
  await keep(site, "/small", packed);
  assert.equal(await site.worker.stored(`http://${HOST}/`), null);
});

for (const [when, script] of Object.entries({
  "after a failure": ["502"],
  "at the soft deadline": ["hang"],
}))
  test(`a store that hangs holds nobody up for long, ${when}`, async (t) => {
    const site = await siteWith(t, {
      script,
      lastgood: { ...EAGER, deadline: "1s", soft_deadline: "500ms" },
      code: codeWithStoreThat("hangs"),
    });
    const seen = await site.get("/");
    assert.equal(sourceOf(seen), "answer");
    assert.ok(seen.ms < 3500, `after ${seen.ms} ms`);
  });

test("a store that hangs, and then the origin", async (t) => {
  const site = await siteWith(t, {
    script: ["hang"],
    lastgood: { ...EAGER, mode: "cache", deadline: "3s" },
    code: codeWithStoreThat("hangs"),
  });
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "answer");
  assert.ok(seen.ms < 6000, `after ${seen.ms} ms`);
});

test("whoever waits leaves nothing behind on the visitor's signal", async () => {
  // Its types are those of another runtime.
  const platform = new URL("../../src/edge/platform.js", import.meta.url);
  const { next } = await import(platform.href);
  const { signal } = new AbortController();
  const left = () => getEventListeners(signal, "abort").length;
  const running = [{ number: 1, promise: new Promise(() => {}) }];
  assert.equal(await next(running, 10, signal), undefined);
  assert.equal(left(), 0);
  await next([{ number: 1, promise: Promise.reject(0) }], 1000, signal);
  assert.equal(left(), 0);
});

for (const status of ["204", "205", "304", "999"])
  test(`a second answer passes as it can: ${status}`, async (t) => {
    const site = await siteWith(t, {
      script: ["502", `${status}[X-Kept: a]`],
      lastgood: { ...EAGER, attempts_per_origin: 2 },
    });
    const seen = await site.get("/", { "if-none-match": '"a"' });
    assert.equal(seen.status, Number(status));
    assert.equal(seen.headers["x-kept"], "a");
    assert.deepEqual(site.log.of("fault"), []);
  });
