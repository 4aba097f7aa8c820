// @ts-check
/**
 * What one request teaches the next, as far as an origin can see it: how often it
 * is asked while it is down, and that it is asked again.
 */
import assert from "node:assert/strict";
import {
  EAGER,
  keep,
  originWith,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */

const ONCE = { ...EAGER, attempts: 1 };

/** @param {Site} site @param {number} times @param {string} [path] */
async function visit({ get }, times, path = "/") {
  const all = [];
  for (let turn = 0; turn < times; turn++) all.push(await get(path));
  return all;
}

test("a page that failed is left alone while there is a copy", async (t) => {
  const script = ["200", "502"];
  const lastgood = {
    ...ONCE,
    hold_down: { failures: 1, base: "400ms", cap: "400ms" },
  };
  const site = await siteWith(t, { script, lastgood });
  await keep(site);
  const seen = await visit(site, 10);
  assert.deepEqual([...new Set(seen.map(sourceOf))], ["copy"]);
  assert.equal(site.origin.count, 2);
  const line = await site.log.waitFor("why", ({ why }) => why);
  assert.equal(line.why, "page-held");
  await site.origin.setScript(["200#back"]);
  await sleep(700);
  assert.match((await site.get("/")).text, /#back\]\]/);
});

test("another page is not, nor one without a copy", async (t) => {
  const script = { "/a": ["200", "502"], "*": ["502"] };
  const lastgood = { ...ONCE, hold_down: { failures: 1, base: "10s" } };
  const site = await siteWith(t, { script, lastgood });
  await keep(site, "/a");
  await visit(site, 3, "/a");
  await visit(site, 3, "/b");
  assert.equal(site.origin.count, 5);
});

test("nor is one without a copy, unless policy says so", async (t) => {
  const hold_down = { failures: 1, base: "10s", without_copy: true };
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ONCE, hold_down },
  });
  const seen = await visit(site, 5);
  assert.deepEqual([...new Set(seen.map(sourceOf))], ["answer"]);
  assert.equal(site.origin.count, 1);
});

test("an origin that is down is only probed, and is found again", async (t) => {
  const breaker = { failures: 3, span: "0s", probe_every: "200ms" };
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ONCE, breaker, mode: "off" },
  });
  await visit(site, 3);
  assert.equal(site.origin.count, 3);
  const seen = await visit(site, 30);
  assert.deepEqual([...new Set(seen.map(sourceOf))], ["answer"]);
  assert.ok(site.origin.count <= 5, `${site.origin.count} calls`);
  const line = await site.log.waitFor("why", ({ why }) => why);
  assert.equal(line.why, "origin-down");
  await site.origin.setScript(["200#back"]);
  await until("it is found", async () => (await site.get("/")).status === 200);
  for (const { status } of await visit(site, 10)) assert.equal(status, 200);
});

test("errors of the application's own do not take it out", async (t) => {
  const breaker = { failures: 3, span: "0s" };
  const ejection = { failures: 3 };
  for (const script of ["500", "404", "429"]) {
    const site = await siteWith(t, {
      script: [script],
      lastgood: { ...ONCE, breaker, ejection },
    });
    await visit(site, 12);
    if (script !== "429") assert.equal(site.origin.count, 12, script);
  }
});

test("an origin that fails is passed over for a while", async (t) => {
  const other = await originWith(t, ["200"], { name: "O2" });
  const ejection = { failures: 3, hold: "400ms", cap: "400ms" };
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...EAGER, ejection, mode: "off" },
    origins: (own) => [own, other.url],
  });
  for (const { status } of await visit(site, 13)) assert.equal(status, 200);
  assert.deepEqual([site.origin.count, other.count], [3, 13]);
  await site.origin.setScript(["200#back"]);
  await sleep(900);
  await visit(site, 3);
  assert.equal(site.origin.count, 6, "it is asked again");
});

test("repetitions have a budget", async (t) => {
  const budget = { percent: 0, floor: 3 };
  const lastgood = { ...EAGER, budget, mode: "off" };
  const site = await siteWith(t, { script: ["502"], lastgood });
  await visit(site, 10);
  assert.equal(site.origin.count, 13);
  const line = await site.log.waitFor("it", (said) => said.budget);
  assert.equal(line.budget, "spent");
});
