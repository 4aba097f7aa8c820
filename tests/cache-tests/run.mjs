// @ts-check
/**
 * `npm run cache-tests -- --suite DIR`: the public suite of tests for HTTP
 * caches (github.com/http-tests/cache-tests, BSD-3-Clause) against the worker
 * in cache mode. Its code is not part of this repository: DIR is a checkout.
 *
 *     --suite DIR     the checkout
 *     --attempts N    attempts per request; as shipped if not given
 *     --only ID       one test, with all that was sent and came back
 *     --json FILE     the counts, every miss, and our answers to the `check` tests
 *
 * Exit code 1 if a test that is not in `expected.txt` missed, or one that is
 * there passed; or if an answer to a `check` test is not the one in `checks.txt`. Then
 * all is run a second time, and what was so in one of both only does not count.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { startWorker } from "../support/worker.mjs";
import { table } from "./table.mjs";
import { changed, readAnswers, readExpected, score } from "./score.mjs";

/** The suite's origin listens on all interfaces unless it is told not to. */
const LOOPBACK = new URL("loopback.mjs", import.meta.url).href;
/** @param {string} name */
const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

const { values } = parseArgs({
  options: {
    suite: { type: "string" },
    attempts: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
  },
});

/** A port that is free now. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (
        server.address()
      );
      server.close(() => resolve(port));
    });
  });
}

/**
 * @param {string} suite
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function inSuite(suite, args, env) {
  return spawn(process.execPath, ["--no-warnings", ...args], {
    cwd: suite,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** @param {import("node:child_process").ChildProcess} child */
async function outputOf(child) {
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}

/** @param {number} port */
async function listening(port) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return void (await fetch(`http://127.0.0.1:${port}/`));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("the suite's origin did not start");
}

/** @param {string} suite @param {string | undefined} attempts */
async function run(suite, attempts) {
  const port = await freePort();
  const server = inSuite(
    suite,
    ["--import", LOOPBACK, "test-engine/server/server.mjs"],
    {
      npm_config_protocol: "http",
      npm_config_port: String(port),
      npm_config_pidfile: path.join("/tmp", `cache-tests-${port}.pid`),
    },
  );
  server.stdout?.resume();
  await listening(port);
  const lastgood = {
    mode: "cache",
    ...(attempts && { attempts: Number(attempts) }),
  };
  const bindings = { ORIGIN: `http://127.0.0.1:${port}`, LASTGOOD: lastgood };
  const worker = await startWorker({ bindings });
  try {
    const client = inSuite(suite, ["test-engine/cli.mjs"], {
      npm_config_base: `http://127.0.0.1:${worker.port}`,
      npm_package_config_id: "",
      ...(values.only && { npm_config_id: values.only }),
    });
    return await outputOf(client);
  } finally {
    await worker.stop();
    server.kill();
  }
}

/** @param {string} suite */
async function rulesOf(suite) {
  /** @param {string} file */
  const load = (file) => import(pathToFileURL(path.join(suite, file)).href);
  const [tests, results] = await Promise.all([
    load("tests/index.mjs"),
    load("test-engine/lib/results.mjs"),
  ]);
  return { suites: tests.default, ...results };
}

/**
 * What is not as the lists have it, by test.
 * @param {import("./score.mjs").Score} ours
 */
function surprises(ours) {
  const { must, may } = readExpected(read("expected.txt"));
  const missed = new Set(ours.misses.map(({ id }) => id));
  const news = ours.misses.filter(({ id }) => !must.has(id) && !may.has(id));
  const lines = changed(ours.answers, readAnswers(read("checks.txt")));
  for (const { id, kind, why } of news)
    lines.set(id, `missed ${kind} ${id}: ${why}`);
  for (const id of must)
    if (!missed.has(id))
      lines.set(id, `passed ${id}, which is in expected.txt`);
  return lines;
}

/** @param {string} suite */
async function compare(suite) {
  const rules = await rulesOf(suite);
  const once = async () =>
    score(rules, JSON.parse(await run(suite, values.attempts)));
  const ours = await once();
  const others = { dir: path.join(suite, "results"), own: read("debian.txt") };
  console.log(table(rules, others, ours));
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify(ours, null, 1)}\n`);
  const first = surprises(ours);
  // Half of the tests ask again at once, and a copy is stored behind the reply.
  const again = first.size > 0 ? surprises(await once()) : first;
  for (const [id, line] of first)
    console.log(again.has(id) ? line : `${line} (in the first run of two)`);
  process.exitCode = [...first.keys()].some((id) => again.has(id)) ? 1 : 0;
}

if (!values.suite) {
  console.error(
    "--suite DIR is missing: a checkout of github.com/http-tests/cache-tests",
  );
  process.exit(2);
}
const suite = path.resolve(values.suite);
if (values.only) console.log(await run(suite, values.attempts));
else await compare(suite);
process.exit();
