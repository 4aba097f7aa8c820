// @ts-check
/**
 * Asks for every URL of the load once, so that a worker which keeps copies has
 * them all before it is measured: a busy site writes each once a minute, and a
 * few seconds of load must not look as if it wrote them every time. On the way
 * it sees to it that the pages come whole: a worker that fails fast is no fast
 * worker.
 */
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchError } from "./children.mjs";
import { SIZES } from "./origin.mjs";

/** As in requests.lua. */
const URLS = 1000;
const HOST = "shop.example";
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
  const lengths = await Promise.all(
    paths.map((path) => ask(agent, port, path)),
  );
  agent.destroy();
  const wrong = lengths.filter((length) => length !== SIZES[size]).length;
  if (wrong > 0) throw new BenchError(`${wrong} pages of ${size} came wrong`);
}

/**
 * The length of a good answer; of a bad one, -1.
 * @param {Agent} agent
 * @param {number} port
 * @param {string} path
 * @returns {Promise<number>}
 */
function ask(agent, port, path) {
  const headers = { host: HOST };
  const options = { agent, host: "127.0.0.1", port, path, headers };
  return new Promise((resolve, reject) => {
    const asked = get(options, (response) => {
      let length = 0;
      response.on("data", (chunk) => (length += chunk.length));
      response.once("end", () =>
        resolve(response.statusCode === 200 ? length : -1),
      );
      response.once("error", reject);
    });
    asked.once("error", reject);
  });
}
