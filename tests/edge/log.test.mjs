// @ts-check
/**
 * One line of JSON per degraded request, with everything its reader asks for,
 * and nothing at all on a good day.
 */
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import { BRISK, HOST, siteWith } from "../support/site.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/log.mjs").Line} Line */

const BRIEF = { ...BRISK, backoff: { base: "0ms", cap: "0ms" } };
const FIELDS = [
  "id",
  "lastgood",
  "method",
  "ms",
  "shown",
  "status",
  "trail",
  "url",
];
const VERDICTS = ["good", "failed", "retry", "retryable", "final"];
const PHASES = ["nothing-sent", "maybe-processed", "processed"];

/** @param {Line} line @param {string[]} [more] */
function isComplete(line, more = []) {
  assert.deepEqual(Object.keys(line).sort(), [...FIELDS, ...more].sort());
  assert.match(line.id, /^[\w-]{8,}$/);
  assert.ok(Number.isInteger(line.ms) && line.ms >= 0 && line.ms < 20_000);
  for (const tried of line.trail) isTried(tried);
}

/** @param {Line} tried */
function isTried({ origin, ms, verdict, cause, phase, status }) {
  assert.ok(Number.isInteger(origin) && Number.isInteger(ms));
  assert.ok(VERDICTS.includes(verdict), verdict);
  if (verdict === "good") return;
  assert.match(cause, /^[a-z-]+$/);
  assert.ok(PHASES.includes(phase), phase);
  if (status !== undefined) assert.ok(status >= 400);
}

test("a copy: one line, with its age and the id of the reply", async (t) => {
  const site = await siteWith(t, {
    script: { "/a": ["200", "502"] },
    lastgood: BRIEF,
  });
  await site.get("/a?q=1");
  await until("it is kept", () => site.worker.stored(`http://${HOST}/a?q=1`));
  const seen = await site.get("/a?q=1");
  const line = await site.log.waitFor(
    "a line",
    ({ shown }) => shown === "copy",
  );
  isComplete(line, ["age"]);
  assert.equal(line.id, seen.headers["x-request-id"]);
  assert.equal(line.age, Number(seen.headers.age));
  const { lastgood, method, url, status } = line;
  assert.deepEqual(
    { lastgood, method, url, status },
    { lastgood: "degraded", method: "GET", url: "/a?q=1", status: 200 },
  );
  const [{ cause, status: upstream, origin }] = line.trail;
  assert.deepEqual(
    { cause, upstream, origin },
    { cause: "bad-gateway", upstream: 502, origin: 0 },
  );
});

test("an answer: the id is on the reply, on the page and in the log", async (t) => {
  const site = await siteWith(t, {
    script: ["reset"],
    lastgood: { ...BRIEF, attempts: 3 },
  });
  const seen = await site.get("/a", { accept: "text/html" });
  const line = await site.log.waitFor(
    "a line",
    ({ shown }) => shown === "answer",
  );
  isComplete(line);
  assert.equal(line.trail.length, 3);
  assert.equal(line.id, seen.headers["x-request-id"]);
  assert.ok(seen.text.includes(`<code dir="ltr">${line.id}</code>`));
  const asked = await site.get("/a", { accept: "application/json" });
  assert.equal(
    JSON.parse(asked.text).request_id,
    asked.headers["x-request-id"],
  );
  assert.notEqual(asked.headers["x-request-id"], line.id);
});

test("a rescue by another attempt is told as well, the reply is untouched", async (t) => {
  const site = await siteWith(t, {
    script: ["503", "200"],
    lastgood: { ...BRIEF, attempts: 2 },
  });
  const seen = await site.get("/a");
  const line = await site.log.waitFor(
    "a line",
    ({ shown }) => shown === "origin",
  );
  isComplete(line);
  assert.deepEqual(
    line.trail.map((/** @type {Line} */ { verdict }) => verdict).pop(),
    "good",
  );
  assert.equal(line.status, 200);
  assert.equal(seen.headers["x-request-id"], undefined);
});

test("nothing on healthy requests, and no two lines for one", async (t) => {
  const site = await siteWith(t, {
    script: { "/down": ["502"], "*": ["200"] },
    lastgood: BRIEF,
  });
  for (const method of ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
    await site.ask({ method, target: "/fine" });
  await site.get("/down/not");
  await site.get("/down");
  await site.get("/down");
  await site.log.waitFor("both", () => site.log.of("degraded").length >= 2);
  await site.get("/fine");
  await site.get("/down");
  await site.log.waitFor(
    "the third",
    () => site.log.of("degraded").length >= 3,
  );
  assert.deepEqual(
    site.log.lines.map(({ url }) => url),
    ["/down", "/down", "/down"],
  );
  assert.equal(site.log.raw.length, 3, "and nothing else is written");
});

test("nothing a visitor sends can break the line or the page", async (t) => {
  const site = await siteWith(t, { script: ["502"], lastgood: BRIEF });
  const seen = await site.get('/a"b\\c?<script>&x=%0a{"lastgood":"forged"}', {
    "cf-ray": '8f00"><script>alert(1)</script>',
    accept: "text/html",
  });
  const line = await site.log.waitFor("a line", () => true);
  assert.equal(line.lastgood, "degraded");
  assert.equal(site.log.raw.length, 1);
  assert.equal(seen.text.split("<script").length, 2, "one script, our own");
  assert.ok(!seen.text.includes("alert(1)</script>"));
});

test("secrets in headers stay out of the log", async (t) => {
  const site = await siteWith(t, { script: ["502"], lastgood: BRIEF });
  const headers = { authorization: "Bearer hunter2", cookie: "sid=hunter2" };
  await site.get("/a", headers);
  await site.log.waitFor("a line", () => true);
  assert.ok(!site.log.raw.join().includes("hunter2"));
});

test("a visitor who leaves while he sends is no failure of the origin", async (t) => {
  const site = await siteWith(t, { script: ["200"], lastgood: BRIEF });
  const body = Buffer.alloc(1000, "x");
  const pieces = { chunked: true, pieces: 10, pauseMs: 50, abortMs: 200 };
  await site.ask({ method: "POST", body, ...pieces }).catch(() => {});
  await until("the origin has seen it end", () => site.origin.calls.length > 0);
  await site.origin.setScript(["502"]);
  await site.get("/down");
  await site.log.waitFor("the other", ({ url }) => url === "/down");
  assert.equal(site.log.of("degraded").length, 1);
});
