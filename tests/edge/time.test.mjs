// @ts-check
/**
 * How long anybody waits: with a copy until the soft deadline, without one to
 * the deadline, and never for the work that goes on behind the reply.
 */
import assert from "node:assert/strict";
import { HOST, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */
/** @typedef {import("../support/site.mjs").Seen} Seen */

/** Timers never fire early; this much later they may on a busy machine. */
const LATE_MS = 600;
const SHORT = {
  attempt_timeout: "300ms",
  deadline: "300ms",
  soft_deadline: "150ms",
};

/** @param {Seen} seen @param {number} ms */
function took(seen, ms) {
  assert.ok(seen.ms >= ms - 5, `${seen.ms.toFixed(0)} ms is too early`);
  assert.ok(seen.ms < ms + LATE_MS, `${seen.ms.toFixed(0)} ms is too late`);
}

/** @param {Site} site @param {RegExp} mark */
const keptIs = ({ worker }, mark) =>
  until(`the copy is ${mark}`, async () => {
    const stored = await worker.stored(`http://${HOST}/`);
    return stored && mark.test(stored);
  });

test("with a copy: 700 ms by default", async (t) => {
  const site = await siteWith(t, { script: ["200", "hang"] });
  await site.get("/");
  await keptIs(site, /#1\]\]/);
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "copy");
  took(seen, 700);
  assert.equal(site.origin.count, 2);
});

test("with a copy, as configured, for HEAD too", async (t) => {
  const site = await siteWith(t, { script: ["200", "hang"], lastgood: SHORT });
  await site.get("/");
  await keptIs(site, /#1\]\]/);
  const seen = await site.ask({ method: "HEAD" });
  assert.equal(sourceOf(seen), "copy");
  took(seen, 150);
});

test("a late answer becomes the copy", async (t) => {
  const script = ["200#first", "200#late slow(400)", "502"];
  const site = await siteWith(t, {
    script,
    lastgood: { soft_deadline: "150ms", keep_every: "0s" },
  });
  await site.get("/");
  await keptIs(site, /#first\]\]/);
  const seen = await site.get("/");
  assert.match(seen.text, /#first\]\]/);
  took(seen, 150);
  await keptIs(site, /#late\]\]/);
  assert.match((await site.get("/")).text, /#late\]\]/);
});

test("without a copy a slow answer is waited for past the soft deadline", async (t) => {
  const lastgood = { ...SHORT, attempt_timeout: "2s", deadline: "2s" };
  const site = await siteWith(t, { script: ["200 slow(400)"], lastgood });
  const seen = await site.get("/");
  assert.equal(seen.status, 200);
  assert.equal(sourceOf(seen), "origin");
  assert.equal(site.origin.count, 1, "and asked once");
});

for (const script of ["hang", "200 slow(5000)"])
  test(`without a copy the deadline ends it: ${script}`, async (t) => {
    const site = await siteWith(t, { script: [script], lastgood: SHORT });
    const seen = await site.get("/");
    took(seen, 300);
    assert.equal(seen.status, 503);
    assert.equal(sourceOf(seen), "answer");
    assert.match(seen.headers["proxy-status"], /error=http_response_timeout/);
    const line = await site.log.waitFor(
      "it",
      ({ shown }) => shown === "answer",
    );
    assert.equal(line.trail[0].cause, "timeout");
  });

test("an attempt that hangs leaves time for another", async (t) => {
  const lastgood = { ...SHORT, attempt_timeout: "200ms", deadline: "5s" };
  const site = await siteWith(t, { script: ["hang", "200"], lastgood });
  const seen = await site.get("/");
  assert.equal(seen.status, 200);
  took(seen, 200);
});

test("a write that hangs ends at its own deadline, and is sent once", async (t) => {
  const lastgood = { ...SHORT, unsafe_deadline: "400ms" };
  const site = await siteWith(t, { script: ["hang"], lastgood });
  const seen = await site.ask({ method: "POST", body: Buffer.from("x") });
  took(seen, 400);
  assert.equal(seen.status, 503);
  assert.equal(site.origin.count, 1);
});

test("a slow write is waited for longer than a read", async (t) => {
  const site = await siteWith(t, {
    script: ["200 slow(500)"],
    lastgood: SHORT,
  });
  const seen = await site.ask({ method: "POST", body: Buffer.from("x") });
  assert.equal(seen.status, 200);
});

test("nobody waits for a copy to be kept", async (t) => {
  const site = await siteWith(t, { script: ["200 size(5000000)"] });
  const seen = await site.get("/");
  assert.ok(seen.complete);
  assert.equal(seen.body.length, 5_000_000);
  await until("it is kept", () => site.worker.stored(`http://${HOST}/`));
});
