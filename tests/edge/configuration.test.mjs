// @ts-check
/**
 * A configuration that is wrong costs one line of log per fault and isolate,
 * and its default; never the site.
 */
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import {
  ask,
  originWith,
  siteWith,
  sourceOf,
  workerWith,
} from "../support/site.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */

/**
 * LASTGOOD as it was bound, and the fields that must be named in the log.
 * @type {[string, unknown, string[]][]}
 */
const FAULTY = [
  ["a number out of its limits", { attempts: 0 }, ["LASTGOOD.attempts"]],
  [
    "a wrong kind",
    { deadline: 10, notice: "yes" },
    ["LASTGOOD.deadline", "LASTGOOD.notice"],
  ],
  ["an unknown field", { atempts: 2 }, ["LASTGOOD.atempts"]],
  [
    "a contradiction",
    { deadline: "2s", attempt_timeout: "5s" },
    ["LASTGOOD.attempt_timeout"],
  ],
  [
    "a route without a path",
    { routes: [{ attempts: 2 }] },
    ["LASTGOOD.routes[0].path"],
  ],
  [
    "a list that is none",
    { retry_on: "502", routes: {} },
    ["LASTGOOD.retry_on", "LASTGOOD.routes"],
  ],
  ["a string", "standby", ["LASTGOOD"]],
  ["a list", [1, 2], ["LASTGOOD"]],
  ["a truth value", true, ["LASTGOOD"]],
  [
    "fields nobody would write",
    { __proto__: null, "": 1, 'a\n"b': { c: [null] } },
    ["LASTGOOD."],
  ],
];

for (const [name, lastgood, fields] of FAULTY)
  test(`LASTGOOD is wrong: ${name}`, (t) => checkFaulty(t, lastgood, fields));

/** @param {TestContext} t @param {unknown} lastgood @param {string[]} fields */
async function checkFaulty(t, lastgood, fields) {
  const script = { "/flaky": ["502", "502", "200"], "*": ["200"] };
  const site = await siteWith(t, { script, lastgood });
  for (let visit = 0; visit < 3; visit++)
    assert.equal((await site.get("/")).status, 200);
  assert.equal(
    (await site.get("/flaky")).status,
    200,
    "three attempts by default",
  );
  await site.log.waitFor("the rescue", ({ url }) => url === "/flaky");
  const problems = site.log.of("configuration").map(({ problem }) => problem);
  assert.ok(problems.length >= fields.length, problems.join("\n"));
  assert.equal(new Set(problems).size, problems.length, "each told once");
  for (const field of fields)
    assert.ok(
      problems.some((problem) => problem.startsWith(field)),
      problems.join("\n"),
    );
}

test("what is right beside what is wrong still holds", async (t) => {
  const lastgood = { attempts: "many", answer_status: "upstream" };
  const site = await siteWith(t, { script: ["504"], lastgood });
  assert.equal((await site.get("/")).status, 504);
  assert.equal(site.origin.count, 3);
});

test("LASTGOOD absent: the defaults, and nothing to complain about", async (t) => {
  const site = await siteWith(t, { script: ["502", "200"] });
  assert.equal((await site.get("/")).status, 200);
  await site.log.waitFor("the rescue", ({ shown }) => shown === "origin");
  assert.deepEqual(site.log.of("configuration"), []);
});

test("ORIGIN absent: the zone's own origin answers", async (t) => {
  const zone = await originWith(
    t,
    { "/flaky": ["502", "200"], "*": ["200 echo"] },
    { name: "ZONE" },
  );
  const worker = await workerWith(t, { zone: `127.0.0.1:${zone.port}` });
  const body = Buffer.from("two loaves, please");
  const seen = await ask(worker.port, {
    method: "POST",
    target: "/order?n=2",
    body,
  });
  assert.equal(seen.text, String(body));
  assert.equal(zone.calls[0].target, "/order?n=2");
  assert.equal(zone.calls[0].headers.host, "site.test");
  const flaky = await ask(worker.port, { target: "/flaky" });
  assert.match(flaky.text, /ZONE/);
  assert.deepEqual(worker.log.of("configuration"), []);
});

test("ORIGIN is a list: later ones stand in for the first", async (t) => {
  const [first, second] = [
    await originWith(t, ["502"], { name: "A" }),
    await originWith(t, ["200"], { name: "B" }),
  ];
  const worker = await workerWith(t, {
    bindings: { ORIGIN: [first.url, `${second.url}/`] },
  });
  const seen = await ask(worker.port, { target: "/page?x" });
  assert.match(seen.text, /\[\[B#/);
  assert.equal(second.calls[0].target, "/page?x");
});

test("ORIGIN with a path puts it before every path", async (t) => {
  const origin = await originWith(t, { "/shop/a": ["502", "200"] });
  const worker = await workerWith(t, {
    bindings: { ORIGIN: `${origin.url}/shop/` },
  });
  assert.equal((await ask(worker.port, { target: "/a?b" })).status, 200);
  assert.deepEqual(
    origin.calls.map(({ target }) => target),
    ["/shop/a?b", "/shop/a?b"],
  );
});

/** @type {[string, unknown][]} */
const GARBAGE = [
  ["no URL", "not a url"],
  ["another scheme", "ftp://origin.test"],
  ["a number", 8080],
  ["a table", { href: "http://origin.test" }],
  ["nothing", ""],
  ["a list of them", ["", 1]],
];

for (const [name, ORIGIN] of GARBAGE)
  test(`ORIGIN is garbage, ${name}: told, and the zone's own origin answers`, async (t) => {
    const zone = await originWith(t, ["200"], { name: "ZONE" });
    const worker = await workerWith(t, {
      bindings: { ORIGIN },
      zone: `127.0.0.1:${zone.port}`,
    });
    for (let visit = 0; visit < 2; visit++)
      assert.match((await ask(worker.port)).text, /ZONE/);
    await worker.log.waitFor("the fault", ({ problem }) =>
      problem?.startsWith("ORIGIN"),
    );
    const told = worker.log.of("configuration");
    assert.equal(told.length, [ORIGIN].flat().length, JSON.stringify(told));
  });

test("one bad origin among good ones is left out", async (t) => {
  const origin = await originWith(t, ["200"]);
  const worker = await workerWith(t, {
    bindings: { ORIGIN: ["nonsense", origin.url] },
  });
  const seen = await ask(worker.port);
  assert.equal(sourceOf(seen), "origin");
  assert.equal(worker.log.of("configuration").length, 1);
});
