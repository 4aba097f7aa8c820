// @ts-check
/**
 * Visitors who leave before they are answered: nothing more is asked for them,
 * and nobody who waited for them goes without. A visitor leaves by a reset, which
 * is what the runtime notices.
 */
import assert from "node:assert/strict";
import { EAGER, originWith, siteWith, sourceOf } from "../support/site.mjs";
import { rawOrigin } from "../support/raw.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

/** @param {Site} site @param {Record<string, unknown>} [wishes] */
const leave = (site, wishes) =>
  site.ask({ abortMs: 150, ...wishes }).then(
    () => assert.fail("it was answered"),
    () => {},
  );

test("in a pause: the next attempt is not made", async (t) => {
  const lastgood = { ...EAGER, attempts: 3, deadline: "5s" };
  const script = ["503[Retry-After: 1]", "200"];
  const site = await siteWith(t, { script, lastgood });
  await leave(site);
  await sleep(1300);
  assert.equal(site.origin.count, 1);
  assert.deepEqual(site.log.raw, []);
});

for (const [name, lastgood] of Object.entries({
  "of an unwatched attempt": {},
  "of a watched one": { attempt_header: "x-try" },
  "of two at once": { hedge: { after: "50ms" }, attempts_per_origin: 2 },
}))
  for (const method of ["GET", "POST"])
    test(`in the middle ${name}: its connection is closed, ${method}`, async (t) => {
      const { url, seen: origin } = await rawOrigin(t, { bytes: "" });
      const site = await siteWith(t, {
        lastgood: { ...EAGER, ...lastgood },
        origins: () => url,
      });
      await leave(site, {
        method,
        body: method === "POST" ? Buffer.from("x") : null,
      });
      const begun = origin.heads.length;
      assert.equal(begun, "hedge" in lastgood && method === "GET" ? 2 : 1);
      await until("the connections are closed", () => origin.open === 0);
      await sleep(200);
      assert.equal(origin.heads.length, begun, "and nothing more is asked");
      assert.deepEqual(site.log.raw, []);
    });

test("in the middle of a second attempt: its connection is closed", async (t) => {
  const { url, seen: origin } = await rawOrigin(t, { bytes: "" });
  const first = await originWith(t, ["502"]);
  const site = await siteWith(t, {
    lastgood: { ...EAGER, attempts: 3, attempts_per_origin: 2 },
    origins: () => [first.url, url],
  });
  await leave(site);
  await until("the connection is closed", () => origin.open === 0);
  await sleep(200);
  assert.deepEqual([first.count, origin.heads.length], [1, 1]);
});

test("in the middle of a page: its connection is closed", async (t) => {
  const bytes = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf";
  const { url, seen: origin } = await rawOrigin(t, { bytes });
  for (const lastgood of [EAGER, { ...EAGER, rescue: "off" }]) {
    const site = await siteWith(t, { lastgood, origins: () => url });
    assert.equal((await site.ask({ abortMs: 150 })).text, "half");
    await until("the connection is closed", () => origin.open === 0);
  }
});

const SHARED = {
  ...EAGER,
  ...{ mode: "cache", collapse: { wait: "5s", age: "5s" }, attempts: 1 },
};
const WAITERS = Array.from({ length: 20 }, (_, index) => index);

/** @param {Site} site */
const wait = (site) => Promise.all(WAITERS.map(() => site.get("/")));

test("those who wait for a page get it by one request", async (t) => {
  const script = ["200[ma=60] slow(300)"];
  const site = await siteWith(t, { script, lastgood: SHARED });
  for (const seen of await wait(site)) assert.equal(seen.status, 200);
  assert.equal(site.origin.count, 1);
});

for (const [name, script] of Object.entries({
  "it hangs": ["hang", "200[ma=60] slow(100)"],
  "it is slow": ["200[ma=60] slow(1000)", "200[ma=60] slow(100)"],
}))
  test(`the one that all wait for leaves: another asks, ${name}`, async (t) => {
    const site = await siteWith(t, { script, lastgood: SHARED });
    const leader = leave(site, { abortMs: 400 });
    await until("it asks", () => site.origin.count === 1);
    const waiting = wait(site);
    await leader;
    const all = await waiting;
    for (const seen of all) {
      assert.equal(seen.status, 200);
      assert.match(seen.text, /Opening hours/);
      assert.ok(seen.ms < 2000, `after ${seen.ms} ms`);
    }
    assert.ok(site.origin.count <= 3, `${site.origin.count} calls`);
  });

test("the one that all wait for leaves, and so does the next", async (t) => {
  const script = ["hang", "hang", "200[ma=60]"];
  const site = await siteWith(t, { script, lastgood: SHARED });
  const first = leave(site, { abortMs: 300 });
  await until("it asks", () => site.origin.count === 1);
  const second = leave(site, { abortMs: 1500 });
  await sleep(30);
  await first;
  await until("the next asks", () => site.origin.count === 2);
  const waiting = wait(site);
  await second;
  for (const seen of await waiting) assert.equal(seen.status, 200);
  assert.ok(site.origin.count <= 4, `${site.origin.count} calls`);
});

test("the one that all wait for leaves in the middle of the page", async (t) => {
  const body = `<p>${"x".repeat(500)}`;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nContent-Length: ${body.length}\r\n\r\n`;
  let calls = 0;
  const { url, seen: origin } = await rawOrigin(t, {
    bytes: () => ((calls += 1) === 1 ? `${head}<p>` : head + body),
  });
  const lastgood = { ...SHARED, collapse: { wait: "2s", age: "1s" } };
  const site = await siteWith(t, { lastgood, origins: () => url });
  const leader = site.ask({ abortMs: 300 });
  await until("it asks", () => origin.heads.length === 1);
  const waiting = wait(site);
  await leader;
  for (const seen of await waiting) {
    assert.equal(seen.text, body);
    assert.ok(seen.ms < 4000, `after ${seen.ms} ms`);
  }
});

test("one who waits and leaves takes nobody along", async (t) => {
  const script = ["200[ma=60] slow(600)"];
  const site = await siteWith(t, { script, lastgood: SHARED });
  const leader = site.get("/");
  await until("it asks", () => site.origin.count === 1);
  const waiting = wait(site);
  await Promise.all([1, 2, 3].map(() => leave(site)));
  for (const seen of [await leader, ...(await waiting)])
    assert.equal(seen.status, 200);
  assert.equal(site.origin.count, 1);
});

test("what leaves behind a copy goes on: the page is refreshed", async (t) => {
  const script = ["200#old", "200#new slow(600)"];
  const lastgood = { ...EAGER, soft_deadline: "100ms", keep_every: "0s" };
  const site = await siteWith(t, { script, lastgood });
  await site.get("/");
  await until("it is kept", () => site.worker.stored("http://site.test/"));
  assert.equal(sourceOf(await site.get("/")), "copy");
  await until("the new one is", async () =>
    /#new/.test((await site.worker.stored("http://site.test/")) ?? ""),
  );
});
