// @ts-check
/**
 * Asks for every URL of the load once, so that a worker which keeps copies has
 * them all before it is measured: a busy site writes each once a minute, and a
 * few seconds of load must not look as if it wrote them every time. On the way
 * it sees to it that the pages come whole: a worker that fails fast is no fast
 * worker.
 */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./asking.mjs";
import { BenchError } from "./children.mjs";
import { SIZES } from "./origin.mjs";

/** As in requests.lua. */
const URLS = 1000;
const AT_ONCE = 8;
/** Copies are written after the answer. */
const SETTLE_MS = 100;

/**
 * @param {import("./runtime.mjs").Worker[]} workers
 * @param {keyof typeof SIZES} size
 */
export async function fill(workers, size) {
  await Promise.all(workers.map(({ port }) => fillOne(port, size)));
  await sleep(SETTLE_MS);
}

/**
 * @param {number} port
 * @param {keyof typeof SIZES} size
 */
async function fillOne(port, size) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const paths = Array.from(
    { length: URLS },
    (_, n) => `/${size}/item-${n + 1}?ref=list`,
  );
  const answers = paths.map((path) => ask(port, path, agent));
  const good = (await Promise.all(answers)).filter(
    ({ status, body }) => status === 200 && body.length === SIZES[size],
  );
  agent.destroy();
  const wrong = URLS - good.length;
  if (wrong > 0) throw new BenchError(`${wrong} pages of ${size} came wrong`);
}
