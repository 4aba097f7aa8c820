// @ts-check
/**
 * What isolates know together, through a Durable Object; and that whatever it
 * does, no visitor waits for it.
 *
 * Two isolates are two workers here, as those of one share everything locally.
 */
import assert from "node:assert/strict";
import { hexedCode } from "../support/hexed.mjs";
import { siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

const SHARED = { attempts: 1, breaker: { span: "0s" } };

/** @param {Site} site @param {number} times */
async function ask({ get }, times) {
  const seen = [];
  for (let turn = 0; turn < times; turn++) seen.push(await get("/"));
  return seen;
}

/** Requests that found the origin down. @param {Site} site */
const spared = ({ log }) =>
  log.lines.filter(({ why }) => why === "origin-down").length;

test("what one saw the other knows: the fall and the return", async (t) => {
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: SHARED,
    state: "own",
    beside: 1,
  });
  await ask(site, 5);
  await site.getBeside(0, "/");
  await until("the other knows", async () => {
    await site.getBeside(0, "/");
    return spared(site) > 0;
  });
  const { count } = site.origin;
  for (let turn = 0; turn < 5; turn++) await site.getBeside(0, "/");
  assert.ok(site.origin.count <= count + 1, "it leaves the origin alone");
  await site.origin.setScript(["200"]);
  await until(
    "one finds out",
    async () => (await site.get("/")).status === 200,
  );
  const from = performance.now();
  await until("the other is told", async () => {
    const seen = await site.getBeside(0, "/");
    return seen.status === 200;
  });
  const ms = performance.now() - from;
  assert.ok(ms < 1500, `it knew after ${ms.toFixed(0)} ms`);
});

test("one probes for both", async (t) => {
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...SHARED, breaker: { span: "0s", probe_every: "50ms" } },
    state: "own",
    beside: 1,
  });
  await ask(site, 5);
  for (let turn = 0; turn < 5; turn++) await site.getBeside(0, "/");
  await until("both know", async () => {
    await Promise.all([site.get("/"), site.getBeside(0, "/"), sleep(50)]);
    return spared(site) > 20;
  });
  const start = site.origin.connections;
  const { count } = site.origin;
  const end = performance.now() + 2500;
  while (performance.now() < end) {
    await Promise.all([site.get("/"), site.getBeside(0, "/"), sleep(10)]);
  }
  assert.ok(start > 0);
  const probes = site.origin.count - count;
  // Each alone would send one in 50 ms, jittered.
  assert.ok(probes > 20 && probes < 75, `${probes} probes in 2.5 s`);
});

test("probes on a cron trigger tell all", async (t) => {
  const site = await siteWith(t, {
    script: { "/health": ["503", "200"], "/": ["502", "200"] },
    lastgood: {
      attempts: 1,
      breaker: { probe_every: "1m" },
      probe: { path: "/health", fall: 1 },
    },
    state: "own",
    beside: 1,
  });
  await site.worker.cron();
  assert.equal((await site.getBeside(0, "/")).status, 503);
  await until("the other knows", async () => {
    await site.getBeside(0, "/");
    return spared(site) > 0;
  });
  assert.equal(site.origin.count, 2, "one probe, one visitor");
  await site.worker.cron();
  await until("it is back", async () => {
    const seen = await site.getBeside(0, "/");
    return seen.status === 200;
  });
});

for (const state of /** @type {const} */ (["slow", "broken"])) {
  test(`an object that is ${state} delays nobody`, async (t) => {
    const site = await siteWith(t, {
      script: { "/": ["200"], "/down": ["502"] },
      lastgood: SHARED,
      state,
    });
    const quick = (/** @type {{ ms: number }[]} */ all) =>
      all.every(({ ms }) => ms < 500);
    assert.ok(quick(await ask(site, 5)));
    await sleep(1100);
    assert.ok(quick(await ask(site, 5)), "a second later");
    const failed = await site.get("/down");
    assert.ok(failed.status === 503 && failed.ms < 500);
    const line = await site.log.waitFor("it", (it) => it.lastgood === "state");
    assert.match(line.error, /no answer in 2000 ms|out of order/);
    await sleep(1100);
    assert.ok(quick(await ask(site, 5)));
    assert.equal(site.log.of("state").length, 1, "once in a minute");
    assert.equal(site.log.of("fault").length, 0);
  });
}

test("without a binding, or with one that is something else", async (t) => {
  const alone = await siteWith(t, { lastgood: SHARED });
  assert.equal((await ask(alone, 3))[2].status, 200);
  assert.deepEqual(alone.log.lines, []);
  const wrong = await siteWith(t, {
    lastgood: SHARED,
    bindings: { LASTGOOD_STATE: "on" },
  });
  assert.equal((await ask(wrong, 3))[2].status, 200);
  await wrong.log.waitFor("it", ({ lastgood }) => lastgood === "state");
});

for (const at of ["world_merge", "report", "learn"]) {
  test(`${at} traps, and visitors never notice`, async (t) => {
    const site = await siteWith(t, {
      lastgood: SHARED,
      state: "own",
      code: hexedCode(at),
    });
    const seen = await ask(site, 3);
    await site.log.waitFor("a fault", ({ lastgood }) => lastgood === "fault");
    await sleep(1100);
    seen.push(...(await ask(site, 3)));
    assert.ok(seen.every(({ status }) => status === 200));
  });
}
