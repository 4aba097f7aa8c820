// @ts-check
/**
 * Memory while 1 GB streams through: a worker that held a body, or a part of
 * it that grows, would show. The reader pauses now and then, so that the
 * origin is faster than the visitor.
 */
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchError, memoryMb, stop } from "./children.mjs";
import { STREAM_BYTES } from "./origin.mjs";
import { startWorker } from "./runtime.mjs";

const SAMPLE_MS = 20;
const PAUSE_EVERY = 64 * 1024 * 1024;
const PAUSE_MS = 50;
/** Few, or the memory that a load leaves behind would hide the growth. */
const WARMUP_REQUESTS = 20;

/**
 * MB by which the process grew at most.
 * @param {import("./runtime.mjs").Build} build
 * @param {import("./origin.mjs").Origin} origin
 */
export async function measureStream(build, origin) {
  const worker = await startWorker(build, origin, "zone");
  for (let i = 0; i < WARMUP_REQUESTS; i++) await read(worker.port, "/1m/");
  const before = memoryMb(worker.child, "VmRSS");
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, memoryMb(worker.child, "VmRSS"));
  }, SAMPLE_MS);
  const bytes = await read(worker.port, "/1g.bin");
  clearInterval(sampling);
  await stop(worker.child);
  if (bytes !== STREAM_BYTES) throw new BenchError(`1 GB: ${bytes} bytes came`);
  return most - before;
}

/**
 * How many bytes come.
 * @param {number} port
 * @param {string} path
 * @returns {Promise<number>}
 */
async function read(port, path) {
  const asked = { host: "127.0.0.1", port, path };
  /** @type {import("node:http").IncomingMessage} */
  const response = await new Promise((resolve, reject) => {
    get(asked, resolve).once("error", reject);
  });
  let bytes = 0;
  for await (const chunk of response) {
    const marks = Math.floor(bytes / PAUSE_EVERY);
    bytes += chunk.length;
    if (Math.floor(bytes / PAUSE_EVERY) > marks) await sleep(PAUSE_MS);
  }
  return bytes;
}
