// @ts-check
/**
 * The load: one wrk for each worker, held still by SIGSTOP while another
 * worker has its turn. Turns are short, so that whatever else the machine does
 * hits all workers alike; wrk itself can't run for less than a second.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BenchError, start } from "./children.mjs";

const SCRIPT = fileURLToPath(new URL("../requests.lua", import.meta.url));
const CONNECTIONS = 16;
const SETTLE_MS = 20;
const AGAIN_MS = 500;
/** A page of 1 MB on a busy machine takes a second at most. */
const PATIENCE_MS = 20_000;

/**
 * @typedef {object} Load
 * @property {(held: () => Promise<unknown>) => Promise<void>} turn lets it run
 *   for as long as the promise takes
 * @property {() => Promise<{ requests: number, seconds: number }>} end
 */

/**
 * Starts a load that waits for its first turn.
 * @param {number} port
 * @param {string} size
 * @param {string[]} [words] for the script
 * @returns {Load}
 */
export function startLoad(port, size, words = []) {
  const url = `http://127.0.0.1:${port}/${size}`;
  const fixed = ["-t1", `-c${CONNECTIONS}`, "-d1h", "--timeout", "1m"];
  const args = [...fixed, "-s", SCRIPT, url, ...words];
  const wrk = start("wrk", args, ["ignore", "pipe", "inherit"]);
  wrk.kill("SIGSTOP");
  const output = outputOf(wrk);
  let seconds = 0;
  /** @type {Load["turn"]} */
  const turn = async (held) => {
    const from = performance.now();
    wrk.kill("SIGCONT");
    await held();
    seconds += (performance.now() - from) / 1000;
  };
  return {
    turn: (held) => turn(held).finally(() => wrk.kill("SIGSTOP")),
    end: async () => {
      await turn(() => interrupted(wrk, output));
      return { requests: requestsIn(await output), seconds };
    },
  };
}

/**
 * Ends wrk. The kernel may hand the signal to any of its threads, and only the
 * main one ends it; once the others are gone, the next signal finds that one.
 * @param {import("./children.mjs").ChildProcess} wrk
 * @param {Promise<string>} output
 */
async function interrupted(wrk, output) {
  await sleep(SETTLE_MS);
  wrk.kill("SIGINT");
  const again = setInterval(() => wrk.kill("SIGINT"), AGAIN_MS);
  const enough = setTimeout(() => wrk.kill("SIGKILL"), PATIENCE_MS);
  await output;
  clearInterval(again);
  clearTimeout(enough);
}

/**
 * @param {import("./children.mjs").ChildProcess} wrk
 * @returns {Promise<string>}
 */
function outputOf(wrk) {
  return new Promise((resolve) => {
    let output = "";
    wrk.stdout?.on("data", (data) => (output += data));
    wrk.once("close", () => resolve(output));
  });
}

/** @param {string} output */
function requestsIn(output) {
  const last = output.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) throw new BenchError(`wrk failed:\n${output}`);
  const { requests, errors } = JSON.parse(last);
  if (errors > 0) throw new BenchError(`${errors} requests failed:\n${output}`);
  return requests;
}
