// @ts-check
/**
 * The built-in visitor: asks for one page through lastgood, on a connection
 * of its own, and tells exactly what came back, broken bodies included. The
 * `X-Visit` header travels to the origin, so that both ends can be joined.
 */
import { request } from "node:http";

/**
 * @typedef {object} Reply
 * @property {number} ms until the last byte, or the end of hope
 * @property {number} [status] absent when nothing came back
 * @property {[string, string][]} headers
 * @property {number} bytes
 * @property {boolean} complete
 * @property {string} [error]
 */

/**
 * @typedef {object} Visit
 * @property {number} n
 * @property {string} method
 * @property {string} path
 * @property {string} [form] a form's body, URL-encoded
 */

const PATIENCE_MS = 40_000;
const KEPT_BYTES = 256 * 1024;

/**
 * @param {string} site
 * @param {Visit} visit
 * @returns {Promise<{ reply: Reply, body: Buffer }>}
 */
export function makeVisit(site, visit) {
  const began = Date.now();
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    /** @type {Reply} */
    const reply = { ms: 0, headers: [], bytes: 0, complete: false };
    /** @param {string} [error] */
    const done = (error) => {
      reply.ms = Date.now() - began;
      if (error) reply.error = error;
      resolve({ reply, body: Buffer.concat(chunks) });
    };
    const outgoing = request(new URL(visit.path, site), {
      method: visit.method,
      headers: headersOf(visit),
      agent: false,
      timeout: PATIENCE_MS,
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("gave up")));
    outgoing.on("error", (error) => done(error.message));
    outgoing.on("response", (incoming) => {
      reply.status = incoming.statusCode;
      reply.headers = pairs(incoming.rawHeaders);
      incoming.on("data", (/** @type {Buffer} */ chunk) => {
        if (reply.bytes < KEPT_BYTES) chunks.push(chunk);
        reply.bytes += chunk.length;
      });
      incoming.on("end", () => {
        reply.complete = incoming.complete;
        done();
      });
      incoming.on("error", () => done("the body broke off"));
    });
    outgoing.end(visit.form);
  });
}

/** @param {Visit} visit */
function headersOf({ n, path, form }) {
  const json = path.endsWith(".json");
  return {
    accept: json ? "application/json" : "text/html,*/*;q=0.8",
    "accept-language": "en",
    "user-agent": "switchboard-visitor",
    "x-visit": String(n),
    ...(form && { "content-type": "application/x-www-form-urlencoded" }),
  };
}

/**
 * @param {string[]} raw names and values in turn
 * @returns {[string, string][]}
 */
function pairs(raw) {
  /** @type {[string, string][]} */
  const list = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    list.push([raw[i].toLowerCase(), raw[i + 1]]);
  }
  return list;
}
