// @ts-check
/**
 * Rounds: in each, every worker gets the same seconds of load, cut into short
 * turns that alternate. Ratios are taken within a round, where the machine was
 * the same for all; only then the median over rounds.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros } from "./children.mjs";
import { startLoad } from "./load.mjs";
import { errorOfMedian, median } from "./stats.mjs";

const TURN_MS = 50;
/** Until the last answers of a turn are out. */
const PAUSE_MS = 10;
/** Rounds are added until the ratio is known this well, or patience ends. */
const GOOD_ENOUGH = 0.01;

/** @typedef {import("./runtime.mjs").Worker} Worker */
/** @typedef {{ cpu: number, rps: number }} Sample µs per request; requests per second */
/** @typedef {Sample[]} Round one sample for each worker */
/** @typedef {{ seconds: number, rounds: number, mostRounds: number }} Pace */

/**
 * One round.
 * @param {Worker[]} workers
 * @param {string} size
 * @param {number} seconds for each worker
 * @param {string[]} [words] for the load's script
 * @returns {Promise<Round>}
 */
export async function round(workers, size, seconds, words) {
  const before = workers.map(({ child }) => cpuMicros(child));
  const loads = workers.map(({ port }) => startLoad(port, size, words));
  const backwards = [...loads].reverse();
  const turns = Math.ceil((seconds * 1000) / TURN_MS);
  for (let turn = 0; turn < turns; turn++) {
    for (const load of turn % 2 ? backwards : loads) {
      await load.turn(() => sleep(TURN_MS));
      await sleep(PAUSE_MS);
    }
  }
  /** @type {{ requests: number, seconds: number }[]} */
  const ends = [];
  for (const load of loads) ends.push(await load.end());
  await sleep(PAUSE_MS);
  return workers.map(({ child }, i) => ({
    cpu: (cpuMicros(child) - before[i]) / ends[i].requests,
    rps: ends[i].requests / ends[i].seconds,
  }));
}

/**
 * Rounds until the CPU of the last worker against the one before it is known.
 * @param {Worker[]} workers
 * @param {string} size
 * @param {Pace} pace
 * @param {() => string[] | undefined} [words] for the load's script in a round
 * @returns {Promise<Round[]>}
 */
export async function rounds(workers, size, pace, words = () => undefined) {
  /** @type {Round[]} */
  const done = [];
  while (done.length < pace.mostRounds) {
    done.push(await round(workers, size, pace.seconds, words()));
    if (done.length < pace.rounds) continue;
    const against = ratios(done, "cpu", workers.length - 1, workers.length - 2);
    if (errorOfMedian(against) < GOOD_ENOUGH) break;
  }
  return done;
}

/**
 * One worker against another, round by round.
 * @param {Round[]} done
 * @param {"cpu" | "rps"} what
 * @param {number} one
 * @param {number} other
 */
export function ratios(done, what, one, other) {
  return done.map((samples) => samples[one][what] / samples[other][what]);
}

/**
 * @param {Round[]} done
 * @param {"cpu" | "rps"} what
 * @param {number} worker
 */
export function middle(done, what, worker) {
  return median(done.map((samples) => samples[worker][what]));
}
