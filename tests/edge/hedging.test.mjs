// @ts-check
/**
 * A second attempt beside a slow first one, and an engine that only looks on.
 */
import assert from "node:assert/strict";
import { EAGER, originWith, siteWith, sourceOf } from "../support/site.mjs";
import { rawOrigin } from "../support/raw.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

const HEDGED = {
  ...EAGER,
  attempts: 3,
  attempts_per_origin: 3,
  hedge: { after: "100ms" },
};

test("a slow answer is overtaken, and its connection closed", async (t) => {
  const { url, seen: slow } = await rawOrigin(t, { bytes: "" });
  const other = await originWith(t, ["200"]);
  const site = await siteWith(t, {
    lastgood: HEDGED,
    origins: () => [url, other.url],
  });
  const seen = await site.get("/");
  assert.equal(seen.status, 200);
  assert.ok(seen.ms >= 95 && seen.ms < 900, `${seen.ms}`);
  assert.equal(seen.headers["lastgood-attempt"], "2");
  await until(
    "the loser is gone",
    () => slow.heads.length === 1 && slow.open === 0,
  );
  assert.equal(other.count, 1);
});

test("the first one may still win", async (t) => {
  const site = await siteWith(t, {
    script: ["200 slow(250)", "hang"],
    lastgood: HEDGED,
  });
  const seen = await site.get("/");
  assert.match(seen.text, /#1\]\]/);
  assert.equal(site.origin.count, 2);
});

test("a failure waits for the other one", async (t) => {
  const site = await siteWith(t, {
    script: ["200 slow(300)", "502"],
    lastgood: HEDGED,
  });
  const seen = await site.get("/");
  assert.match(seen.text, /#1\]\]/);
  assert.equal(site.origin.count, 2);
});

test("a quick answer has no second", async (t) => {
  const site = await siteWith(t, { lastgood: HEDGED });
  await site.get("/");
  await sleep(200);
  assert.equal(site.origin.count, 1);
});

for (const method of ["POST", "PUT"])
  test(`what changes something has none: ${method}`, async (t) => {
    const script = ["200 slow(300) echo"];
    const site = await siteWith(t, {
      script,
      lastgood: { ...HEDGED, retry_unsafe: true },
    });
    const seen = await site.ask({ method, body: Buffer.from("x") });
    assert.equal(seen.text, "x");
    assert.equal(site.origin.count, 1);
  });

test("a hedge without a budget is refused by the configuration", async (t) => {
  const lastgood = { ...HEDGED, budget: { percent: 0, floor: 0 } };
  const site = await siteWith(t, { script: ["200 slow(300)"], lastgood });
  await site.get("/");
  const line = await site.log.waitFor(
    "it",
    (said) => said.lastgood === "configuration",
  );
  assert.match(line.problem, /LASTGOOD\.hedge/);
  assert.equal(site.origin.count, 1);
});

const OBSERVED = { ...EAGER, observe: true };

test("observing changes nothing: an error passes, and is told", async (t) => {
  const script = ["502#mine[X-Own: a]", "200"];
  const site = await siteWith(t, { script, lastgood: OBSERVED });
  const seen = await site.get("/");
  assert.equal(seen.status, 502);
  assert.equal(seen.headers["x-own"], "a");
  assert.match(seen.text, /O1#mine/);
  assert.equal(sourceOf(seen), "origin");
  assert.equal(seen.headers["proxy-status"], undefined);
  assert.equal(site.origin.count, 1);
  const line = await site.log.waitFor("it", ({ would }) => would);
  assert.equal(line.lastgood, "observed");
  assert.equal(line.would, "ask origin 0");
});

test("observing does not cut short, show or spare", async (t) => {
  const script = ["200", "200#slow slow(600)", "502"];
  const lastgood = {
    ...OBSERVED,
    ...{ attempt_timeout: "200ms", deadline: "200ms", soft_deadline: "100ms" },
    ...{ hold_down: { base: "10s" }, hedge: { after: "50ms" } },
    ...{ ejection: { failures: 1 }, breaker: { failures: 1, span: "0s" } },
  };
  const site = await siteWith(t, { script, lastgood });
  await site.get("/");
  assert.match((await site.get("/")).text, /#slow\]\]/);
  for (let turn = 0; turn < 5; turn++)
    assert.equal((await site.get("/")).status, 502);
  assert.equal(site.origin.count, 7);
});

test("observing, a lost connection is an error all the same", async (t) => {
  const site = await siteWith(t, {
    script: ["reset", "200"],
    lastgood: OBSERVED,
  });
  const seen = await site.get("/");
  assert.ok(seen.status >= 500);
  assert.equal(site.origin.count, 1);
  const line = await site.log.waitFor("it", ({ would }) => would);
  assert.equal(line.trail[0].cause, "network");
});
