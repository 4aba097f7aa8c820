// @ts-check
/**
 * What a good day costs: three workers under the same load, page by page.
 * Copies are kept in the peer and in lastgood. In the rounds nearly every URL
 * has its copy already, as on a busy site; what a new copy costs is a row of
 * its own, with a load in which no URL comes twice.
 */
import { memoryMb, stop } from "./children.mjs";
import { fill } from "./filling.mjs";
import { SIZE_NAMES } from "./origin.mjs";
import { middle, ratios, round, rounds } from "./rounds.mjs";
import { startWorker } from "./runtime.mjs";
import { errorOfMedian, median, range } from "./stats.mjs";

const [PLAIN, PEER, OURS] = [0, 1, 2];

/** @typedef {import("./runtime.mjs").Build} Build */
/** @typedef {import("./runtime.mjs").Worker} Worker */
/** @typedef {import("./rounds.mjs").Round} Round */

/**
 * @typedef {object} Row of one size
 * @property {number} cpuVsPeer
 * @property {number} cpuError of the median
 * @property {[number, number]} cpuRange
 * @property {number} cpuVsFetch
 * @property {number} peerVsFetch CPU of the peer
 * @property {number} rpsVsFetch
 * @property {number} peerRpsVsFetch
 * @property {{ name: string, cpu: number, rps: number }[]} workers
 * @property {{ peer: number, ours: number }} copying CPU of one more copy, µs
 * @property {number} rounds
 */

/**
 * @param {Build[]} builds plain, peer, lastgood
 * @param {import("./origin.mjs").Origin} origin
 * @param {import("./runtime.mjs").Way} way
 * @param {import("./rounds.mjs").Pace & { warmup: number }} pace
 * @param {(size: string, row: Row) => void} told
 */
export async function measureHealthy(builds, origin, way, pace, told) {
  const workers = await Promise.all(
    builds.map((build) => startWorker(build, origin, way)),
  );
  /** @type {Record<string, Row>} */
  const rows = {};
  await round(workers, "2k", pace.warmup);
  for (const size of SIZE_NAMES) {
    await fill(workers, size);
    const done = await rounds(workers, size, pace);
    rows[size] = row(workers, done, await copies(workers, size, pace, done));
    told(size, rows[size]);
  }
  const peakMb = workers.map(({ child }) => memoryMb(child, "VmHWM"));
  await Promise.all(workers.map(({ child }) => stop(child)));
  return { rows, peakMb };
}

/**
 * CPU of one request that is kept, less what it costs when it is not.
 * @param {Worker[]} workers
 * @param {string} size
 * @param {{ seconds: number }} pace
 * @param {Round[]} done
 */
async function copies(workers, size, { seconds }, done) {
  const run = String(process.pid) + size;
  const words = ["--", "fresh", run];
  const [peer, ours] = await round(workers.slice(PEER), size, seconds, words);
  return {
    peer: peer.cpu - middle(done, "cpu", PEER),
    ours: ours.cpu - middle(done, "cpu", OURS),
  };
}

/**
 * @param {Worker[]} workers
 * @param {Round[]} done
 * @param {Row["copying"]} copying
 * @returns {Row}
 */
function row(workers, done, copying) {
  const vsPeer = ratios(done, "cpu", OURS, PEER);
  return {
    cpuVsPeer: median(vsPeer),
    cpuError: errorOfMedian(vsPeer),
    cpuRange: range(vsPeer),
    cpuVsFetch: median(ratios(done, "cpu", OURS, PLAIN)),
    peerVsFetch: median(ratios(done, "cpu", PEER, PLAIN)),
    rpsVsFetch: median(ratios(done, "rps", OURS, PLAIN)),
    peerRpsVsFetch: median(ratios(done, "rps", PEER, PLAIN)),
    workers: workers.map(({ name }, i) => ({
      name,
      cpu: middle(done, "cpu", i),
      rps: middle(done, "rps", i),
    })),
    copying,
    rounds: done.length,
  };
}
