// @ts-check
/**
 * Probes of our own, on a cron trigger: what an origin sees of them, when they
 * take it out, and what brings it back.
 */
import assert from "node:assert/strict";
import {
  keep,
  originWith,
  siteWith,
  sourceOf,
  workerWith,
} from "../support/site.mjs";
import { hexedCode } from "../support/hexed.mjs";
import { test } from "../support/test.mjs";

/** Only a probe finds out that the origin is back. */
const QUIET = { attempts: 1, breaker: { probe_every: "1m" } };
const PROBE = { path: "/health", timeout: "300ms", rise: 2, fall: 2 };
const PROBED = { ...QUIET, probe: PROBE };

/** @param {Pick<import("../support/site.mjs").Site, "worker">} site @param {number} times */
async function cron({ worker }, times) {
  for (let run = 0; run < times; run++) {
    assert.equal((await worker.cron()).outcome, "ok");
  }
}

test("an origin knows a probe, and its redirects are not followed", async (t) => {
  const site = await siteWith(t, {
    script: {
      "/health": ["302[Location: /elsewhere]"],
      "/elsewhere": ["200"],
    },
    lastgood: { ...PROBED, probe: { ...PROBE, status: 302 } },
  });
  await cron(site, 2);
  const { calls } = site.origin;
  assert.deepEqual(
    calls.map(({ path }) => path),
    ["/health", "/health"],
  );
  assert.equal(calls[0].headers["user-agent"], "lastgood-probe");
  assert.equal(calls[0].headers["cdn-loop"], "lastgood");
  assert.deepEqual(site.log.of("probe"), []);
});

test("thresholds hold both ways, and only changes are logged", async (t) => {
  const health = ["200", "503", "200", "503", "503", "503", "200", "200"];
  const site = await siteWith(t, {
    script: { "/health": health, "/": ["200"] },
    lastgood: PROBED,
  });
  await keep(site);
  await cron(site, 4);
  assert.equal(sourceOf(await site.get("/")), "origin");
  await cron(site, 1);
  assert.equal(sourceOf(await site.get("/")), "copy");
  await cron(site, 2);
  assert.equal(sourceOf(await site.get("/")), "copy", "one is not enough");
  await cron(site, 1);
  assert.equal(sourceOf(await site.get("/")), "origin");
  await site.log.waitFor("its return", ({ good }) => good);
  assert.deepEqual(site.log.of("probe"), [
    { lastgood: "probe", origin: 0, good: false, status: 503 },
    { lastgood: "probe", origin: 0, good: true, status: 200 },
  ]);
});

test("a good answer to a visitor brings it back at once", async (t) => {
  const site = await siteWith(t, {
    script: { "/health": ["503"], "/": ["200"] },
    lastgood: { ...PROBED, breaker: { probe_every: "10ms" } },
  });
  await cron(site, 2);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(sourceOf(await site.get("/")), "origin");
  assert.equal(sourceOf(await site.get("/")), "origin");
});

test("who says nothing in time is not well", async (t) => {
  const site = await siteWith(t, {
    script: { "/health": ["hang", "200 slow(900)", "200"], "/": ["200"] },
    lastgood: { ...PROBED, probe: { ...PROBE, body: "library" } },
  });
  const start = performance.now();
  await cron(site, 2);
  const ms = performance.now() - start;
  assert.ok(ms >= 590 && ms < 3000, `it took ${ms.toFixed(0)} ms`);
  const line = await site.log.waitFor("its fall", ({ good }) => good === false);
  assert.equal(line.status, 0);
});

test("what the page says is looked at, as far as 64 KiB", async (t) => {
  const type = "text/plain";
  const long = Buffer.alloc(70_000, "x").fill("all well", 69_000, 69_008);
  /** @type {Record<string, Buffer>} */
  const pages = { "/health": Buffer.from("yes: all well"), "/long": long };
  /** @param {string} path */
  const lines = async (path) => {
    const probe = { ...PROBE, path, body: "all well", fall: 1 };
    const site = await siteWith(t, {
      content: (_, asked) => ({ type, bytes: pages[asked.path] }),
      lastgood: { ...QUIET, probe },
    });
    await cron(site, 1);
    await site.get("/health");
    return site.log.of("probe").length;
  };
  assert.equal(await lines("/health"), 0);
  assert.equal(await lines("/long"), 1);
});

test("each origin is probed, but for one that was taken out by hand", async (t) => {
  const first = await originWith(t, ["200"]);
  const second = await originWith(t, ["503"]);
  const third = await originWith(t, ["200"]);
  const bindings = {
    ORIGIN: [
      { url: first.url, weight: 1 },
      { url: second.url, weight: 1 },
      { url: third.url, down: true },
    ],
  };
  const both = await siteWith(t, { lastgood: PROBED, bindings });
  await cron(both, 2);
  assert.deepEqual([first.count, second.count, third.count], [2, 2, 0]);
  for (let turn = 0; turn < 10; turn++) {
    assert.equal((await both.get("/")).status, 200);
  }
  assert.equal(second.count, 2, "it is out");
});

test("without a probe, or with one of no origin, nothing is asked", async (t) => {
  const site = await siteWith(t, { lastgood: QUIET });
  await cron(site, 1);
  assert.equal(site.origin.count, 0);
  const zone = await originWith(t, ["200"]);
  const worker = await workerWith(t, {
    bindings: { LASTGOOD: PROBED },
    zone: `127.0.0.1:${zone.port}`,
  });
  await cron({ worker }, 1);
  assert.equal(zone.count, 0);
  const { problem } = await worker.log.waitFor("a problem", (it) => it.problem);
  assert.match(problem, /LASTGOOD\.probe.*ORIGIN/);
});

test("a trap in it is a line in the log, and visitors never notice", async (t) => {
  const site = await siteWith(t, {
    lastgood: PROBED,
    code: hexedCode("probed"),
  });
  await cron(site, 1);
  await site.log.waitFor("the fault", ({ lastgood }) => lastgood === "fault");
  assert.equal((await site.get("/")).status, 200);
});
