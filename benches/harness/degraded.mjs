// @ts-check
/**
 * What a bad day costs: lastgood against the peer while the origin answers 502
 * to everything and every page has its copy. Asked each time, or known to be
 * down. Before it is measured, it is made sure that both do the same.
 */
import { ask } from "./asking.mjs";
import { BenchError, stop } from "./children.mjs";
import { copiesOf } from "./copies.mjs";
import { startFailing } from "./failing.mjs";
import { SIZES } from "./origin.mjs";
import { middle, ratios, round, rounds } from "./rounds.mjs";
import { startWorker } from "./runtime.mjs";
import { errorOfMedian, median } from "./stats.mjs";

const [PEER, OURS] = [0, 1];
const BAD_SIZES = /** @type {(keyof typeof SIZES)[]} */ (["2k", "100k"]);
/** Requests by which it is judged whether a worker asks its origin. */
const TRIED = 40;

/** @typedef {import("./runtime.mjs").Worker} Worker */
/** @typedef {keyof typeof DAYS} Day */

/**
 * What the peer and lastgood are told, so that they ask each time; by default
 * neither does. And how many calls each may make for a request: one to the
 * cache, and one to the origin or, now and then, a probe.
 */
const DAYS = {
  failing: {
    told: {
      BREAKER: "off",
      LASTGOOD: {
        breaker: false,
        ejection: false,
        hold_down: false,
        attempts: 1,
      },
    },
    calls: [2, 2],
  },
  down: { told: {}, calls: [1, 1.5] },
};

/**
 * @typedef {object} BadRow of one size
 * @property {number} cpuVsPeer
 * @property {number} cpuError of the median
 * @property {number} rpsVsPeer
 * @property {{ name: string, cpu: number, rps: number }[]} workers
 * @property {number} rounds
 */

/**
 * @param {import("./runtime.mjs").Build[]} builds peer, lastgood
 * @param {import("./origin.mjs").Origin} good where copies come from
 * @param {import("./rounds.mjs").Pace & { warmup: number }} pace
 * @param {(day: Day, size: string, row: BadRow) => void} told
 */
export async function measureDegraded(builds, good, pace, told) {
  const kept = [];
  for (const build of builds) kept.push(await copiesOf(build, good, BAD_SIZES));
  const failing = await startFailing(kept);
  const rows = {
    failing: await day("failing", builds, failing, pace, told),
    down: await day("down", builds, failing, pace, told),
  };
  await failing.stop();
  return rows;
}

/**
 * @param {Day} name
 * @param {import("./runtime.mjs").Build[]} builds
 * @param {import("./failing.mjs").Failing} failing
 * @param {import("./rounds.mjs").Pace & { warmup: number }} pace
 * @param {(day: Day, size: string, row: BadRow) => void} told
 */
async function day(name, builds, failing, pace, told) {
  const { told: bindings, calls } = DAYS[name];
  const workers = await Promise.all(
    builds.map((build, i) =>
      startWorker(build, failing.ways[i], "zone", bindings),
    ),
  );
  /** @type {Record<string, BadRow>} */
  const rows = {};
  await round(workers, "2k", pace.warmup);
  for (const size of BAD_SIZES) {
    await sameJob(workers, size);
    for (const worker of workers) await asks(worker, size, failing, calls);
    rows[size] = row(workers, await rounds(workers, size, pace));
    told(name, size, rows[size]);
  }
  await Promise.all(workers.map(({ child }) => stop(child)));
  return rows;
}

/**
 * @param {Worker[]} workers
 * @param {import("./rounds.mjs").Round[]} done
 * @returns {BadRow}
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
 * Whether both show the copy, with the notice and with the same fields.
 * @param {Worker[]} workers
 * @param {string} size
 */
async function sameJob(workers, size) {
  const seen = [];
  for (const { name, port } of workers) {
    const { status, headers, body } = await ask(port, pathOf(size, 0));
    const marked =
      status === 200 &&
      String(headers["cache-status"]).includes("fwd=stale; fwd-status=502") &&
      body.includes('<body><div role="status" data-lastgood="notice"');
    if (!marked)
      throw new BenchError(`${name} shows no marked copy of ${size}`);
    const page = body.toString("latin1").replace(/ saved .*? ago/, "");
    seen.push([page.length, ...Object.keys(headers).sort()].join(" "));
  }
  if (seen[PEER] === seen[OURS]) return;
  throw new BenchError(`not the same job:\n${seen.join("\n")}`);
}

/**
 * Whether a worker asks its origin as often as it should.
 * @param {Worker} worker
 * @param {string} size
 * @param {import("./failing.mjs").Failing} failing
 * @param {number[]} calls at least and at most, for each request
 */
async function asks({ name, port }, size, { requests }, [least, most]) {
  const before = await requests();
  for (let n = 0; n < TRIED; n++) await ask(port, pathOf(size, n));
  const made = ((await requests()) - before - 1) / TRIED;
  if (made >= least && made <= most) return;
  throw new BenchError(`${name} makes ${made} calls for a request of ${size}`);
}

/**
 * @param {string} size
 * @param {number} n
 */
const pathOf = (size, n) => `/${size}/item-${n + 1}?ref=list`;
