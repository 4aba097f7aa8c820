// @ts-check
/** What becomes of errors that nobody is shown. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, keep, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";

const TIMES = 12;

test("an origin that fails is spared new connections", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502"],
    lastgood: { ...BRISK, ...FORGETFUL },
  });
  await keep(site);
  const before = site.origin.connections;
  for (let i = 0; i < TIMES; i++)
    assert.equal((await site.get("/")).status, 200);
  const made = site.origin.connections - before;
  assert.ok(made <= 2, `${made} connections for ${TIMES} errors`);
});

test("an error whose body never comes holds nobody up", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502 slow(8000)"],
    lastgood: { ...BRISK, ...FORGETFUL },
  });
  await keep(site);
  for (let i = 0; i < TIMES; i++) {
    const seen = await site.get("/");
    assert.equal(seen.status, 200);
    assert.ok(seen.ms < 1000, `${seen.ms} ms`);
  }
  const answer = await site.get("/without-a-copy", { accept: "text/html" });
  assert.equal(answer.status, 503);
  assert.ok(answer.ms < 1000, `${answer.ms} ms`);
});
