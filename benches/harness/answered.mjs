// @ts-check
/**
 * What an answer of our own costs: lastgood in front of an origin that answers 502 and
 * without copies, against itself on a good day. One page is made for each request.
 */
import { ask } from "./asking.mjs";
import { BenchError, stop } from "./children.mjs";
import { middle, ratios, rounds, round } from "./rounds.mjs";
import { startWorker } from "./runtime.mjs";
import { FAILING, startSite } from "./site.mjs";
import { errorOfMedian, median } from "./stats.mjs";

/** Nothing is remembered, so that each request asks. */
const FORGETFUL = { breaker: false, ejection: false, hold_down: false };
const LASTGOOD = { mode: "off", attempts: 1, ...FORGETFUL };
/** For the load's script: a failing status is as it should be. */
const WORDS = ["failing"];

/**
 * @typedef {object} Answered
 * @property {number} cpuVsHealthy
 * @property {number} cpuError of the median
 * @property {number} cpu µs for an answer
 */

/**
 * @param {import("./runtime.mjs").Build} build
 * @param {import("./origin.mjs").Origin} good
 * @param {import("./rounds.mjs").Pace & { warmup: number }} pace
 * @returns {Promise<Answered>}
 */
export async function measureAnswer(build, good, pace) {
  const failing = await startSite([{}], FAILING);
  const told = { LASTGOOD };
  const workers = [
    await startWorker(build, good, "zone", told),
    await startWorker(build, failing.ways[0], "zone", told),
  ];
  await isPage(workers[1].port);
  await round(workers, "2k", pace.warmup, WORDS);
  const done = await rounds(workers, "2k", pace, () => WORDS);
  await Promise.all(workers.map(({ child }) => stop(child)));
  await stop(failing.nginx);
  const against = ratios(done, "cpu", 1, 0);
  return {
    cpuVsHealthy: median(against),
    cpuError: errorOfMedian(against),
    cpu: middle(done, "cpu", 1),
  };
}

/** @param {number} port */
async function isPage(port) {
  const { status, body } = await ask(port, "/2k/");
  if (status !== 503 || !body.includes("<!doctype html>"))
    throw new BenchError(`no page, but ${status}: ${body}`);
}
