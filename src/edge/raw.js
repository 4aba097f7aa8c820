// @ts-check
/**
 * Responses whose bodies are of our making. The runtime cannot hand these on from
 * stream to stream as it does with those that it fetched. If they came over a
 * socket of ours, they are as they came: whoever reads one has to unpack it, and
 * whoever passes one on must not have it packed again.
 */
import { askAs } from "./socket.js";

/** @type {WeakSet<Response>} */
const ours = new WeakSet();

/** What closes the socket, of those that came over one. @type {WeakMap<Response, () => void>} */
const sockets = new WeakMap();

/**
 * Sends a request to a URL under the name of another host.
 * @param {string} url
 * @param {import("./socket.js").Asked} asked
 */
export async function askRaw(url, asked) {
  const { response, close } = await askAs(url, asked);
  sockets.set(response, close);
  ours.add(response);
  return response;
}

/**
 * Whether there can be another response of this kind: the runtime makes none of
 * 101, nor of a status that is none.
 * @param {Response} response
 */
export function hasLike({ status }) {
  return status >= 200 && status <= 599;
}

/**
 * The same response with another body, if it can have one.
 * @param {Response} response
 * @param {BodyInit} body
 */
export function withBody(response, body) {
  if (!response.body || !hasLike(response)) return response;
  const again = asRaw(response, new Response(body, response));
  ours.add(again);
  return again;
}

/**
 * A second one of the same response.
 * @param {Response} response
 */
export function cloned(response) {
  return asRaw(response, response.clone());
}

/**
 * @param {Response} from
 * @param {Response} to
 */
function asRaw(from, to) {
  const close = sockets.get(from);
  if (close) sockets.set(to, close);
  if (ours.has(from)) ours.add(to);
  return to;
}

/**
 * How the body of a response goes into another one.
 * @param {Response} response
 * @returns {{ encodeBody?: "manual" }}
 */
export function asItIs(response) {
  return sockets.has(response) ? { encodeBody: "manual" } : {};
}

/**
 * Closes the socket of a response, if it has one: a stream that is cancelled
 * would not notice before the next byte.
 * @param {Response} response
 */
export function hangUp(response) {
  sockets.get(response)?.();
}

/**
 * Whether the body of a response is of our making.
 * @param {Response} response
 */
export const isRaw = (response) => ours.has(response);

/**
 * Whether a body has the length that is declared: that of one which the runtime
 * unpacks is the length before.
 * @param {Response} response
 */
export function isBound(response) {
  const { headers } = response;
  if (!headers.has("content-length")) return false;
  return !headers.has("content-encoding") || sockets.has(response);
}

/**
 * What the bytes of a response's body mean, at most so many. Rejects with a range
 * error if they are packed in a way that is not known here.
 * @param {Response} response
 * @param {ArrayBuffer} bytes
 * @param {number} limit
 */
export async function unpacked(response, bytes, limit) {
  const coding = response.headers.get("content-encoding") ?? "identity";
  if (!sockets.has(response) || coding === "identity") return bytes;
  if (coding !== "gzip") throw new RangeError(`a body that is ${coding}`);
  const packed = new Blob([bytes]).stream();
  return upTo(limit, packed.pipeThrough(new DecompressionStream("gzip")));
}

/**
 * The bytes of a stream, at most so many.
 * @param {number} limit
 * @param {ReadableStream<Uint8Array>} stream
 */
export async function upTo(limit, stream) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > limit) throw new RangeError(`a copy above ${limit} bytes`);
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}
