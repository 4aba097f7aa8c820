// @ts-check
/**
 * One connection to a scripted origin: requests are read from it one after
 * the other, and each gets what the script has for it, down to the reset.
 */

import { createHash } from "node:crypto";
import { wireOf } from "./answer.mjs";
import { ByteReader } from "./bytes.mjs";
import { readBody, readHead } from "./message.mjs";

/** @typedef {import("node:net").Socket} Socket */
/** @typedef {import("./grammar.mjs").Behaviour} Behaviour */
/** @typedef {import("./grammar.mjs").Answer} Answer */
/** @typedef {import("./grammar.mjs").Fault} Fault */
/** @typedef {import("./message.mjs").Head} Head */
/** @typedef {import("./answer.mjs").ContentOf} ContentOf */
/**
 * What an origin saw of one request. `at` is on the clock of `performance.now()`.
 * @typedef {{ n: number, at: number, method: string, target: string, path: string,
 *   headers: Record<string, string>, list: [string, string][], body: Buffer,
 *   bodyComplete: boolean, connection: number, reused: boolean, behaviour: string,
 *   fault: string | null }} Call
 */
/**
 * @typedef {{ take: (call: Call) => Behaviour, begin: (call: Call) => void,
 *   end: (call: Call) => void, mark: (call: Call, answer: Answer) => string,
 *   pathOf: (target: string) => string, content?: ContentOf, leaving: () => boolean }} Owner
 */

/** How long sent bytes are given to be read before a reset throws away what was not. */
const BEFORE_RESET_MS = 40;
/** A body that drips comes in so many pieces. */
const DRIPS = 10;
const JUNK =
  "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\u0000\u0001junk, not HTTP\r\n";
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Waits, but no longer than the connection lives. @param {Socket} socket @param {number} ms */
function pause(socket, ms) {
  if (ms <= 0 || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      socket.off("close", done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    socket.once("close", done);
  });
}

/** @param {Socket} socket @param {string | Buffer} bytes */
function write(socket, bytes) {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once("close", resolve);
    socket.write(bytes, () => {
      socket.off("close", resolve);
      resolve(undefined);
    });
  });
}

/** Closes in order: no reset, even when the peer still sends. @param {Socket} socket */
function finish(socket) {
  socket.end();
  socket.resume();
}

/** What befalls a connection before a request. @param {Fault} fault @param {Socket} socket */
export function onConnect(fault, socket) {
  if (fault.fault === "reset-on-connect") socket.resetAndDestroy();
  else finish(socket);
}

export class Connection {
  /** Whether a request is being served on it. */
  busy = false;
  #served = 0;

  /** @param {Socket} socket @param {number} number @param {Owner} owner */
  constructor(socket, number, owner) {
    this.socket = socket;
    this.number = number;
    this.owner = owner;
    this.reader = new ByteReader(socket);
  }

  /** Serves until either side ends it; a request that isn't HTTP ends it too. */
  async serve() {
    try {
      while (await this.#one());
    } catch {
      this.socket.destroy();
    }
  }

  async #one() {
    const head = await readHead(this.reader);
    if (!head) {
      finish(this.socket);
      return false;
    }
    this.busy = true;
    const call = this.#call(head);
    const goesOn = await this.#answerTo(call, head).finally(() => {
      this.busy = false;
      this.owner.end(call);
    });
    if (!goesOn || this.owner.leaving()) finish(this.socket);
    return goesOn && !this.socket.destroyed && !this.owner.leaving();
  }

  /** @param {Head} head @returns {Call} */
  #call({ start: [method, target], headers, list }) {
    const path = this.owner.pathOf(target);
    const reused = this.#served > 0;
    this.#served += 1;
    return {
      n: 0,
      at: performance.now(),
      method,
      target,
      path,
      headers,
      list,
      body: Buffer.alloc(0),
      bodyComplete: false,
      connection: this.number,
      reused,
      behaviour: "",
      fault: null,
    };
  }

  /** @param {Call} call @param {Head} head */
  async #answerTo(call, head) {
    this.owner.begin(call);
    const behaviour = this.owner.take(call);
    call.behaviour = behaviour.text;
    call.fault = behaviour.kind === "fault" ? behaviour.fault : null;
    if (/100-continue/i.test(head.headers.expect ?? "")) {
      await write(this.socket, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    const body = this.#readBody(call);
    if (behaviour.kind === "answer" && behaviour.options.early) {
      const goesOn = await this.#perform(behaviour, call, head);
      return (await body) && goesOn;
    }
    return (await body) && this.#perform(behaviour, call, head);
  }

  /** @param {Call} call */
  async #readBody(call) {
    /** @type {Buffer[]} */
    const pieces = [];
    call.bodyComplete = await readBody(
      this.reader,
      call.headers,
      (bytes) => pieces.push(bytes),
      "nothing",
    );
    call.body = Buffer.concat(pieces);
    return call.bodyComplete;
  }

  /** Whether another request may follow. @param {Behaviour} behaviour @param {Call} call @param {Head} head @returns {Promise<boolean>} */
  async #perform(behaviour, call, head) {
    if (behaviour.kind === "hints") {
      const lines = behaviour.headers.map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      await write(
        this.socket,
        `HTTP/1.1 103 Early Hints\r\n${lines.join("")}\r\n`,
      );
      return this.#perform(behaviour.then, call, head);
    }
    if (behaviour.kind === "choice")
      throw new Error("a choice is made by the script");
    await pause(this.socket, Number(behaviour.options.slow ?? 0));
    if (this.socket.destroyed) return false;
    return behaviour.kind === "fault"
      ? this.#fail(behaviour, call)
      : this.#send(behaviour, call, head);
  }

  /** @param {Fault} behaviour @param {Call} call */
  async #fail({ fault }, call) {
    if (fault === "reset" || fault === "drop-reused")
      this.socket.resetAndDestroy();
    else if (fault === "hang") while (await this.reader.some());
    else if (fault === "junk") await write(this.socket, JUNK);
    else if (fault === "upgrade") await this.#upgrade(call);
    return false;
  }

  /** Switches protocols and then sends back what it is sent. @param {Call} call */
  async #upgrade({ headers }) {
    const key = headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1")
      .update(key + WEBSOCKET_GUID)
      .digest("base64");
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      `Upgrade: ${headers.upgrade ?? "websocket"}`,
      ...(key ? [`Sec-WebSocket-Accept: ${accept}`] : []),
    ];
    await write(this.socket, `${lines.join("\r\n")}\r\n\r\n`);
    for (;;) {
      const bytes = await this.reader.some();
      if (!bytes) return;
      await write(this.socket, bytes);
    }
  }

  /** @param {import("./answer.mjs").Wire} wire @param {Answer} answer */
  async #put({ head, body }, { options }) {
    if (!("drip" in options))
      return write(this.socket, Buffer.concat([head, body]));
    await write(this.socket, head);
    for (const piece of pieces(body, DRIPS)) {
      await pause(this.socket, Number(options.drip));
      await write(this.socket, piece);
    }
  }

  /** @param {Answer} answer @param {Call} call @param {Head} head */
  async #send(answer, call, head) {
    const mark = this.owner.mark(call, answer);
    const wire = wireOf(answer, call, { mark, content: this.owner.content });
    await this.#put(wire, answer);
    if (wire.ending === "rst") {
      await pause(this.socket, BEFORE_RESET_MS);
      this.socket.resetAndDestroy();
    }
    return wire.ending === "keep" && persists(head);
  }
}

/** So many pieces, the last of which may be shorter. @param {Buffer} bytes @param {number} count */
function pieces(bytes, count) {
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** Whether the client wants the connection kept. @param {Head} head */
function persists({ start: [, , version], headers }) {
  const wish = headers.connection ?? "";
  return version === "HTTP/1.1"
    ? !/\bclose\b/i.test(wish)
    : /\bkeep-alive\b/i.test(wish);
}
