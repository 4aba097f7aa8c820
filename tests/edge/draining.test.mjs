// @ts-check
/** What becomes of errors that nobody is shown. */
import assert from "node:assert/strict";
import { rawOrigin } from "../support/raw.mjs";
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
  const silent = await rawOrigin(t, {
    bytes:
      "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n<html>",
  });
  const { get } = await siteWith(t, {
    origins: () => silent.url,
    lastgood: { ...BRISK, ...FORGETFUL },
  });
  for (const accept of ["text/html", "application/json"]) {
    const answer = await get("/", { accept });
    assert.equal(answer.status, 503);
    assert.ok(answer.ms < 1000, `${answer.ms} ms`);
  }
});
