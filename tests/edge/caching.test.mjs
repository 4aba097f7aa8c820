// @ts-check
/** Cache mode, as those meet it who ask: what answers, and what the origin sees. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, HOST, keep, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

const CACHE = { ...BRISK, ...FORGETFUL, mode: "cache" };

/** @typedef {import("../support/site.mjs").Seen} Seen */

/** @param {string} whom */
const page = (whom) => ({
  type: "text/html",
  bytes: Buffer.from(`<p>for ${whom}</p>`),
});

/** @param {number} n @returns {Record<string, string>} */
const basic = (n) => ({ authorization: `Basic ${n}` });

/** @param {Seen} seen */
const saidOf = ({ headers }) => headers["cache-status"];

/**
 * Asks until a copy answers.
 * @param {import("../support/site.mjs").Site} site
 * @param {Record<string, string>} [headers]
 */
async function hit(site, headers = {}) {
  /** @type {Seen | undefined} */
  let seen;
  await until("a copy answers", async () => {
    seen = await site.get("/", headers);
    return /^lastgood; hit/.test(saidOf(seen));
  });
  return /** @type {Seen} */ (seen);
}

test("each variant has its own copy", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60 | Vary: Accept-Language]"],
    lastgood: CACHE,
    content: (_, { headers }) => page(headers["accept-language"]),
  });
  const german = { "accept-language": "de" };
  const french = { "accept-language": "fr" };
  const first = await keep(site, "/", german);
  assert.equal((await hit(site, german)).text, first.text);
  const second = await site.get("/", french);
  assert.notEqual(second.text, first.text);
  assert.equal((await hit(site, french)).text, second.text);
  assert.equal((await hit(site, german)).text, first.text);
  assert.equal(site.origin.count, 2);
});

test("a stale copy is asked about, and a 304 makes it fresh", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=1 | ETag: "a"] cond'],
    lastgood: CACHE,
  });
  const first = await keep(site);
  await until("it is stale", async () => {
    const seen = await site.get("/");
    assert.equal(seen.status, 200);
    assert.equal(seen.text, first.text);
    return saidOf(seen) === "lastgood; fwd=stale; fwd-status=304";
  });
  await hit(site);
});

test("a visitor's own condition is answered from what was confirmed", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=0 | ETag: "a"] cond'],
    lastgood: CACHE,
  });
  await keep(site);
  const has = await site.get("/", { "if-none-match": '"a"' });
  assert.equal(has.status, 304);
  const other = await site.get("/", { "if-none-match": '"b"' });
  assert.equal(other.status, 200);
  assert.match(other.text, /Opening hours/);
});

test("what a client demands is kept to", async (t) => {
  const site = await siteWith(t, { script: ["200[ma=60]"], lastgood: CACHE });
  await keep(site);
  await hit(site);
  const { count } = site.origin;
  const reload = await site.get("/", { "cache-control": "no-cache" });
  assert.equal(saidOf(reload), "lastgood; fwd=request; fwd-status=200");
  assert.equal(site.origin.count, count + 1);
  const only = { "cache-control": "only-if-cached" };
  assert.equal((await site.get("/", only)).status, 200);
  assert.equal((await site.get("/other", only)).status, 504);
  assert.equal(site.origin.count, count + 1);
});

test("where clients are not obeyed, the operator still is", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60]"],
    lastgood: { ...CACHE, obey_clients: false, bypass_header: "X-Fresh" },
  });
  const first = await keep(site);
  await hit(site);
  const { count } = site.origin;
  for (const words of ["no-cache", "max-age=0", "min-fresh=99"]) {
    const seen = await site.get("/", { "cache-control": words });
    assert.equal(seen.text, first.text, words);
  }
  assert.equal(site.origin.count, count);
  const fresh = await site.get("/", { "x-fresh": "1" });
  assert.equal(saidOf(fresh), "lastgood; fwd=request; fwd-status=200");
  assert.notEqual(fresh.text, first.text);
  assert.equal(site.origin.count, count + 1);
});

test("an error is remembered as long as the operator says", async (t) => {
  const site = await siteWith(t, {
    script: { "/gone": ["404", "200"], "/other": ["410"] },
    lastgood: { ...CACHE, remember: { 404: "2s" } },
  });
  assert.equal((await site.get("/gone")).status, 404);
  const beside = `https://error.lastgood.invalid/${HOST}/gone`;
  await until("it is remembered", () => site.worker.stored(beside));
  const again = await site.get("/gone");
  assert.equal(again.status, 404);
  assert.match(saidOf(again), /^lastgood; hit; ttl=[12]/);
  for (const _ of [1, 2])
    assert.match(saidOf(await site.get("/other")), /fwd=miss/);
  await until(
    "it is forgotten",
    async () => (await site.get("/gone")).status === 200,
  );
});

test("on a bad day a reload gets the copy", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60]", "502"],
    lastgood: CACHE,
  });
  await keep(site);
  for (const words of ["no-cache", "max-age=0"]) {
    const seen = await site.get("/", { "cache-control": words });
    assert.equal(seen.status, 200, words);
    assert.match(saidOf(seen), /fwd=stale; fwd-status=502/);
  }
});

test("a part is cut out of the copy", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=60 | ETag: "a"] size(5000)'],
    lastgood: CACHE,
  });
  const { body } = await keep(site);
  await hit(site);
  const { count } = site.origin;
  for (const [range, from, to] of /** @type {const} */ ([
    ["bytes=0-9", 0, 9],
    ["bytes=4990-", 4990, 4999],
    ["bytes=-1", 4999, 4999],
  ])) {
    const seen = await site.get("/", { range });
    assert.equal(seen.status, 206, range);
    assert.equal(seen.headers["content-range"], `bytes ${from}-${to}/5000`);
    assert.deepEqual(seen.body, body.subarray(from, to + 1));
  }
  const other = await site.get("/", { range: "bytes=0-9", "if-range": '"b"' });
  assert.equal(other.status, 200);
  assert.deepEqual(other.body, body);
  assert.equal(site.origin.count, count);
});

test("a part that lies beyond the copy", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=60 | ETag: "a"] size(5000)'],
    lastgood: CACHE,
  });
  const { body } = await keep(site);
  await hit(site);
  const { count } = site.origin;
  for (const range of ["bytes=5000-", "bytes=9000-9999", "bytes=-0"]) {
    /** @type {Record<string, string>[]} */
    const both = [{ range }, { range, "if-range": '"a"' }];
    for (const asked of both) {
      const seen = await site.get("/", asked);
      assert.equal(seen.status, 416, range);
      assert.equal(seen.headers["content-range"], "bytes */5000");
      assert.equal(seen.headers["cache-control"], "no-store");
      assert.equal(seen.body.length, 0);
    }
    const other = await site.get("/", { range, "if-range": '"b"' });
    assert.equal(other.status, 200, "another version is wanted whole");
    assert.deepEqual(other.body, body);
  }
  const head = { method: "HEAD", headers: [["range", "bytes=9000-"]] };
  assert.equal((await site.ask(/** @type {any} */ (head))).status, 200);
  const has = { range: "bytes=9000-", "if-none-match": '"a"' };
  assert.equal((await site.get("/", has)).status, 304);
  assert.equal(site.origin.count, count);
});

test("a part that lies beyond the copy, on a bad day", async (t) => {
  const site = await siteWith(t, {
    script: ["200 size(5000)", "502"],
    lastgood: BRISK,
  });
  await keep(site);
  const seen = await site.get("/", { range: "bytes=5000-" });
  assert.equal(seen.status, 416);
  assert.match(saidOf(seen), /fwd=stale; fwd-status=502/);
});

/** @typedef {import("../support/site.mjs").Site} Site */

/** The head of the page, by the origin's own word. @param {Site} site */
const head = (site) =>
  site.ask({ method: "HEAD", headers: [["cache-control", "no-cache"]] });

for (const [what, changed] of [
  ["version", '200[ma=60 | ETag: "b"]'],
  ["length", '200[ma=60 | ETag: "a"] size(700)'],
])
  test(`a head that names another ${what} makes the copy stale`, async (t) => {
    const site = await siteWith(t, {
      script: ['200[ma=60 | ETag: "a"]'],
      lastgood: CACHE,
    });
    const first = await keep(site);
    await hit(site);
    await site.origin.setScript([changed, "502"]);
    assert.equal((await head(site)).status, 200);
    await until("it is stale", async () => {
      const seen = await site.get("/");
      assert.equal(seen.status, 200);
      assert.ok(
        seen.text.includes(first.text.slice(-100)),
        "it still stands in",
      );
      return /fwd=stale/.test(saidOf(seen));
    });
  });

for (const [what, answer] of [
  ["a 304", '200[ma=60 | ETag: "a" | X-New: yes] cond'],
  ["a head of its version", '200[ma=60 | ETag: "a" | X-New: yes]'],
])
  test(`${what} to HEAD makes the copy a new one`, async (t) => {
    const site = await siteWith(t, {
      script: ['200[ma=1 | ETag: "a"]'],
      lastgood: CACHE,
    });
    const first = await keep(site);
    await site.origin.setScript([answer]);
    const seen = await head(site);
    assert.equal(seen.status, 200);
    assert.equal(seen.body.length, 0);
    const { count } = site.origin;
    const later = await hit(site);
    assert.equal(later.headers["x-new"], "yes");
    assert.equal(later.text, first.text);
    assert.equal(
      later.headers["content-length"],
      first.headers["content-length"],
    );
    assert.ok(site.origin.count <= count + 1);
  });

test("a head of an error or without a version changes nothing", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ma=60 | ETag: "a"]'],
    lastgood: CACHE,
  });
  const first = await keep(site);
  await hit(site);
  await site.origin.setScript(['404[ETag: "b"]', "200 size(700) chunked"]);
  for (const status of [404, 200]) {
    assert.equal((await head(site)).status, status);
    assert.equal((await hit(site)).text, first.text);
  }
});

test("a write makes the copy old, an error does not", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60]", "500", "200", "200[ma=60]"],
    lastgood: CACHE,
  });
  await keep(site);
  const post = { target: "/", method: "POST", body: Buffer.from("x") };
  assert.equal((await site.ask(post)).status, 500);
  await hit(site);
  assert.equal((await site.ask(post)).status, 200);
  assert.match(saidOf(await site.get("/")), /fwd=miss/);
});

test("a write removes the copy in standby as well", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "200", "502"],
    lastgood: BRISK,
  });
  await keep(site);
  const post = { target: "/", method: "POST", body: Buffer.from("x") };
  assert.equal((await site.ask(post)).status, 200);
  assert.equal((await site.get("/")).status, 503);
});

test("an error with a lifetime is remembered beside the page", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=1]", "404[ma=60]", "502"],
    lastgood: CACHE,
  });
  await keep(site);
  await until("it is gone", async () => (await site.get("/")).status === 404);
  const { count } = site.origin;
  await until("the error is remembered", async () =>
    saidOf(await site.get("/")).startsWith("lastgood; hit"),
  );
  assert.ok(site.origin.count <= count + 1);
  const reload = await site.get("/", { "cache-control": "no-cache" });
  assert.equal(reload.status, 200, "the good page is still there");
});

test("a field for us alone wins, and stays with us", async (t) => {
  const targeted = "Lastgood-Cache-Control: max-age=60";
  const site = await siteWith(t, {
    script: [`200[Cache-Control: no-store | ${targeted}]`],
    lastgood: CACHE,
  });
  await keep(site);
  const seen = await hit(site);
  assert.equal(seen.headers["lastgood-cache-control"], undefined);
});

test("two visitors in parallel never get each other's page", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60] slow(50)"],
    lastgood: CACHE,
    content: (_, { headers }) => page(headers.cookie ?? headers.authorization),
  });
  const visitors = Array.from({ length: 30 }, (_, n) =>
    n % 2 ? { cookie: `sid=${n}` } : basic(n),
  );
  const seen = await Promise.all(visitors.map((it) => site.get("/", it)));
  seen.forEach(({ text }, n) => {
    const [own] = Object.values(visitors[n]);
    assert.equal(text, `<p>for ${own}</p>`);
  });
});

test("nobody can ask for the places that are ours", async (t) => {
  const site = await siteWith(t, { script: ["200[ma=60]"], lastgood: CACHE });
  const host = "error.lastgood.invalid";
  for (let n = 0; n < 3; n++) {
    const seen = await site.ask({ host, target: "/site.test/" });
    assert.match(saidOf(seen), /fwd=bypass/);
  }
  assert.equal(site.origin.count, 3);
});
