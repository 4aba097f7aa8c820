// @ts-check
/** Steps that send something through the gateway. */

import { send } from "./client.mjs";
import { judge } from "./expect.mjs";
import { insist } from "./run-state.mjs";

/** @typedef {import("./run-state.mjs").Run} Run */
/** @typedef {import("./run-state.mjs").Step} Step */
/** @typedef {import("./client.mjs").Outgoing} Outgoing */

/** How long a client listens for bytes after an answer where a case asks for them. */
const LINGER_MS = 60;

/** A body that repeats nowhere soon, the same every time. @param {number} length */
function bodyOf(length) {
  const bytes = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** @param {Step} step @returns {Buffer | null} */
function requestBody({ body, bodyBytes }) {
  if (typeof body === "string") return Buffer.from(body);
  return typeof bodyBytes === "number" ? bodyOf(bodyBytes) : null;
}

/** @param {Step} step @param {string} control @returns {[string, string][]} */
function requestHeaders({ headers = {} }, control) {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value]
      .flat()
      .map(
        (one) =>
          /** @type {[string, string]} */ ([
            name === "$control" ? control : name,
            one,
          ]),
      ),
  );
}

/** @param {Run} run @param {Step} step @param {string} method @param {string} path @returns {Outgoing} */
function outgoing({ gateway, prefix, control, limitMs }, step, method, path) {
  return {
    port: gateway.port,
    hostname: gateway.hostname,
    host: gateway.host,
    method,
    target: prefix + path,
    headers: requestHeaders(step, control),
    body: requestBody(step),
    chunked: step.chunked ?? false,
    pieces: step.pieces ?? 1,
    pauseMs: step.pauseMs ?? 0,
    abortMs: step.abortMs ?? null,
    lingerMs: mentionsExtra(step.expect) ? LINGER_MS : 0,
    limitMs,
  };
}

/** @param {any} expectation */
const mentionsExtra = (expectation) =>
  JSON.stringify(expectation ?? {}).includes('"extra"');

/** @param {Run} run @param {Step} step @param {string} method @param {string} path */
export async function ask(run, step, method, path) {
  const before = [...run.exchanges];
  const out = outgoing(run, step, method, path);
  const index = run.exchanges.length;
  run.exchanges.push({
    out,
    sentAt: performance.now(),
    ms: 0,
    reply: null,
    note: "under way",
  });
  const exchange = await send(out);
  run.exchanges[index] = exchange;
  insist(judge(step.expect ?? {}, exchange, before));
}

/** @param {Run} run @param {Step} step */
export function request(run, step) {
  const { request: asked } = step;
  const [method, path] =
    typeof asked === "string" ? asked.split(" ") : [asked.method, asked.path];
  return ask(run, step, method, path);
}
