// @ts-check
/**
 * `npm run cases`: black-box cases against the built worker in the Workers
 * runtime, or against any other gateway by its URL. See README.md beside this.
 */

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { readOptions, USAGE } from "./runner/args.mjs";
import { loadCases, loadExpected } from "./runner/load.mjs";
import { countsOf, rowLine, summary } from "./runner/report.mjs";
import { choose, onceMore, runSuite } from "./runner/suite.mjs";
import { urlTarget } from "./runner/url-target.mjs";
import { DEFAULT_WORKER, workerTarget } from "./runner/worker-target.mjs";

/** @typedef {import("./runner/args.mjs").Options} Options */
/** @typedef {import("./runner/suite.mjs").Verdict} Verdict */

/** @param {Options} options */
function targetFor({ url, ports, has, worker, force }) {
  if (url) return urlTarget({ url, ports, has });
  return workerTarget({
    dir: worker ? path.resolve(worker) : DEFAULT_WORKER,
    force,
  });
}

/** What went as foreseen is told of at the end, in one list. @param {Verdict} verdict */
function tell({ row, trace }) {
  if (row.result === "skip" || row.result === "expected") return;
  console.log([rowLine(row), ...trace].join("\n"));
}

/** @param {Options} options */
async function runAll(options) {
  const loaded = await loadCases(options.dir);
  const ours = !options.url && !options.worker;
  const expected = ours ? await loadExpected(options.dir, loaded) : new Map();
  const chosen = choose(loaded, options.only);
  const target = await targetFor(options);
  console.log(
    `${chosen.length} cases against ${target.name}, ${options.jobs} at a time`,
  );
  /** @param {import("./runner/load.mjs").Loaded[]} cases @param {number} jobs */
  const run = (cases, jobs) =>
    runSuite(target, cases, expected, { ...options, jobs, told: tell });
  const first = await run(chosen, options.jobs);
  const rows = options.again
    ? await onceMore(first, (only) => run(choose(loaded, only), 1))
    : first;
  console.log(summary(rows));
  const counts = countsOf(rows);
  const cases = rows.map(({ about: _, ...row }) => row);
  if (options.json)
    await writeFile(
      options.json,
      `${JSON.stringify({ ...counts, cases }, null, 1)}\n`,
    );
  return counts.failed > 0 ? 1 : 0;
}

async function main() {
  if (process.argv.includes("--help")) return console.log(USAGE);
  // Origins end with this process; runtimes and stores are ended as it exits.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  try {
    process.exitCode = await runAll(readOptions(process.argv.slice(2)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}

await main();
// Not left to the event loop: a runtime that died badly can hold it for ever.
process.exit();
