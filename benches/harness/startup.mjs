// @ts-check
/** From the start of the process to the first answer: what a cold isolate costs, and the runtime with it. */
import { get } from "node:http";
import { BenchError, stop } from "./children.mjs";
import { startWorker } from "./runtime.mjs";
import { median } from "./stats.mjs";

/**
 * Median milliseconds for each of several workers, started in turn.
 * @param {import("./runtime.mjs").Build[]} builds
 * @param {import("./origin.mjs").Origin} origin
 * @param {number} times
 */
export async function measureStart(builds, origin, times) {
  /** @type {number[][]} */
  const taken = builds.map(() => []);
  for (let i = 0; i < times; i++) {
    for (const [at, build] of builds.entries()) {
      taken[at].push(await once(build, origin));
    }
  }
  return taken.map(median);
}

/**
 * @param {import("./runtime.mjs").Build} build
 * @param {import("./origin.mjs").Origin} origin
 */
async function once(build, origin) {
  const from = performance.now();
  const { port, child } = await startWorker(build, origin, "zone");
  await answer(port);
  const taken = performance.now() - from;
  await stop(child);
  return taken;
}

/**
 * @param {number} port
 * @returns {Promise<void>}
 */
function answer(port) {
  return new Promise((resolve, reject) => {
    const asked = get({ host: "127.0.0.1", port, path: "/2k/" }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new BenchError(`first answer: ${response.statusCode}`));
    });
    asked.once("error", reject);
  });
}
