// @ts-check
/**
 * Requests for one page that wait for one of them: what that one is answered is
 * not always what the page is to the others.
 */
import assert from "node:assert/strict";
import { tokenFor } from "../../scripts/rehearse/token.mjs";
import { EAGER, HOST, siteWith } from "../support/site.mjs";
import { codeWithStoreThat } from "../support/store.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

const SHARED = {
  ...EAGER,
  ...{ mode: "cache", collapse: { wait: "5s", age: "5s" } },
  attempts_per_origin: 2,
};
const SECRET = "a secret of the operator’s";
const WAITERS = Array.from({ length: 20 }, (_, index) => index);

/** @param {Site} site */
const wait = (site) => Promise.all(WAITERS.map(() => site.get("/")));

/** @param {Site} site @param {number} most */
async function oneAsksForAll(site, most) {
  for (const seen of await wait(site)) {
    assert.equal(seen.status, 200);
    assert.match(seen.text, /Opening hours/);
  }
  assert.ok(site.origin.count <= most, `${site.origin.count} calls`);
}

test("one who has the page already does not tell that it is not for keeping", async (t) => {
  const script = ['200[ma=60 | ETag: "a"] cond slow(300)'];
  const site = await siteWith(t, { script, lastgood: SHARED });
  const leader = site.get("/", { "if-none-match": '"a"' });
  await until("it asks", () => site.origin.count === 1);
  await oneAsksForAll(site, 3);
  assert.equal((await leader).status, 304);
});

test("nor does one who is rehearsed", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60] slow(800)", "200[Cache-Control: no-store]"],
    lastgood: SHARED,
    bindings: { LASTGOOD_SECRET: SECRET },
  });
  const leader = site.get("/");
  await until("it asks", () => site.origin.count === 1);
  const expires = Math.floor(Date.now() / 1000) + 60;
  const wish = { fault: "network", attempts: "1", host: HOST, expires };
  const token = tokenFor({ ...wish, secret: SECRET });
  const seen = await site.get("/", { "lastgood-rehearsal": token });
  assert.equal(seen.headers["lastgood-attempt"], "2");
  await oneAsksForAll(site, 2);
  assert.equal((await leader).status, 200);
});

test("one who is shown that it is not for keeping tells it", async (t) => {
  const script = ["200[Cache-Control: no-store] slow(300)"];
  const site = await siteWith(t, { script, lastgood: SHARED });
  const leader = site.get("/");
  await until("it asks", () => site.origin.count === 1);
  const start = performance.now();
  await wait(site);
  assert.equal((await leader).status, 200);
  assert.equal(site.origin.count, WAITERS.length + 1);
  assert.ok(performance.now() - start < 2000, "all at once");
});

const PARTS = '200[ma=60 | ETag: "a"] partial size(5000)';

for (const [what, asked] of /** @type {const} */ ([
  ["page", {}],
  ["part", { range: "bytes=0-999" }],
]))
  test(`who wants a part waits for the ${what} that is being stored`, async (t) => {
    const site = await siteWith(t, {
      script: [PARTS],
      lastgood: SHARED,
      code: codeWithStoreThat("putsSlowly"),
    });
    assert.equal((await site.get("/", asked)).complete, true);
    const seen = await site.get("/", { range: "bytes=10-19" });
    assert.equal(seen.status, 206);
    assert.equal(seen.headers["content-range"], "bytes 10-19/5000");
    assert.equal(seen.text.length, 10);
    assert.equal(site.origin.count, 1);
  });

test("who wants a part waits for no slow page, and keeps nobody from it", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=60 | ETag: "a"] slow(1500)', PARTS],
    lastgood: SHARED,
  });
  const leader = site.get("/");
  await until("it asks", () => site.origin.count === 1);
  const seen = await site.get("/", { range: "bytes=10-19" });
  assert.equal(seen.status, 206);
  assert.ok(seen.ms < 1000, `after ${seen.ms} ms`);
  await oneAsksForAll(site, 2);
  assert.equal((await leader).status, 200);
});

test("who waits for a variant finds it where it is, though another is the page", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=3 | Vary: Accept-Language] slow(200)"],
    lastgood: SHARED,
  });
  const read = (/** @type {string} */ language) =>
    site.get("/", { "accept-language": language });
  for (const language of ["de", "fr"]) {
    await read(language);
    const hit = async () =>
      /; hit/.test((await read(language)).headers["cache-status"]);
    await until(`there is a copy in ${language}`, hit);
  }
  await sleep(3500);
  const before = site.origin.count;
  await Promise.all([read("fr"), read("fr"), read("fr")]);
  assert.equal(site.origin.count, before + 1);
});
