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
 * there passed; or if an answer to a `check` test is not the one in `checks.txt`.
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

/** @param {string} suite @param {string} output */
async function report(suite, output) {
  /** @param {string} file */
  const load = (file) => import(pathToFileURL(path.join(suite, file)).href);
  const [tests, results] = await Promise.all([
    load("tests/index.mjs"),
    load("test-engine/lib/results.mjs"),
  ]);
  const rules = { suites: tests.default, ...results };
  const ours = score(rules, JSON.parse(output));
  const others = { dir: path.join(suite, "results"), own: read("debian.txt") };
  console.log(table(rules, others, ours));
  const { must, may } = readExpected(read("expected.txt"));
  const missed = new Set(ours.misses.map(({ id }) => id));
  const surprises = [...must].filter((id) => !missed.has(id));
  const news = ours.misses.filter(({ id }) => !must.has(id) && !may.has(id));
  for (const { id, kind, why } of news)
    console.log(`missed ${kind} ${id}: ${why}`);
  for (const id of surprises)
    console.log(`passed ${id}, which is in expected.txt`);
  const answers = changed(ours.answers, readAnswers(read("checks.txt")));
  for (const answer of answers) console.log(`answered ${answer}`);
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify(ours, null, 1)}\n`);
  const wrong = news.length + surprises.length + answers.length;
  process.exitCode = wrong > 0 ? 1 : 0;
}

if (!values.suite) {
  console.error(
    "--suite DIR is missing: a checkout of github.com/http-tests/cache-tests",
  );
  process.exit(2);
}
const suite = path.resolve(values.suite);
const output = await run(suite, values.attempts);
if (values.only) console.log(output);
else await report(suite, output);
process.exit();
