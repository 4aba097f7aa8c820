// @ts-check
/** What becomes of a page that is renewed behind the reply, if it can't be kept. */
import assert from "node:assert/strict";
import { EAGER, keep, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

const STALE = "Cache-Control: public, max-age=0, stale-while-revalidate=60";

/** @param {Site} site @param {number} count */
const asked = (site, count) =>
  until(`it is asked ${count} times`, () => site.origin.count === count);

test("who wants the head alone renews nothing, and keeps nobody from it", async (t) => {
  const site = await siteWith(t, {
    script: [`200[${STALE}]`],
    lastgood: { ...EAGER, mode: "cache" },
  });
  await keep(site);
  const before = site.origin.count;
  const seen = await site.ask({ method: "HEAD" });
  assert.equal(seen.status, 200);
  await sleep(300);
  assert.equal(site.origin.count, before);
  await site.get("/");
  await asked(site, before + 1);
});

test("a renewal that can't be kept keeps nobody from asking", async (t) => {
  const own = `200[Set-Cookie: a=b; ${STALE}]`;
  const site = await siteWith(t, {
    script: [`200[${STALE}]`, own],
    lastgood: { ...EAGER, mode: "cache" },
  });
  await keep(site);
  const seen = await site.get("/", { cookie: "sid=1" });
  assert.equal(sourceOf(seen), "copy");
  await asked(site, 2);
  await sleep(200);
  await site.get("/");
  await asked(site, 3);
});

for (const lastgood of [{ deadline: "500ms" }, { attempt_timeout: "200ms" }])
  test(`a renewal that hangs is over in time, with ${JSON.stringify(lastgood)}`, async (t) => {
    const site = await siteWith(t, {
      script: [`200[${STALE}]`, "hang"],
      lastgood: { ...EAGER, mode: "cache", hold_down: false, ...lastgood },
    });
    await keep(site);
    await site.get("/");
    await asked(site, 2);
    await sleep(1200);
    await site.get("/");
    await asked(site, 3);
  });
