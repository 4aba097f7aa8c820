// @ts-check
/**
 * Both ends of a WebSocket (RFC 6455) down to the frames, since Node has no
 * server for them and, at the oldest version we run on, no client either.
 * Messages below 64 KiB, unfragmented: what the tests send.
 */
import { createHash, randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import http from "node:http";
import { HOST } from "./site.mjs";

/** @typedef {import("node:net").Socket} Socket */

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
export const TEXT = 1;
export const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** @param {Buffer} payload @param {Buffer} mask */
const masked = (payload, mask) =>
  payload.map((byte, index) => byte ^ mask[index % 4]);

/** @param {number} kind @param {Buffer} payload @param {boolean} asClient */
function frame(kind, payload, asClient) {
  const short = payload.length < 126;
  const head = Buffer.alloc(short ? 2 : 4);
  head[0] = 0x80 | kind;
  head[1] = (asClient ? 0x80 : 0) | (short ? payload.length : 126);
  if (!short) head.writeUInt16BE(payload.length, 2);
  if (!asClient) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, masked(payload, mask)]);
}

/**
 * The first frame in some bytes; null if it is not all there yet.
 * @param {Buffer} bytes
 */
function unframe(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  if (short === 127) throw new Error("a message too long for this test");
  if (bytes.length < 4 && short === 126) return null;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const maskAt = short === 126 ? 4 : 2;
  const start = maskAt + (bytes[1] & 0x80 ? 4 : 0);
  if (bytes.length < start + size) return null;
  const payload = bytes.subarray(start, start + size);
  const plain =
    start === maskAt ? payload : masked(payload, bytes.subarray(maskAt, start));
  return {
    kind: bytes[0] & 0x0f,
    payload: Buffer.from(plain),
    size: start + size,
  };
}

/**
 * One end. Emits `message` (payload, kind), `closing` (code, reason) and `gone`.
 */
export class WebSocketEnd extends EventEmitter {
  #unread = Buffer.alloc(0);

  /** @param {Socket} socket @param {boolean} asClient @param {Buffer} [early] */
  constructor(socket, asClient, early = Buffer.alloc(0)) {
    super();
    this.socket = socket;
    this.asClient = asClient;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.emit("gone"));
    queueMicrotask(() => this.#take(early));
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let found; (found = unframe(this.#unread));) {
      this.#unread = this.#unread.subarray(found.size);
      this.#met(found.kind, found.payload);
    }
  }

  /** @param {number} kind @param {Buffer} payload */
  #met(kind, payload) {
    if (kind === PING) this.socket.write(frame(PONG, payload, this.asClient));
    else if (kind === TEXT || kind === BINARY)
      this.emit("message", payload, kind);
    else if (kind === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.emit("closing", code, payload.subarray(2).toString());
    }
  }

  /** @param {string | Buffer} message */
  send(message) {
    const kind = typeof message === "string" ? TEXT : BINARY;
    this.socket.write(frame(kind, Buffer.from(message), this.asClient));
  }

  /** @param {number} code @param {string} reason */
  close(code, reason) {
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
    payload.writeUInt16BE(code, 0);
    this.socket.write(frame(CLOSE, payload, this.asClient));
  }
}

/**
 * Makes a server accept WebSockets.
 * @param {import("node:http").Server} server
 * @param {(end: WebSocketEnd, request: import("node:http").IncomingMessage) => void} onEnd
 */
export function acceptWebSockets(server, onEnd) {
  server.on("upgrade", (request, socket) => {
    const { "sec-websocket-key": key, "sec-websocket-protocol": protocol } =
      request.headers;
    const accept = createHash("sha1")
      .update(key + GUID)
      .digest("base64");
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: websocket",
      `Sec-WebSocket-Accept: ${accept}`,
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    onEnd(new WebSocketEnd(/** @type {Socket} */ (socket), false), request);
  });
}

/**
 * Asks for a WebSocket: the end of it, or the reply that refuses.
 * @param {number} port
 * @param {string} path
 * @param {Record<string, string>} [headers]
 */
export async function openWebSocket(port, path, headers = {}) {
  const going = http.request({
    ...{ host: "127.0.0.1", port, path, agent: false },
    headers: {
      ...{ host: HOST, connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13" },
      "sec-websocket-key": randomBytes(16).toString("base64"),
      ...headers,
    },
  });
  going.end();
  const upgraded = once(going, "upgrade").then(([reply, socket, early]) => ({
    reply: /** @type {import("node:http").IncomingMessage} */ (reply),
    end: new WebSocketEnd(socket, true, early),
  }));
  const refused = once(going, "response").then(([reply]) => ({
    reply: /** @type {import("node:http").IncomingMessage} */ (reply),
    end: null,
  }));
  upgraded.catch(() => {});
  refused.catch(() => {});
  return Promise.race([upgraded, refused]);
}
