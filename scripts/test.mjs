// @ts-check
/**
 * `npm test`: everything that must never break, one stage after another.
 *
 *     npm test [-- --only WORD] [--list]
 *
 * Each stage is a command that anyone can run alone. A stage prints its name,
 * its time and what it counted; its output only if something failed. The last line
 * sums up, and the exit code is 1 if anything failed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { FOR_TEST, SetupError, ensure, env } from "./setup.mjs";
import { commandFor, runTests } from "./test-files.mjs";

const { values } = parseArgs({
  options: { only: { type: "string" }, list: { type: "boolean" } },
});

const WASM = ["--target", "wasm32-unknown-unknown"];
const STRICT = {
  RUSTFLAGS: "-D warnings",
  RUSTDOCFLAGS: "-D warnings",
  CARGO_TARGET_DIR: "target/strict",
};
const CHROMEDRIVER = process.env.CHROMEDRIVER ?? "/usr/bin/chromedriver";
/** A command that never ends has failed. */
const LONGEST_MS = 30 * 60_000;
/** What browsers and runtimes write in a run, and room to spare. */
const SCRATCH_BYTES = 4 * 2 ** 30;

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string[]} command
 * @property {Record<string, string>} [env]
 * @property {string[]} [tests] test files of Node and folders of them, that `command` runs
 */

/** @type {Stage[]} */
const STAGES = [
  { name: "format of Rust", command: ["cargo", "fmt", "--check"] },
  {
    name: "format of JavaScript",
    command: ["npx", "prettier", "--check", "--log-level=warn", "."],
  },
  {
    name: "lints, core",
    command: ["cargo", "clippy", "--all-targets"],
    env: STRICT,
  },
  {
    name: "lints, edge",
    command: ["cargo", "clippy", ...WASM, "--features", "edge"],
    env: STRICT,
  },
  {
    name: "lints, browser",
    command: ["cargo", "clippy", ...WASM, "--features", "browser"],
    env: STRICT,
  },
  {
    name: "lints, browser without words",
    command: [
      ...["cargo", "clippy", ...WASM, "--no-default-features"],
      ...["--features", "browser"],
    ],
    env: STRICT,
  },
  {
    name: "lints, service worker",
    command: ["cargo", "clippy", ...WASM, "--features", "service-worker"],
    env: STRICT,
  },
  {
    name: "lints, playground",
    command: ["cargo", "clippy", ...WASM, "--features", "playground"],
    env: STRICT,
  },
  {
    name: "core without std",
    command: ["cargo", "rustc", "--lib", "--crate-type", "rlib", ...WASM],
    env: STRICT,
  },
  {
    name: "documentation, core",
    command: ["cargo", "doc", "--no-deps"],
    env: STRICT,
  },
  {
    name: "documentation, edge",
    command: ["cargo", "doc", "--no-deps", ...WASM, "--features", "edge"],
    env: STRICT,
  },
  {
    name: "documentation, browser",
    command: [
      ...["cargo", "doc", "--no-deps", ...WASM],
      ...["--features", "service-worker"],
    ],
    env: STRICT,
  },
  {
    name: "documentation, playground",
    command: ["cargo", "doc", "--no-deps", ...WASM, "--features", "playground"],
    env: STRICT,
  },
  { name: "core, natively", command: ["cargo", "test"] },
  {
    name: "service worker, natively",
    command: [
      ...["cargo", "test", "--features", "service-worker"],
      ...["--lib", "browser::worker"],
    ],
  },
  {
    name: "random outages",
    command: ["cargo", "test", "--profile", "outages", "--test", "outages"],
    env: { OUTAGES: "45000" },
  },
  { name: "build", command: ["node", "scripts/build.mjs"] },
  { name: "types, scripts and tests", command: ["npx", "tsc", "-p", "."] },
  { name: "types, edge", command: ["npx", "tsc", "-p", "src/edge"] },
  { name: "types, pages", command: ["npx", "tsc", "-p", "www"] },
  { name: "types, package", command: ["npx", "tsc", "-p", "src/browser"] },
  {
    name: "types, queue",
    command: ["npx", "tsc", "-p", "src/browser/queue"],
  },
  {
    name: "types, service worker",
    command: ["npx", "tsc", "-p", "src/browser/service-worker"],
  },
  {
    name: "types, as people use them",
    command: ["npx", "tsc", "-p", "tests/browser/types"],
  },
  { name: "size budgets", command: ["node", "scripts/sizes.mjs"] },
  { name: "configuration check", command: ["node", "scripts/check.mjs"] },
  {
    name: "deploy, dry run",
    command: [
      "npx",
      "wrangler",
      "deploy",
      "--dry-run",
      "--outdir",
      "dist/dry-run",
    ],
  },
  {
    name: "deploy of the site, dry run",
    command: [
      ...["npx", "wrangler", "deploy", "--dry-run"],
      ...["--config", "www/wrangler.toml"],
    ],
  },
  { name: "core and bindings in Node", command: wasmPack("--node") },
  {
    name: "playground's bindings in Node",
    command: [
      ...["wasm-pack", "test", "--node", "--mode", "no-install", "--"],
      ...["--features", "playground", "--test", "playground"],
    ],
  },
  {
    name: "core and bindings in Chrome",
    command: wasmPack("--headless", "--chrome", "--chromedriver", CHROMEDRIVER),
    env: { WASM_BINDGEN_USE_BROWSER: "1" },
  },
  nodeTests("the runners themselves", ...selftests()),
  {
    name: "black-box cases in workerd",
    command: ["node", "tests/cases/run.mjs", "--again"],
  },
  nodeTests("edge: workerd and nginx", "tests/edge/"),
  nodeTests("examples: PHP, Python, Node", "tests/examples/"),
  {
    name: "outages of five seconds",
    command: ["node", "benches/outage/run.mjs", "--quick"],
  },
  nodeTests("pages in Chromium", "tests/pages/"),
  nodeTests("the package in Chromium", "tests/browser/"),
];

/** @param {string} name @param {string[]} tests @returns {Stage} */
function nodeTests(name, ...tests) {
  return { name, command: commandFor(tests), tests };
}

/** @param {string[]} where */
function wasmPack(...where) {
  return [
    "wasm-pack",
    "test",
    ...where,
    "--mode",
    "no-install",
    "--",
    "--features",
    "browser",
    "--test",
    "browser",
  ];
}

function selftests() {
  return [
    "tests/cases/selftest.mjs",
    "tests/matrix/judge.selftest.mjs",
    "tests/origin/grammar.selftest.mjs",
    "tests/origin/wire.selftest.mjs",
    "tests/support/test-files.selftest.mjs",
    "benches/outage/selftest.mjs",
  ];
}

/**
 * What a tool counted, by its closing lines: Cargo's and the cases' are in use.
 * @param {string} output
 * @param {boolean} ok
 */
function counted(output, ok) {
  const lines = output.matchAll(
    /^(?:test result: \w+\. )?(\d+) passed[,;] (\d+) failed(?:[,;] (\d+) (?:skipped|ignored))?/gm,
  );
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, skipped = 0] of lines) {
    total.passed += Number(passed);
    total.failed += Number(failed);
    total.skipped += Number(skipped);
  }
  const one = total.passed + total.skipped === 0 ? 1 : total.passed;
  if (ok) return { ...total, passed: one };
  return { ...total, failed: total.failed || 1 };
}

/**
 * @param {Stage} stage @param {NodeJS.ProcessEnv} environment
 * @returns {import("./test-files.mjs").Outcome}
 */
function ran({ command: [command, ...parameters] }, environment) {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    env: environment,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    timeout: LONGEST_MS,
  });
  const output = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`;
  const ok = status === 0;
  const late = /^not at their first try:$/m.test(output);
  return { ...counted(output, ok), told: ok && !late ? "" : output };
}

/** @param {Stage} stage @param {Record<string, string>} more of the environment */
async function run(stage, more) {
  const start = performance.now();
  const environment = {
    ...env(),
    WRANGLER_SEND_METRICS: "false",
    ...more,
    ...stage.env,
  };
  const outcome = stage.tests
    ? await runTests(stage.tests, environment)
    : ran(stage, environment);
  const { passed, failed, skipped, told } = outcome;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const numbers = `${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""}`;
  console.log(
    `${failed ? "FAIL" : "ok  "} ${stage.name.padEnd(30)} ${seconds.padStart(6)} s   ${numbers}`,
  );
  if (told) console.log(`\n$ ${stage.command.join(" ")}\n${told}\n`);
  return { passed, failed, skipped };
}

/**
 * Where the tests' browsers and runtimes write. In memory if there is room: they write
 * through, and would measure a slow disk.
 */
function scratchFolder() {
  const parent = hasRoom("/dev/shm") ? "/dev/shm" : tmpdir();
  return mkdtempSync(path.join(parent, "lastgood-"));
}

/** @param {string} folder */
function hasRoom(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > SCRATCH_BYTES;
  } catch {
    return false;
  }
}

async function main() {
  const wanted = STAGES.filter(({ name }) => name.includes(values.only ?? ""));
  if (values.list) {
    for (const { name, command } of wanted)
      console.log(`${name.padEnd(30)} ${command.join(" ")}`);
    return;
  }
  await ensure(FOR_TEST);
  const start = performance.now();
  const total = { passed: 0, failed: 0, skipped: 0 };
  const scratch = scratchFolder();
  try {
    for (const stage of wanted) {
      const { passed, failed, skipped } = await run(stage, { TMPDIR: scratch });
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  console.log(`\n${wanted.length} stages in ${minutes} minutes`);
  console.log(
    `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
  );
  process.exitCode = total.failed ? 1 : 0;
}

await main().catch((error) => {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
