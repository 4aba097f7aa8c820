// @ts-check
/** The case runner can fail, and does so for the right reasons. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { giveBackPort, holdPort } from "../origin/ports.mjs";
import { loadCases, loadExpected } from "./runner/load.mjs";
import { countsOf, rowLine } from "./runner/report.mjs";
import { configurationFor } from "./runner/settings.mjs";
import { choose, onceMore, runSuite } from "./runner/suite.mjs";
import { urlTarget } from "./runner/url-target.mjs";
import { workerTarget } from "./runner/worker-target.mjs";
import { CASES, expecting, GOOD } from "./selftest.table.mjs";

/** @typedef {Record<string, any>} Json */
/** @typedef {import("./runner/suite.mjs").Verdict} Verdict */
/** @typedef {import("./runner/report.mjs").Row} Row */
/** @typedef {import("./runner/report.mjs").Result} Result */

const RUN = fileURLToPath(new URL("run.mjs", import.meta.url));
const PASS_THROUGH = `export default {
  fetch(request, { ORIGIN }) {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request([ORIGIN].flat()[0] + pathname + search, request));
  },
};
`;

const LISTED = { why: "it answers 200", until: "never" };
/** @type {string} */
let dir;
/** @type {Map<string, Verdict>} */
const verdicts = new Map();

/** @param {string} name @param {Json} variation */
const caseOf = (name, variation) => ({ id: name, ...GOOD, ...variation });

/**
 * @param {import("./runner/target.mjs").Target} target
 * @param {{ only: string[] | null, jobs: number }} how
 */
async function verdictsOf(target, { only, jobs }) {
  /** @type {Verdict[]} */
  const told = [];
  const loaded = await loadCases(dir);
  const expected = await loadExpected(dir, loaded);
  const options = {
    jobs,
    control: "x-control",
    told: (/** @type {Verdict} */ one) => told.push(one),
  };
  const rows = await runSuite(target, choose(loaded, only), expected, options);
  return { told, rows };
}

before(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "lastgood-selftest-"));
  await mkdir(path.join(dir, "worker"));
  await writeFile(path.join(dir, "worker/worker.js"), PASS_THROUGH);
  const more = ["listed", "surprise"].map((name) =>
    caseOf(name, name === "listed" ? expecting({ status: 500 }) : {}),
  );
  const cases = [
    ...CASES.map(([name, variation]) => caseOf(name, variation)),
    ...more,
  ];
  await writeFile(path.join(dir, "cases.json"), JSON.stringify(cases));
  await writeFile(
    path.join(dir, "expected.json"),
    JSON.stringify({ listed: LISTED, surprise: LISTED }),
  );
  const target = await workerTarget({
    dir: path.join(dir, "worker"),
    force: false,
  });
  for (const verdict of (await verdictsOf(target, { only: null, jobs: 4 }))
    .told)
    verdicts.set(verdict.row.id, verdict);
});

after(() => rm(dir, { recursive: true, force: true }));

/** @param {string} id */
const verdictOf = (id) => /** @type {Verdict} */ (verdicts.get(id));

for (const [name, , result, why] of CASES) {
  test(`${name}: ${result}`, () => {
    const { row } = verdictOf(name);
    assert.equal(row.result, result, rowLine(row));
    assert.match(row.why, why);
  });
}

test("a failing case shows what was sent, seen and got", () => {
  const trace = verdictOf("wrong-status").trace.join("\n");
  for (const part of [
    "GET /a",
    "O1 saw    1 calls",
    "came back 200 OK",
    "[[O1#1]]",
  ]) {
    assert.ok(trace.includes(part), trace);
  }
});

test("what fails once may pass late, what fails twice or with many does not", async () => {
  /** @param {string} id @param {Result} result */
  const row = (id, result) => ({ id, about: "", result, why: result, ms: 0 });
  /** @param {Row[]} first @param {Row[]} second */
  const resultsOf = async (first, second) => {
    const rows = await onceMore(first, (only) => {
      asked.push(...only);
      return Promise.resolve(second);
    });
    return rows.map(({ result, late }) => [result, late]);
  };
  /** @type {string[]} */
  const asked = [];
  const first = [row("A", "fail"), row("B", "pass"), row("C", "setup")];
  assert.deepEqual(
    await resultsOf(first, [row("A", "pass"), row("C", "fail")]),
    [
      ["pass", "fail"],
      ["pass", undefined],
      ["fail", undefined],
    ],
  );
  assert.deepEqual(asked.splice(0), ["A", "C"]);
  const skipped = await resultsOf([row("A", "fail")], [row("A", "skip")]);
  assert.deepEqual(skipped, [["fail", undefined]]);
  asked.length = 0;
  const many = ["A", "B", "C", "D"].map((id) => row(id, "fail"));
  assert.deepEqual((await resultsOf(many, []))[0], ["fail", undefined]);
  assert.deepEqual(asked, []);
});

test("a listed failure is expected, a listed pass is a surprise and fails", () => {
  assert.equal(verdictOf("listed").row.result, "expected");
  assert.equal(verdictOf("surprise").row.result, "surprise");
  const counts = countsOf([verdictOf("listed").row, verdictOf("surprise").row]);
  assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0, expected: 1 });
});

/** @param {string[]} args @returns {Promise<{ code: number | null, output: string }>} */
function runner(args) {
  const child = spawn(process.execPath, [
    RUN,
    "--worker",
    path.join(dir, "worker"),
    "--dir",
    dir,
    ...args,
  ]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes) => (output += bytes));
  return new Promise((resolve) =>
    child.on("close", (code) => resolve({ code, output })),
  );
}

test("the command ends with the counts, writes them, and its code says whether all held", async () => {
  const json = path.join(dir, "worker/result.json");
  const [good, bad, unknown, usage] = await Promise.all([
    runner(["--only", "good", "--json", json]),
    runner(["--only", "good,wrong-s*,no-setting"]),
    runner(["--only", "no-such-case"]),
    runner(["--jobs", "many"]),
  ]);
  assert.match(good.output, /\n1 passed, 0 failed, 0 skipped\n$/);
  assert.match(bad.output, /\n1 passed, 1 failed, 1 skipped\n$/);
  assert.deepEqual(
    [good, bad, unknown, usage].map(({ code }) => code),
    [0, 1, 2, 2],
  );
  const { cases, ...counts } = JSON.parse(await readFile(json, "utf8"));
  assert.deepEqual(counts, { passed: 1, failed: 0, skipped: 0, expected: 0 });
  assert.deepEqual(
    [cases[0].id, cases[0].result, cases[0].why, typeof cases[0].ms],
    ["good", "pass", "", "number"],
  );
});

test("by URL, cases run under a path of their own against the named ports", async (t) => {
  const port = await holdPort();
  const gateway = net.createServer((socket) => {
    const through = net.connect(port, "127.0.0.1");
    socket.on("error", () => through.destroy()).pipe(through);
    through.on("error", () => socket.destroy()).pipe(socket);
  });
  await new Promise((resolve) =>
    gateway.listen(0, "127.0.0.1", () => resolve(null)),
  );
  t.after(() => [gateway.close(), giveBackPort(port)]);
  const { port: front } = /** @type {net.AddressInfo} */ (gateway.address());
  const target = urlTarget({
    url: `http://127.0.0.1:${front}`,
    ports: new Map([["O1", port]]),
    has: [],
  });
  const { rows, told } = await verdictsOf(target, {
    only: ["good", "wrong-status", "no-setting"],
    jobs: 1,
  });
  assert.deepEqual(
    rows.map(({ result }) => result),
    ["pass", "fail", "skip"],
  );
  assert.match(
    told.flatMap(({ trace }) => trace).join("\n"),
    /GET \/case-\w+-wrong-status\/a/,
  );
});

test("the neutral policy in our words", () => {
  const { lastgood, missing } = configurationFor({
    retry: { on: [] },
    cache: { staleS: 30, swrS: 1 },
    errors: { service: "a" },
  });
  assert.deepEqual(missing, ["errors.service"]);
  assert.deepEqual(
    [
      lastgood.mode,
      lastgood.attempts,
      lastgood.retry_on,
      lastgood.failover_on,
      lastgood.stale,
      lastgood.renew_behind,
      lastgood.retry_after,
    ],
    ["cache", 3, [], [], "30s", "1s", false],
  );
  assert.equal(configurationFor({}).lastgood.mode, "off");
  assert.equal(configurationFor({ dryRun: false }).missing.length, 0);
});

test("the cases of this directory are all understood", async () => {
  const loaded = await loadCases(path.dirname(RUN));
  assert.ok(loaded.length >= 148, String(loaded.length));
  assert.deepEqual(
    loaded.filter(({ faults }) => faults.length > 0),
    [],
  );
});
