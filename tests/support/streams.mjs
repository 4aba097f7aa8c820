// @ts-check
/**
 * Bodies that take their time or are too large to hold: an origin that answers
 * as a test says while the test looks on, and a visitor that reads and writes
 * piece by piece.
 */
import { once } from "node:events";
import http from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HOST } from "./site.mjs";
import { residentMb } from "./processes.mjs";

/** @typedef {import("./site.mjs").TestContext} TestContext */
/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */
/** @typedef {import("node:stream").Writable} Writable */

const PIECE = Buffer.alloc(256 * 1024, "lastgood ");
const SAMPLE_MS = 60;
export const MB = 1024 * 1024;

/**
 * An origin in a few lines.
 * @param {TestContext} t
 * @param {(request: Incoming, response: Outgoing) => unknown} answer
 */
export async function serverWith(t, answer) {
  const server = http.createServer(
    (request, response) => void answer(request, response),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  return { port, url: `http://127.0.0.1:${port}`, server };
}

/**
 * A request whose body is still to be written; `reply` resolves with the head.
 * @param {number} port
 * @param {http.RequestOptions} [options]
 */
export function request(port, options = {}) {
  const { headers, ...rest } = options;
  const going = http.request({
    ...{ host: "127.0.0.1", port, agent: false },
    headers: { host: HOST, ...headers },
    ...rest,
  });
  const reply = once(going, "response").then(
    ([response]) => /** @type {Incoming} */ (response),
  );
  return { going, reply };
}

/** @param {number} port @param {http.RequestOptions} [options] */
export function get(port, options) {
  const { going, reply } = request(port, options);
  going.end();
  return reply;
}

/** @param {number} bytes */
function* pieces(bytes) {
  for (let left = bytes; left > 0; left -= PIECE.length)
    yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

/**
 * Writes that many bytes as fast as they are taken, and ends; or finds that
 * nobody takes them any more.
 * @param {Writable} sink
 * @param {number} bytes
 * @param {(piece: Buffer) => void} [onPiece]
 */
export function pour(sink, bytes, onPiece = () => {}) {
  const source = Readable.from(pieces(bytes), { highWaterMark: 1 });
  source.on("data", onPiece);
  return pipeline(source, sink).catch(() => undefined);
}

/** Reads to the end; the number of bytes. @param {Readable} source */
export async function drain(source) {
  let bytes = 0;
  for await (const piece of source) bytes += piece.length;
  return bytes;
}

/** By how much a process grew at most meanwhile, in MB. @param {number} pid @param {() => Promise<unknown>} during */
export async function growthMb(pid, during) {
  const start = residentMb(pid);
  let peak = start;
  const timer = setInterval(
    () => (peak = Math.max(peak, residentMb(pid))),
    SAMPLE_MS,
  );
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, residentMb(pid)) - start;
}
