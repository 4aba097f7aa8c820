// @ts-check
/** Who is treated apart: monitors, everybody while the site is worked on, crawlers. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, keep, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").TestContext} TestContext */

const HOUR = 3_600_000;
/** @param {number} fromNow ms */
const at = (fromNow) => new Date(Date.now() + fromNow).toISOString();

/** @param {TestContext} t @param {unknown} maintenance */
async function worked(t, maintenance) {
  const site = await siteWith(t, { lastgood: { ...BRISK, maintenance } });
  return { ...site, calls: () => site.origin.calls.length };
}

test("a monitor sees what the origin says, although there is a copy", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502[X-Own: yes]"],
    lastgood: {
      ...BRISK,
      ...FORGETFUL,
      attempts: 3,
      monitors: {
        paths: ["/health"],
        user_agents: ["UptimeRobot"],
        header: "x-monitor",
      },
    },
  });
  await keep(site);
  assert.equal((await site.get("/")).status, 200);
  const before = site.origin.calls.length;
  for (const headers of /** @type {Record<string, string>[]} */ ([
    { "user-agent": "Mozilla/5.0+(compatible; UptimeRobot/2.0)" },
    { "x-monitor": "1" },
  ])) {
    const seen = await site.get("/", headers);
    assert.equal(seen.status, 502);
    assert.equal(seen.headers["x-own"], "yes");
    assert.equal(seen.headers["proxy-status"], "lastgood; received-status=502");
  }
  assert.equal((await site.get("/health")).status, 502);
  assert.equal(site.origin.calls.length - before, 3, "each was asked once");
});

test("a monitor of an origin that says nothing gets its status, not ours", async (t) => {
  const { get } = await siteWith(t, {
    script: ["reset"],
    lastgood: { ...BRISK, monitors: { paths: ["/health"] } },
  });
  const seen = await get("/health", { accept: "application/json" });
  assert.equal(seen.status, 502);
  assert.match(seen.headers["proxy-status"], /error=connection_terminated/);
});

test("planned work is told, and the origin is left alone", async (t) => {
  const { get, ask, calls } = await worked(t, {
    end: at(2 * HOUR),
    message: { en: "New ovens.", de: "Neue Öfen." },
  });
  const page = await get("/", { accept: "text/html" });
  assert.equal(page.status, 503);
  const after = Number(page.headers["retry-after"]);
  assert.ok(after > 7100 && after <= 7200, `${after} s`);
  assert.match(page.text, /<h1>The site is being worked on<\/h1>/);
  assert.match(page.text, /New ovens\./);
  assert.match(page.text, /<time [^>]*datetime="20\d\d-/);
  assert.match(page.text, /data-after="300"/);
  assert.doesNotMatch(page.text, /has a fault/);
  const german = await get("/", {
    accept: "text/plain",
    "accept-language": "de",
  });
  assert.match(german.text, /Neue Öfen\./);
  const problem = await ask({
    method: "POST",
    headers: [["accept", "application/problem+json"]],
  });
  const { cause, applied, type } = JSON.parse(problem.text);
  assert.deepEqual(
    [cause, applied, type],
    ["maintenance", "no", "tag:lastgood,2026:maintenance"],
  );
  const form = await ask({
    method: "POST",
    headers: [["accept", "text/html"]],
  });
  assert.equal(form.headers["lastgood-applied"], "no", "a form is told, too");
  assert.equal(page.headers["lastgood-applied"], undefined);
  assert.equal(calls(), 0);
});

test("who works on it is let through", async (t) => {
  const { get, calls } = await worked(t, {
    allow_header: "x-staff: s3cret",
    allow_addresses: ["192.0.2.7"],
  });
  assert.equal((await get("/", { "x-staff": "s3cret" })).status, 200);
  assert.equal((await get("/", { "x-staff": "guess" })).status, 503);
  assert.equal(
    (await get("/", { "cf-connecting-ip": "192.0.2.7" })).status,
    200,
  );
  assert.equal(
    (await get("/", { "cf-connecting-ip": "192.0.2.8" })).status,
    503,
  );
  assert.equal(calls(), 2);
});

test("work that is over, or has not begun, keeps nobody out", async (t) => {
  for (const window of [
    { start: at(HOUR), end: at(2 * HOUR) },
    { start: at(-2 * HOUR), end: at(-HOUR) },
  ]) {
    const { get } = await worked(t, window);
    assert.equal((await get("/")).status, 200);
  }
});

test("the last good page comes first, where policy says so", async (t) => {
  for (const copies of [true, false]) {
    const start = at(1500);
    const site = await worked(t, { start, allow_header: "x-staff", copies });
    await keep(site);
    await sleep(1600);
    const seen = await site.get("/");
    assert.equal(seen.status, copies ? 200 : 503);
    if (copies) assert.match(seen.headers["cache-status"], /fwd=stale/);
    assert.equal((await site.get("/never-seen")).status, 503);
    assert.equal(site.calls(), 1);
  }
});

test("what is seen behind the sign becomes nobody's copy", async (t) => {
  const site = await siteWith(t, {
    script: ["200[Cache-Control: max-age=600]"],
    lastgood: {
      ...BRISK,
      mode: "cache",
      maintenance: { end: at(2500), allow_header: "x-staff", copies: true },
    },
  });
  assert.equal((await site.get("/", { "x-staff": "1" })).status, 200);
  await sleep(300);
  assert.equal((await site.get("/")).status, 503);
  await sleep(2500);
  const seen = await site.get("/");
  assert.equal(seen.status, 200);
  assert.match(seen.headers["cache-status"], /fwd=miss/);
});

test("who watches waits outside as well", async (t) => {
  const site = await siteWith(t, {
    lastgood: {
      ...BRISK,
      maintenance: true,
      monitors: { user_agents: ["UptimeRobot"], header: "x-monitor" },
    },
  });
  for (const method of ["GET", "POST"]) {
    /** @type {[string, string][]} */
    const headers = [
      ["x-monitor", "1"],
      ["user-agent", "UptimeRobot"],
    ];
    assert.equal((await site.ask({ method, headers })).status, 503);
  }
  assert.equal(site.origin.calls.length, 0);
});

test("who is turned away leaves no trace in what is known of the origin", async (t) => {
  const site = await siteWith(t, {
    lastgood: {
      ...BRISK,
      routes: [{ path: "/shop/*", maintenance: true }],
    },
  });
  for (let i = 0; i < 40; i++) await site.get("/");
  await keep(site);
  const until = Date.now() + 2500;
  while (Date.now() < until) {
    await site.get("/shop/x");
    await sleep(20);
  }
  const seen = await site.get("/");
  assert.equal(seen.headers["cache-status"], undefined);
});

test("a monitor of an origin that hangs gets an answer in time", async (t) => {
  const { get } = await siteWith(t, {
    script: ["hang"],
    lastgood: {
      ...BRISK,
      deadline: "500ms",
      monitors: { paths: ["/health"] },
    },
  });
  const seen = await get("/health");
  assert.equal(seen.status, 504);
  assert.ok(seen.ms < 2000, `${seen.ms} ms`);
});

test("a route can be worked on alone", async (t) => {
  const { get } = await siteWith(t, {
    lastgood: { ...BRISK, routes: [{ path: "/shop/*", maintenance: true }] },
  });
  assert.equal((await get("/shop/cart")).status, 503);
  assert.equal((await get("/")).status, 200);
});

test("/robots.txt bans crawlers in an outage, or lets them go on", async (t) => {
  for (const [robots, status] of [
    ["unavailable", 503],
    ["missing", 404],
  ]) {
    const { get } = await siteWith(t, {
      script: ["502"],
      lastgood: { ...BRISK, ...FORGETFUL, robots },
    });
    assert.equal((await get("/robots.txt")).status, status);
    assert.equal((await get("/sitemap.xml")).status, 503);
    assert.equal((await get("/.well-known/jwks.json")).status, 503);
  }
});

test("what crawlers ask for first is shown as it was, without a word against it", async (t) => {
  const site = await siteWith(t, {
    script: { "/robots.txt": ["200", "502"] },
    lastgood: { ...BRISK, robots: "missing" },
    content: () => ({
      type: "text/plain",
      bytes: Buffer.from("User-agent: *\nDisallow: /cart\n"),
    }),
  });
  await keep(site, "/robots.txt");
  const seen = await site.get("/robots.txt");
  assert.equal(seen.status, 200);
  assert.match(seen.text, /^User-agent: \*\nDisallow: \/cart\n$/);
  assert.equal(seen.headers["x-robots-tag"], undefined);
});
