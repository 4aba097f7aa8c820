// @ts-check
/** Who is treated apart: monitors, everybody while the site is worked on, crawlers. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, keep, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";

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
    const staff = { "x-staff": "1" };
    const site = await worked(t, { allow_header: "x-staff", copies });
    await keep(site, "/", staff);
    const seen = await site.get("/");
    assert.equal(seen.status, copies ? 200 : 503);
    if (copies) assert.match(seen.headers["cache-status"], /fwd=stale/);
    assert.equal((await site.get("/never-seen")).status, 503);
    assert.equal(site.calls(), 1);
  }
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
    assert.equal((await get("/.well-known/security.txt")).status, 503);
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
