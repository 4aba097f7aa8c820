// @ts-check
/**
 * `npm run bench`: what lastgood costs on a good day and on a bad one, against a
 * hand-written JavaScript worker that does the same and against one that does
 * nothing.
 * README.md beside this says how it is measured.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, gzipped } from "../scripts/build.mjs";
import { readOptions, USAGE } from "./harness/args.mjs";
import { BenchError, demand } from "./harness/children.mjs";
import { measureAnswer } from "./harness/answered.mjs";
import { measureCached } from "./harness/cached.mjs";
import { measureDegraded } from "./harness/degraded.mjs";
import { measureHealthy } from "./harness/healthy.mjs";
import { startOrigin } from "./harness/origin.mjs";
import * as report from "./harness/report.mjs";
import { readBuild, readOurs } from "./harness/runtime.mjs";
import { measureStart } from "./harness/startup.mjs";
import { measureStream } from "./harness/stream.mjs";

/** Seconds of load for each worker: to warm up, and in a round. */
const FULL = {
  warmup: 5,
  seconds: 0.5,
  rounds: 10,
  mostRounds: 24,
  starts: 7,
};
const QUICK = {
  warmup: 1.5,
  seconds: 0.4,
  rounds: 4,
  mostRounds: 4,
  starts: 3,
};

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The peer in cache mode. */
const PEER_CACHE = readBuild(
  "peer",
  here("peer-cache.js"),
  here("peer-attempt.js"),
);

/**
 * @param {string} folder of the worker's build
 * @returns {import("./harness/runtime.mjs").Build[]}
 */
function builds(folder) {
  return [
    readBuild("fetch", here("plain.js")),
    readBuild(
      "peer",
      here("peer.js"),
      here("peer-attempt.js"),
      here("peer-copy.js"),
    ),
    readOurs(folder),
  ];
}

/** @param {import("./harness/runtime.mjs").Build} build */
const packed = ({ modules }) =>
  modules
    .map(({ content }) => gzipSync(content, { level: 9 }).length)
    .reduce((sum, bytes) => sum + bytes);

/** @param {ReturnType<typeof readOptions>} options */
async function measure({ quick, worker }) {
  demand("nginx", "wrk");
  if (!worker) await build();
  const pace = quick ? QUICK : FULL;
  const workers = builds(resolve(worker ?? here("../dist/worker")));
  const [plain, , ours] = workers;
  const origin = await startOrigin();
  const zone = await healthy(workers, origin, "zone", pace);
  const named = await healthy(workers, origin, "origin", pace);
  const bad = await degraded(workers.slice(1), origin, pace);
  const cached = await copies([PEER_CACHE, ours], pace);
  const answered = await measureAnswer(ours, origin, pace);
  console.log(report.answerLine(answered));
  const rssGrowthMb = await measureStream(ours, origin);
  const starts = await measureStart([plain, ours], origin, pace.starts);
  const [plainStartMs, startMs] = starts;
  const sizes = { worker: packed(ours), browser: gzipped("browser") };
  const rest = { rssGrowthMb, gzipped: sizes, startMs, plainStartMs };
  return { zone, origin: named, degraded: bad, cached, answered, ...rest };
}

/**
 * @param {import("./harness/runtime.mjs").Build[]} workers
 * @param {import("./harness/origin.mjs").Origin} origin
 * @param {import("./harness/runtime.mjs").Way} way
 * @param {typeof FULL} pace
 */
function healthy(workers, origin, way, pace) {
  const name = { zone: "the zone's own origin", origin: "ORIGIN set" }[way];
  console.log(`\nhealthy requests, ${name}\n${report.heading}`);
  const told = (
    /** @type {string} */ size,
    /** @type {import("./harness/healthy.mjs").Row} */ row,
  ) => console.log(report.rowLine(size, row));
  return measureHealthy(workers, origin, way, pace, told);
}

/**
 * @param {import("./harness/runtime.mjs").Build[]} workers peer, lastgood
 * @param {import("./harness/origin.mjs").Origin} origin
 * @param {typeof FULL} pace
 */
function degraded(workers, origin, pace) {
  console.log(
    `\nevery answer 502, all pages have copies\n${report.jobHeading}`,
  );
  const told = (
    /** @type {import("./harness/degraded.mjs").Day} */ day,
    /** @type {string} */ size,
    /** @type {import("./harness/job.mjs").JobRow} */ row,
  ) => console.log(report.jobLine(day, size, row));
  return measureDegraded(workers, origin, pace, told);
}

/**
 * @param {import("./harness/runtime.mjs").Build[]} workers peer, lastgood
 * @param {typeof FULL} pace
 */
function copies(workers, pace) {
  console.log(`\ncache mode\n${report.jobHeading}`);
  const told = (
    /** @type {import("./harness/cached.mjs").Way} */ way,
    /** @type {string} */ size,
    /** @type {import("./harness/job.mjs").JobRow} */ row,
  ) => console.log(report.jobLine(way, size, row));
  return measureCached(workers, pace, told);
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const figures = await measure(options);
  console.log(`\n${report.summary(figures)}`);
  if (!options.json) return;
  const json = JSON.stringify(report.forPrograms(figures), null, 1);
  writeFileSync(options.json, `${json}\n`);
}

try {
  await main();
} catch (error) {
  const foreseen = error instanceof BenchError || Object(error).code;
  console.error(foreseen ? Object(error).message : error);
  process.exitCode = 2;
}
process.exit();
