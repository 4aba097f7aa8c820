// @ts-check
/**
 * The client of a case: one request on a connection of its own, and everything
 * that came back, told apart down to the byte. A ready-made client would hide
 * interim answers, bytes after the end, and bodies that stop too soon.
 */

import net from "node:net";
import { ByteReader } from "../../origin/bytes.mjs";
import { readBody, readHead } from "../../origin/message.mjs";

/** @typedef {[string, string][]} HeaderList */
/**
 * @typedef {{ port: number, hostname: string, host: string, method: string, target: string,
 *   headers: HeaderList, body: Buffer | null, chunked: boolean, pieces: number,
 *   pauseMs: number, abortMs: number | null, lingerMs: number, limitMs: number }} Outgoing
 */
/**
 * @typedef {{ status: number, reason: string, list: HeaderList, headers: Record<string, string>,
 *   interim: Record<string, string>[], body: Buffer, complete: boolean, extra: number }} Reply
 */
/**
 * `sentAt` is on the clock of `performance.now()`; `ms` counts to the end of the answer.
 * @typedef {{ out: Outgoing, sentAt: number, ms: number, reply: Reply | null, note: string }} Exchange
 */

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {HeaderList} headers @param {string} name */
const has = (headers, name) =>
  headers.some(([key]) => key.toLowerCase() === name);

/** @param {Outgoing} out */
function headText({ method, target, host, headers, body, chunked }) {
  const list = [...headers];
  if (!has(list, "host")) list.unshift(["Host", host]);
  if (chunked) list.push(["Transfer-Encoding", "chunked"]);
  else if (body && !has(list, "content-length"))
    list.push(["Content-Length", String(body.length)]);
  const lines = list.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** @param {Buffer} body @param {number} count */
function split(body, count) {
  const size = Math.max(1, Math.ceil(body.length / count));
  const parts = [];
  for (let at = 0; at < body.length; at += size)
    parts.push(body.subarray(at, at + size));
  return parts;
}

/** @param {Buffer} part */
const asChunk = (part) =>
  Buffer.concat([
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from("\r\n"),
  ]);

/** @param {net.Socket} socket @param {Outgoing} out */
async function upload(socket, out) {
  socket.write(headText(out));
  const parts = split(out.body ?? Buffer.alloc(0), out.pieces);
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(out.pauseMs);
    if (socket.destroyed) return;
    socket.write(out.chunked ? asChunk(part) : part);
  }
  if (out.chunked && !socket.destroyed) socket.write("0\r\n\r\n");
}

/** @param {string} method @param {number} status */
const bodiless = (method, status) =>
  method === "HEAD" || status === 204 || status === 304 || status === 101;

/** @param {ByteReader} reader @param {string} method @param {(reply: Reply) => void} began */
async function readReply(reader, method, began) {
  /** @type {Record<string, string>[]} */
  const interim = [];
  for (;;) {
    const head = await readHead(reader);
    if (!head && reader.unread > 0)
      throw new Error(`not HTTP: ${reader.unread} bytes`);
    if (!head) return;
    const { start, list, headers } = head;
    const status = Number(start[1]);
    if (status >= 200 || status === 101) {
      const rest = {
        interim,
        body: Buffer.alloc(0),
        complete: false,
        extra: 0,
      };
      const reply = { status, reason: start[2], list, headers, ...rest };
      began(reply);
      return readReplyBody(reader, method, reply);
    }
    interim.push(headers);
  }
}

/** @param {ByteReader} reader @param {string} method @param {Reply} reply */
async function readReplyBody(reader, method, reply) {
  /** @type {Buffer[]} */
  const pieces = [];
  const framed = bodiless(method, reply.status);
  try {
    reply.complete =
      framed ||
      (await readBody(
        reader,
        reply.headers,
        (bytes) => pieces.push(bytes),
        "to-end",
      ));
  } finally {
    reply.body = Buffer.concat(pieces);
  }
}

/** @param {net.Socket} socket @param {number | null} ms @param {() => void} due */
function dropAfter(socket, ms, due) {
  if (ms === null) return () => {};
  const timer = setTimeout(() => {
    due();
    // A mere FIN is also sent by a client that still listens.
    socket.resetAndDestroy();
  }, ms);
  return () => clearTimeout(timer);
}

/** Sends one request and collects what comes back. @param {Outgoing} out @returns {Promise<Exchange>} */
export async function send(out) {
  /** @type {Exchange} */
  const exchange = {
    out,
    sentAt: performance.now(),
    ms: 0,
    reply: null,
    note: "",
  };
  const socket = net.connect({
    port: out.port,
    host: out.hostname,
    noDelay: true,
  });
  const reader = new ByteReader(socket);
  const calm = [
    dropAfter(socket, out.abortMs, () => (exchange.note = "the client left")),
    dropAfter(
      socket,
      out.limitMs,
      () => (exchange.note = `no end within ${out.limitMs} ms`),
    ),
  ];
  upload(socket, out);
  try {
    await readReply(reader, out.method, (reply) => (exchange.reply = reply));
  } catch (error) {
    exchange.note ||= String(error);
  }
  exchange.ms = performance.now() - exchange.sentAt;
  if (exchange.reply && out.lingerMs > 0) await sleep(out.lingerMs);
  if (exchange.reply) exchange.reply.extra = reader.unread;
  exchange.note ||= reader.error?.message ?? "";
  calm.forEach((stop) => stop());
  socket.destroy();
  return exchange;
}
