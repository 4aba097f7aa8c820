// @ts-check
/**
 * The peer and lastgood at one job: first it is made sure that both do the same,
 * then it is measured.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./asking.mjs";
import { BenchError, stop } from "./children.mjs";
import { middle, ratios, round, rounds } from "./rounds.mjs";
import { startWorker } from "./runtime.mjs";
import { errorOfMedian, median } from "./stats.mjs";

const [PEER, OURS] = [0, 1];
export const SIZES_OF_JOBS =
  /** @type {(keyof typeof import("./origin.mjs").SIZES)[]} */ (["2k", "100k"]);
/** Requests by which it is judged whether a worker asks its origin. */
const TRIED = 40;
/** What goes on behind a reply has ended by then. */
const SETTLE_MS = 300;

/** @typedef {import("./runtime.mjs").Worker} Worker */
/** @typedef {import("./rounds.mjs").Pace & { warmup: number }} Pace */

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {import("./runtime.mjs").Bindings} told to each worker
 * @property {number[]} calls at least and at most, to origin and cache, for each
 *   request
 * @property {(answer: import("./asking.mjs").Answer) => boolean} isRight whether it
 *   is what the job is about
 * @property {string[]} [words] for the load's script
 */

/**
 * @typedef {object} JobRow of one size
 * @property {number} cpuVsPeer
 * @property {number} cpuError of the median
 * @property {number} rpsVsPeer
 * @property {{ name: string, cpu: number, rps: number }[]} workers
 * @property {number} rounds
 */

/**
 * @param {Job} job
 * @param {import("./runtime.mjs").Build[]} builds peer, lastgood
 * @param {import("./site.mjs").Site} site
 * @param {Pace} pace
 * @param {(size: string, row: JobRow) => void} told
 */
export async function measureJob(job, builds, site, pace, told) {
  const workers = await Promise.all(
    builds.map((build, i) =>
      startWorker(build, site.ways[i], "zone", job.told),
    ),
  );
  /** @type {Record<string, JobRow>} */
  const rows = {};
  await round(workers, "2k", pace.warmup, wordsOf(job));
  for (const size of SIZES_OF_JOBS) {
    await sameJob(job, workers, size);
    for (const worker of workers) await asks(job, worker, size, site);
    const done = await rounds(workers, size, pace, () => wordsOf(job));
    rows[size] = row(workers, done);
    told(size, rows[size]);
  }
  await Promise.all(workers.map(({ child }) => stop(child)));
  return rows;
}

let run = 0;

/**
 * What comes first of all once more says so itself, each time.
 * @param {Job} job
 */
const wordsOf = ({ words }) => words && [...words, `job-${++run}`];

/**
 * @param {Worker[]} workers
 * @param {import("./rounds.mjs").Round[]} done
 * @returns {JobRow}
 */
function row(workers, done) {
  const vsPeer = ratios(done, "cpu", OURS, PEER);
  return {
    cpuVsPeer: median(vsPeer),
    cpuError: errorOfMedian(vsPeer),
    rpsVsPeer: median(ratios(done, "rps", OURS, PEER)),
    workers: workers.map(({ name }, i) => ({
      name,
      cpu: middle(done, "cpu", i),
      rps: middle(done, "rps", i),
    })),
    rounds: done.length,
  };
}

/**
 * Whether both answer alike: the same fields, and pages of the same length.
 * @param {Job} job
 * @param {Worker[]} workers
 * @param {string} size
 */
async function sameJob({ name: job, isRight }, workers, size) {
  const seen = [];
  for (const { name, port } of workers) {
    const answer = await ask(port, pathOf(size, 0));
    const { headers, body } = answer;
    if (!isRight(answer)) {
      const said = JSON.stringify(headers);
      throw new BenchError(`${name}, ${job} of ${size}: not as meant: ${said}`);
    }
    const page = body.toString("latin1").replace(/ saved .*? ago/, "");
    seen.push([page.length, ...Object.keys(headers).sort()].join(" "));
  }
  if (seen[PEER] === seen[OURS]) return;
  throw new BenchError(`not the same job:\n${seen.join("\n")}`);
}

/**
 * Whether a worker asks origin and cache as often as it should.
 * @param {Job} job
 * @param {Worker} worker
 * @param {string} size
 * @param {import("./site.mjs").Site} site
 */
async function asks({ name: job, calls }, { name, port }, size, { requests }) {
  const [least, most] = calls;
  const before = await requests();
  for (let n = 0; n < TRIED; n++) await ask(port, pathOf(size, n));
  await sleep(SETTLE_MS);
  const made = ((await requests()) - before - 1) / TRIED;
  if (made >= least && made <= most) return;
  throw new BenchError(
    `${name}, ${job} of ${size}: ${made} calls for a request`,
  );
}

/**
 * @param {string} size
 * @param {number} n
 */
const pathOf = (size, n) => `/${size}/item-${n + 1}?ref=list`;
