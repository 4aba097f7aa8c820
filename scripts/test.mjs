// @ts-check
/**
 * `npm test`: everything that must never break, one stage after another.
 *
 *     npm test [-- --only WORD] [--list]
 *
 * Each stage is a command that anyone can run alone. A stage prints its name,
 * its time and what it counted; its output only if it failed. The last line
 * sums up, and the exit code is 1 if anything failed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FOR_TEST, SetupError, ensure, env } from "./setup.mjs";

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
/** They wait most of their time: two files of them at once. */
const NODE_TESTS = ["--test", "--test-reporter=tap", "--test-concurrency=2"];

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string[]} command
 * @property {Record<string, string>} [env]
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
  {
    name: "the runners themselves",
    command: ["node", ...NODE_TESTS, ...selftests()],
  },
  {
    name: "black-box cases in workerd",
    command: ["node", "tests/cases/run.mjs"],
  },
  {
    name: "edge: workerd and nginx",
    command: ["node", ...NODE_TESTS, "tests/edge/"],
  },
  {
    name: "examples: PHP, Python, Node",
    command: ["node", ...NODE_TESTS, "tests/examples/"],
  },
  {
    name: "outages of five seconds",
    command: ["node", "benches/outage/run.mjs", "--quick"],
  },
  {
    name: "pages in Chromium",
    command: ["node", ...NODE_TESTS, "tests/pages/"],
  },
  {
    name: "the package in Chromium",
    command: ["node", ...NODE_TESTS, "tests/browser/"],
  },
];

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
    "benches/outage/selftest.mjs",
  ];
}

/**
 * What a tool counted, by the closing lines of those in use.
 * @param {string} output
 * @param {boolean} ok
 */
function counted(output, ok) {
  const sum = (/** @type {RegExp} */ pattern) =>
    [...output.matchAll(pattern)].reduce(
      (total, found) => total + Number(found[1]),
      0,
    );
  const passed = sum(/(\d+) passed/g) + sum(/^# pass (\d+)/gm);
  const failed = sum(/(\d+) failed(?! as expected)/g) + sum(/^# fail (\d+)/gm);
  const skipped = sum(/(\d+) skipped/g) + sum(/^# (?:skipped|todo) (\d+)/gm);
  if (ok) return { passed: passed || 1, failed, skipped };
  return { passed, failed: failed || 1, skipped };
}

/** @param {Stage} stage */
function run(stage) {
  const start = performance.now();
  const [command, ...parameters] = stage.command;
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    env: { ...env(), WRANGLER_SEND_METRICS: "false", ...stage.env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const output = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`;
  const ok = status === 0;
  const result = counted(output, ok);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const numbers = `${result.passed} passed${result.failed ? `, ${result.failed} failed` : ""}${result.skipped ? `, ${result.skipped} skipped` : ""}`;
  console.log(
    `${ok ? "ok  " : "FAIL"} ${stage.name.padEnd(30)} ${seconds.padStart(6)} s   ${numbers}`,
  );
  if (!ok) console.log(`\n$ ${stage.command.join(" ")}\n${output}\n`);
  return result;
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
  for (const stage of wanted) {
    const { passed, failed, skipped } = run(stage);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
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
