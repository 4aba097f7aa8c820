// @ts-check
/**
 * The origin of a replay, in a process of its own: it is told the plan, falls
 * ill and recovers by itself, and keeps a list of all that reached it.
 */
import { createServer } from "node:http";
import { listenOn } from "../../tests/origin/ports.mjs";
import { chance } from "./chance.mjs";
import { now, until } from "./clock.mjs";
import { treatment } from "./behaviour.mjs";
import { failedConnections } from "./kernel.mjs";
import { errorOf, pageOf } from "./pages.mjs";
import { versionAt } from "./plan.mjs";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("node:http").ServerResponse} ServerResponse */
/** @typedef {import("./plan.mjs").Plan} Plan */
/** @typedef {import("./behaviour.mjs").Treatment} Treatment */

/**
 * @typedef {object} Call a request that reached the origin
 * @property {number} at
 * @property {number | null} end when nobody was at work on it any more; null: still open
 * @property {string} what first word of its path
 * @property {string} id
 * @property {Treatment["way"]} way
 * @property {boolean} done a POST that was carried out
 */
/** @typedef {{ at: number, failed: number }} Sample connections refused so far, on this machine */
/** @typedef {{ calls: Call[], refusals: Sample[] }} OriginLog */

const SAMPLE_MS = 50;
/** Idle connections outlive the replay: the origin never closes one by chance. */
const KEEP_ALIVE_MS = 120_000;
const WARM = /** @type {[number, number]} */ ([20, 40]);

/** @type {Plan | undefined} */
let plan;
let draw = chance(0);
let serving = 0;
let refusing = false;
/** @type {OriginLog} */
const log = { calls: [], refusals: [] };
/** @type {import("node:http").Server} */
let server;

/** @param {number} port */
async function open(port) {
  server = createServer({ requestTimeout: 0, headersTimeout: 0 }, receive);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listenOn(server, port);
  refusing = false;
}

function refuse() {
  refusing = true;
  server.close();
  server.closeIdleConnections();
}

/** @param {IncomingMessage} request @param {ServerResponse} response */
function receive(request, response) {
  const at = now();
  const [, what, id = ""] = (request.url ?? "").split("/");
  const { way, ...rest } = treatment(plan, at, draw(), serving);
  /** @type {Call} */
  const call = { at, end: null, what, id, way, done: false };
  log.calls.push(call);
  response.once("close", () => (call.end = now()));
  if (way === "answer") occupy(response);
  const body = bodyOf(request);
  body.then(
    (text) => {
      if (what === "orders") carryOut(call, text, rest);
      WAYS[way](call, response, rest);
    },
    () => {},
  );
}

/** @param {ServerResponse} response */
function occupy(response) {
  serving += 1;
  response.once("close", () => (serving -= 1));
}

/** @param {IncomingMessage} request @returns {Promise<string>} */
function bodyOf(request) {
  return new Promise((resolve, reject) => {
    let text = "";
    request.on("data", (bytes) => (text += bytes));
    request.once("end", () => resolve(text));
    request.once("error", reject);
  });
}

/**
 * @param {Call} call
 * @param {string} body
 * @param {Omit<Treatment, "way">} how
 */
function carryOut(call, body, { refused }) {
  call.id = JSON.parse(body).id;
  call.done = !refused;
}

/** @type {Record<Treatment["way"], (call: Call, response: ServerResponse, how: Omit<Treatment, "way">) => void>} */
const WAYS = {
  answer: (call, response, { after = serviceTime() }) => {
    setTimeout(() => answer(call, response), after);
  },
  error: (_, response, { status = 502 }) => {
    const length = Buffer.byteLength(errorOf(status));
    response.writeHead(status, fieldsOf(length)).end(errorOf(status));
  },
  hang: () => {},
  reset: (_, response) => response.socket?.resetAndDestroy(),
  cut: (call, response) => {
    setTimeout(() => breakOff(call, response), serviceTime());
  },
};

function serviceTime() {
  const [least, most] = plan?.service ?? WARM;
  return least + draw() * (most - least);
}

/** @param {Call} call @param {ServerResponse} response */
function answer(call, response) {
  if (response.destroyed) return;
  const body = contentFor(call);
  if (refusing) response.setHeader("connection", "close");
  const control = call.what === "page" ? "max-age=2" : "no-store";
  const fields = fieldsOf(Buffer.byteLength(body), control);
  response.writeHead(200, fields).end(body);
}

/** @param {Call} call @param {ServerResponse} response */
function breakOff(call, response) {
  if (response.destroyed) return;
  const body = contentFor(call);
  const control = call.what === "page" ? "max-age=2" : "no-store";
  response.writeHead(200, fieldsOf(body.length, control));
  response.write(body.slice(0, body.length / 2), () =>
    response.socket?.destroySoon(),
  );
}

/** @param {number} length @param {string} [control] */
function fieldsOf(length, control) {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-length": length,
    ...(control && { "cache-control": control }),
  };
}

/** @param {Call} call */
function contentFor({ what, id }) {
  const made = now();
  const version =
    what === "page" && plan ? versionAt(plan, Number(id), made) : 0;
  return pageOf({ id: id || "none", version, made }, plan?.pageBytes ?? 2048);
}

/** @param {Plan} told */
async function follow(told) {
  draw = chance(told.seed + 1);
  log.calls.length = 0;
  plan = told;
  if (plan.kind !== "refused") return;
  await until(plan.outage);
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  refuse();
  const sampling = setInterval(sample, SAMPLE_MS);
  sample();
  await until(plan.recovery);
  clearInterval(sampling);
  sample();
  await open(port);
}

/** Connections that became idle since are closed on the way. */
function sample() {
  server.closeIdleConnections();
  const failed = failedConnections();
  if (failed !== null) log.refusals.push({ at: now(), failed });
}

process.on("message", async (/** @type {any} */ message) => {
  if (message.port) await open(message.port);
  if (message.plan) follow(message.plan);
  process.send?.(message.log ? log : { ready: true });
});

process.once("disconnect", () => process.exit());
