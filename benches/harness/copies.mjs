// @ts-check
/**
 * The copies that a worker shows while the origin fails: each worker makes its
 * own, on a good day, and what it sent to its cache is what the cache answers
 * from then on. So every worker finds its own envelope, whatever that is.
 */
import { createServer } from "node:http";
import { ask } from "./asking.mjs";
import { BenchError, stop } from "./children.mjs";
import { SIZES } from "./origin.mjs";
import { startWorker } from "./runtime.mjs";

/** @typedef {{ fields: [string, string][], body: Buffer }} Copy as it is stored */
/** @typedef {Record<string, Copy>} Copies by size */

/** A worker may write behind its answer. */
const PATIENCE_MS = 5_000;
const HEAD_ENDS = "\r\n\r\n";

/**
 * @param {import("./runtime.mjs").Build} build
 * @param {import("./origin.mjs").Origin} origin a good one
 * @param {(keyof typeof SIZES)[]} sizes
 * @param {import("./runtime.mjs").Bindings} [told] to the worker
 * @returns {Promise<Copies>}
 */
export async function copiesOf(build, { port }, sizes, told) {
  const store = await startStore();
  const way = { port, storePort: store.port };
  const worker = await startWorker(build, way, "zone", told);
  /** @type {Copies} */
  const copies = {};
  for (const size of sizes) {
    const stored = store.next();
    await ask(worker.port, `/${size}/item-1?ref=list`);
    copies[size] = read(await stored);
    if (copies[size].body.length !== SIZES[size]) {
      throw new BenchError(`${build.name} kept a part of ${size}`);
    }
  }
  await stop(worker.child);
  store.close();
  return copies;
}

/** A cache that knows nothing and shows what it is given. */
async function startStore() {
  /** @type {(put: Buffer) => void} */
  let given = () => {};
  const server = createServer(async (request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const isPut = request.method === "PUT";
    response.writeHead(isPut ? 204 : 504, { "cf-cache-status": "MISS" }).end();
    if (isPut) given(Buffer.concat(chunks));
  });
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(undefined));
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  /** @returns {Promise<Buffer>} */
  const next = () =>
    new Promise((resolve, reject) => {
      const late = () => reject(new BenchError("no copy was kept"));
      const timer = setTimeout(late, PATIENCE_MS);
      given = (put) => {
        clearTimeout(timer);
        resolve(put);
      };
    });
  return { port, next, close: () => server.close() };
}

/**
 * The runtime sends a response to its cache as it stands in HTTP/1.1.
 * @param {Buffer} put
 * @returns {Copy}
 */
function read(put) {
  const end = put.indexOf(HEAD_ENDS);
  const [, ...lines] = put.subarray(0, end).toString("latin1").split("\r\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return /** @type {[string, string]} */ ([
      line.slice(0, colon).toLowerCase(),
      line.slice(colon + 1).trim(),
    ]);
  });
  return { fields, body: put.subarray(end + HEAD_ENDS.length) };
}
