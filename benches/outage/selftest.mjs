// @ts-check
/** The replay's own arithmetic, on records made by hand: `node --test` runs it. */
import assert from "node:assert/strict";
import test from "node:test";
import { mostAtOnce, percentile } from "./counting.mjs";
import { figuresOf } from "./figures.mjs";
import { errorOf, pageOf } from "./pages.mjs";
import { FULL, planOf, replacedAt, requestsOf, versionAt } from "./plan.mjs";
import { judge } from "./seen.mjs";

const OPTIONS = {
  seed: 2,
  seconds: FULL,
  leave: /** @type {const} */ ("close"),
};
const plan = planOf("502", OPTIONS, 1_000_000);
const asked = {
  at: plan.outage,
  what: /** @type {const} */ ("page"),
  path: "/page/7",
  id: "7",
};

/** A page made so long before it came. @param {number} age @param {string} id */
const page = (age, id = "7") => {
  const made = plan.outage + 10 - age;
  return pageOf({ id, version: versionAt(plan, 7, made), made }, 2048);
};

/** @param {Partial<import("./seen.mjs").Reply>} reply */
const seen = (reply) =>
  judge(plan, asked, { sent: plan.outage, end: plan.outage + 10, ...reply });

test("the same seed gives the same requests, in the shares of the plan", () => {
  const all = requestsOf(plan);
  assert.deepEqual(all, requestsOf(plan));
  assert.notDeepEqual(all, requestsOf({ ...plan, seed: 3 }));
  const part = (/** @type {string} */ what) =>
    all.filter((one) => one.what === what).length / all.length;
  assert.ok(Math.abs(all.length / 45 - 150) < 10);
  assert.ok(Math.abs(part("page") - 0.9) < 0.02);
  assert.ok(Math.abs(part("live") - 0.07) < 0.02);
});

test("a version ends when the next one begins", () => {
  const version = versionAt(plan, 7, plan.outage);
  const end = replacedAt(plan, 7, version);
  assert.equal(versionAt(plan, 7, end - 1), version);
  assert.equal(versionAt(plan, 7, end), version + 1);
});

/** @type {[string, Partial<import("./seen.mjs").Reply>, string][]} */
const REPLIES = [
  ["made for this request", { status: 200, body: page(0) }, "fresh"],
  ["an old version", { status: 200, body: page(7000) }, "stale"],
  ["another page", { status: 200, body: page(0, "8") }, "raw"],
  ["half a page", { status: 200, body: page(0).slice(0, 900) }, "raw"],
  ["a broken connection", { broken: "connection: ECONNRESET" }, "raw"],
  ["nothing in time", { broken: "time-out" }, "timeout"],
  ["a bare error", { status: 502, body: "<h1>502</h1>" }, "raw"],
  [
    "an error that says when",
    { status: 503, body: "x", retryAfter: true },
    "proper",
  ],
  [
    "the origin's own",
    { status: 502, body: errorOf(502), retryAfter: true },
    "raw",
  ],
  ["not found", { status: 404, body: "" }, "raw"],
];

for (const [name, reply, wanted] of REPLIES) {
  test(`${name} is ${wanted}`, () => assert.equal(seen(reply).seen, wanted));
}

test("a copy of a page with no-store is stale however young", () => {
  const live = { ...asked, what: /** @type {const} */ ("live") };
  const reply = { sent: plan.outage, end: plan.outage + 10, status: 200 };
  const verdict = judge(plan, live, { ...reply, body: page(100) });
  assert.equal(verdict.seen, "stale");
});

test("the most at once counts who was there when the time began", () => {
  const stays = [
    { from: 0, to: 10 },
    { from: 2, to: 5 },
    { from: 5, to: 6 },
  ];
  assert.equal(mostAtOnce(stays, 0, 20), 2);
  assert.equal(mostAtOnce(stays, 7, 20), 1);
  assert.equal(mostAtOnce(stays, 11, 20), 0);
});

test("a percentile is a value that occurred", () => {
  const values = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.equal(percentile(values, 0.99), 198);
  assert.equal(percentile([5], 0.5), 5);
});

/**
 * A page asked for every 10 ms, seen as told.
 * @param {(at: number) => import("./seen.mjs").Seen} seenAt
 */
function recordOf(seenAt) {
  /** @type {import("./replay.mjs").Record} */
  const record = { plan, visits: [], calls: [], refusals: [], left: plan.end };
  for (let at = plan.begin; at < plan.end; at += 10) {
    const visit = { at, what: asked.what, id: "7", sent: at, end: at + 5 };
    record.visits.push({ ...visit, seen: seenAt(at), status: 200 });
  }
  return record;
}

test("pages with a copy, and the time until they are fresh again", () => {
  const figures = figuresOf(
    recordOf((at) => {
      if (at < plan.outage || at >= plan.recovery + 700) return "fresh";
      return at < plan.recovery - 5000 ? "stale" : "proper";
    }),
  );
  assert.equal(figures.shown.of, 2000);
  assert.equal(figures.shown.share, 0.75);
  assert.equal(figures.backToFresh, 0.7);
  assert.equal(figures.unanswered, 0);
});

test("pages without a copy don't count, and never fresh is Infinity", () => {
  const figures = figuresOf(recordOf(() => "raw"));
  assert.equal(figures.shown.of, 0);
  assert.equal(figures.backToFresh, Infinity);
  assert.equal(figures.unanswered, 4500);
});

test("calls, writes done twice, and what was left", () => {
  const record = recordOf(() => "fresh");
  const call = { what: "orders", way: /** @type {const} */ ("hang") };
  const at = plan.outage + 100;
  record.calls = ["a", "a", "b"].map((id, i) => ({
    ...call,
    ...{ id, at, done: true, end: i ? at + 50 : null },
  }));
  const figures = figuresOf(record);
  assert.equal(figures.twice, 1);
  assert.equal(figures.calls, 3 / 2000);
  assert.equal(figures.firstSecondCalls, 3 / 100);
  assert.equal(figures.left.atEnd, 1);
  assert.equal(figures.left.mostAtOrigin, 3);
});
