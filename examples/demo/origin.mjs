// @ts-check
/**
 * The demo origin: an ordinary web server with a switch on it. It reports
 * what it did with every request, as it saw it on its own socket, so that
 * both ends of an outage can be told side by side.
 */
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { faultNamed } from "./faults.mjs";
import { createSite } from "./site.mjs";

/**
 * @typedef {object} Attempt one request as the origin met it
 * @property {number} id
 * @property {number} at when it arrived
 * @property {string} method
 * @property {string} path
 * @property {string} [visit] the X-Visit header
 * @property {string} [dest] the Sec-Fetch-Dest header
 * @property {string} fault the switch's position
 * @property {string} did in words
 * @property {boolean} open whether it is still at it
 * @property {number} bytes put on the wire
 * @property {number} ms
 * @property {number} [status]
 * @property {[string, string][]} [headers]
 */

/** @typedef {import("./faults.mjs").Answer} Answer */
/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse<Incoming>} Outgoing */

const BODY_LIMIT = 64 * 1024;

/** One request and the ways there are to treat it. */
export class Exchange {
  #request;
  #response;
  #written;
  #atEnd = "";
  #late = "";
  /** @type {() => Answer} */
  site;

  /**
   * @param {Incoming} request
   * @param {Outgoing} response
   * @param {Attempt} attempt
   * @param {() => Answer} site
   */
  constructor(request, response, attempt, site) {
    this.#request = request;
    this.#response = response;
    this.#written = request.socket.bytesWritten;
    this.attempt = attempt;
    this.site = site;
  }

  /** @param {Answer} answer */
  answer(answer) {
    this.#describe(answer, `answered ${answer.status}${this.#late}`);
    this.#response.writeHead(answer.status, withLength(answer));
    this.#response.end(answer.body);
  }

  /** @param {Answer} answer */
  cut(answer) {
    const half = answer.body.slice(0, Math.floor(answer.body.length / 2));
    this.#describe(answer, `answered ${answer.status}, cut halfway`);
    this.#response.writeHead(answer.status, withLength(answer));
    this.#response.write(half, () => this.#request.socket.end());
  }

  reset() {
    this.attempt.did = "reset the connection";
    this.#request.socket.resetAndDestroy();
  }

  hold() {
    this.attempt.did = "holds the request";
    this.#atEnd = "never answered";
  }

  /**
   * @param {number} ms
   * @param {() => void} then
   */
  later(ms, then) {
    this.attempt.did = `waits ${ms / 1000} s`;
    this.#late = ` after ${ms / 1000} s`;
    const timer = setTimeout(then, ms);
    this.#response.on("close", () => clearTimeout(timer));
  }

  finish() {
    this.attempt.open = false;
    this.attempt.did = this.#atEnd || this.attempt.did;
    this.attempt.ms = Date.now() - this.attempt.at;
    this.attempt.bytes = this.#request.socket.bytesWritten - this.#written;
  }

  /**
   * @param {Answer} answer
   * @param {string} did
   */
  #describe(answer, did) {
    this.attempt.did = did;
    this.attempt.status = answer.status;
    this.attempt.headers = Object.entries(withLength(answer));
  }
}

/** @param {Answer} answer */
const withLength = ({ headers, body }) => ({
  ...headers,
  "content-length": String(Buffer.byteLength(body)),
});

/**
 * Starts the demo site on 127.0.0.1. `on("attempt")` tells of each request
 * twice: when it arrives and when its connection is done with it.
 * @param {{ port?: number }} [options]
 */
export async function startOrigin({ port = 0 } = {}) {
  const events = new EventEmitter();
  const site = createSite();
  let fault = faultNamed("healthy");
  let count = 0;
  const server = createServer(async (request, response) => {
    const attempt = begin(++count, fault.name, request);
    const body = await readBody(request);
    const exchange = new Exchange(request, response, attempt, () =>
      site(request.method ?? "GET", attempt.path, request.headers, body),
    );
    response.on("close", () => {
      exchange.finish();
      events.emit("attempt", attempt);
    });
    fault.act(exchange);
    events.emit("attempt", attempt);
  });
  await listen(server, port);
  const kept = portOf(server);

  return {
    port: kept,
    url: `http://127.0.0.1:${kept}`,
    get fault() {
      return fault.name;
    },
    /** @param {(attempt: Attempt) => void} listener */
    onAttempt: (listener) => void events.on("attempt", listener),
    /** @param {string} name */
    async setFault(name) {
      fault = faultNamed(name);
      if (name === "refusing") await close(server);
      else if (!server.listening) await listen(server, kept);
    },
    stop: () => close(server),
  };
}

/** @typedef {Awaited<ReturnType<typeof startOrigin>>} Origin */

/**
 * @param {number} id
 * @param {string} fault
 * @param {Incoming} request
 * @returns {Attempt}
 */
function begin(id, fault, request) {
  const { method = "GET", url: path = "/", headers } = request;
  return {
    id,
    at: Date.now(),
    method,
    path,
    visit: headers["x-visit"]?.toString(),
    dest: headers["sec-fetch-dest"]?.toString(),
    fault,
    did: "reads the request",
    open: true,
    bytes: 0,
    ms: 0,
  };
}

/**
 * A body longer than the site takes is read to its end and forgotten.
 * @param {Incoming} request
 */
async function readBody(request) {
  let body = "";
  try {
    for await (const chunk of request.setEncoding("utf8")) {
      if (body.length < BODY_LIMIT) body += chunk;
    }
  } catch {
    // The caller left before it had said everything: nobody to answer.
  }
  return body;
}

/**
 * @param {import("node:http").Server} server
 * @param {number} port
 */
async function listen(server, port) {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

/** @param {import("node:http").Server} server */
async function close(server) {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/** @param {import("node:http").Server} server */
function portOf(server) {
  const address = server.address();
  if (address && typeof address === "object") return address.port;
  throw new Error("the origin does not listen on a port");
}
