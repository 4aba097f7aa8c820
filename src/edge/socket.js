// @ts-check
/**
 * A client for HTTP/1.1 over a raw socket, for origins that are to be sent
 * another `Host` than that of their URL: the runtime's `fetch` takes it from the
 * URL, whatever it is told.
 *
 * It does what that takes and no more. A connection serves one request. The
 * certificate has to fit the host of the URL. In production the platform refuses
 * sockets to addresses of its own, so an origin that is behind Cloudflare itself
 * cannot be reached this way. WebSockets do not go this way: they go aside, under
 * the name in the URL.
 */
import { Incoming, bodyOf, headOf, streamOf } from "./incoming.js";

/** Fields about one connection, which end with it (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Fields of a request that are written anew. */
const OURS = ["accept-encoding", "content-length", "expect", "host"];

/** Nobody can tell how long. */
const UNKNOWN = -1;

/**
 * A request for an origin.
 * @typedef {object} Asked
 * @property {string} host
 * @property {string} method
 * @property {Headers} headers
 * @property {ArrayBuffer | ReadableStream<Uint8Array> | null} body
 * @property {AbortSignal} [signal] ends it at any time
 */

/**
 * A response, and what ends it before its body does.
 * @typedef {{ response: Response, close: () => void }} Came
 */

/**
 * Sends a request to a URL under the name of another host. Rejects if what comes
 * back is no HTTP.
 * @param {string} url
 * @param {Asked} asked
 * @returns {Promise<Came>}
 */
export async function askAs(url, asked) {
  const { signal } = asked;
  signal?.throwIfAborted();
  const to = new URL(url);
  const socket = await connected(to);
  const close = () => void socket.close().catch(() => {});
  const ended = new Promise((_, reject) => {
    const end = () => (close(), reject(signal?.reason));
    signal?.addEventListener("abort", end, { once: true });
  });
  try {
    const conversation = converse(socket, to, asked, close);
    return await Promise.race([conversation, ended]);
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Opens a socket. The module is loaded by whoever needs it first.
 * @param {URL} to
 */
async function connected({ protocol, hostname, port }) {
  const { connect } = await import("cloudflare:sockets");
  const secure = protocol === "https:";
  const address = { hostname, port: Number(port || (secure ? 443 : 80)) };
  const socket = connect(address, {
    secureTransport: secure ? "on" : "off",
    allowHalfOpen: false,
  });
  socket.opened.catch(() => {});
  socket.closed.catch(() => {});
  return socket;
}

/**
 * @param {Socket} socket
 * @param {URL} to
 * @param {Asked} asked
 * @param {() => void} close
 * @returns {Promise<Came>}
 */
async function converse({ readable, writable }, to, asked, close) {
  const incoming = new Incoming(readable);
  const broken = send(writable, to, asked).then(() => new Promise(() => {}));
  const head = await Promise.race([headOf(incoming), broken]);
  broken.catch(close);
  const { length, pieces } = bodyOf(incoming, asked.method, head);
  if (!pieces) close();
  const body = pieces && streamOf(pieces, close);
  const bound = length === undefined ? body : bind(body, length);
  return { response: responseOf(head, bound), close };
}

/**
 * A body that has to have a length, and tells the visitor which.
 * @param {ReadableStream<Uint8Array> | undefined} body
 * @param {number} length
 */
function bind(body, length) {
  return body?.pipeThrough(new FixedLengthStream(length));
}

/**
 * @param {import("./incoming.js").Head} head
 * @param {ReadableStream<Uint8Array> | undefined} body
 */
function responseOf({ status, reason: statusText, headers }, body) {
  for (const name of ofConnection(headers)) headers.delete(name);
  // Packed or not, it passes as it came.
  const encodeBody = "manual";
  return new Response(body, { status, statusText, headers, encodeBody });
}

/**
 * Writes a request. What goes wrong with the connection will show when the
 * answer is read, for there may be one; so this rejects only if the body is not
 * what it should be.
 * @param {WritableStream} writable
 * @param {URL} to
 * @param {Asked} asked
 */
async function send(writable, to, asked) {
  const length = lengthOf(asked);
  const writer = writable.getWriter();
  let lost = false;
  const write = (/** @type {Uint8Array} */ bytes) =>
    writer.write(bytes).catch(() => (lost = true));
  await write(encoded(headText(to, asked, length)));
  for await (const piece of framed(asked.body, length)) {
    if (lost) return;
    await write(piece);
  }
}

/**
 * How long a body is; nothing if there is none.
 * @param {Asked} asked
 */
function lengthOf({ body, headers }) {
  if (body === null) return undefined;
  if (body instanceof ArrayBuffer) return body.byteLength;
  const declared = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(declared) ? Number(declared) : UNKNOWN;
}

/**
 * @param {URL} to
 * @param {Asked} asked
 * @param {number | undefined} length
 */
function headText({ pathname, search }, { host, method, headers }, length) {
  const left = new Set([...ofConnection(headers), ...OURS]);
  const kept = [...headers].filter(([name]) => !left.has(name));
  // What a copy is made of has to be unpacked, which here is known of gzip only.
  const packs = /\bgzip\b/i.test(headers.get("accept-encoding") ?? "");
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    `accept-encoding: ${packs ? "gzip" : "identity"}`,
    ...framing(length),
    "connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/**
 * @param {number | undefined} length
 * @returns {string[]}
 */
function framing(length) {
  if (length === undefined) return [];
  if (length === UNKNOWN) return ["transfer-encoding: chunked"];
  return [`content-length: ${length}`];
}

/**
 * The names of all fields that are about the connection.
 * @param {Headers} headers
 */
function ofConnection(headers) {
  const named = (headers.get("connection") ?? "").toLowerCase().split(",");
  const names = named.map((name) => name.trim());
  return [
    ...HOP_BY_HOP,
    ...names.filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)),
  ];
}

/**
 * A body as it goes over the wire.
 * @param {Asked["body"]} body
 * @param {number | undefined} length
 */
async function* framed(body, length) {
  if (!body || body instanceof ArrayBuffer) {
    if (body?.byteLength) yield new Uint8Array(body);
    return;
  }
  let sent = 0;
  for await (const piece of body) {
    sent += piece.byteLength;
    if (length === UNKNOWN) yield* chunk(piece);
    else if (sent > Number(length)) break;
    else yield piece;
  }
  if (length === UNKNOWN) yield encoded("0\r\n\r\n");
  else if (sent !== length) throw new Error("a body of another length");
}

/** @param {Uint8Array} piece */
function* chunk(piece) {
  // An empty chunk would be the last one.
  if (piece.byteLength === 0) return;
  yield encoded(`${piece.byteLength.toString(16)}\r\n`);
  yield piece;
  yield encoded("\r\n");
}

/** @param {string} text */
const encoded = (text) => new TextEncoder().encode(text);
