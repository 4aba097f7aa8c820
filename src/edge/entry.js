// @ts-check
/**
 * The worker's entry: asks in JavaScript, decides in Rust.
 *
 * A healthy request is one fetch between two synchronous calls into the core.
 * Everything else goes to `exchange.js`. The one thing decided here is what to
 * do when the core itself fails, for then there is nobody left to ask.
 */
import * as core from "lastgood-core";
import {
  REQUEST_FIELDS,
  RESPONSE_FIELDS,
  isKeepingDue,
  keep,
  serve,
} from "./exchange.js";
import { ask, values } from "./platform.js";

/** What `core.open` may say besides a number of milliseconds. */
const ASIDE = -1;
const EXCHANGE = -2;

/** What `core.settle` may say. */
const KEEP = 1;
const FAILED = 2;

/** Base URLs of the origins; empty for the zone's own. @type {string[]} */
let bases = [];
let configured = false;
/** The wasm instance trapped: its memory is not to be trusted any more. */
let broken = false;

/** @type {ExportedHandler} */
export default {
  fetch(request, env, ctx) {
    try {
      if (!configured) configure(env);
      const { method, url } = request;
      const fields = values(request.headers, REQUEST_FIELDS);
      const opening = core.open(method, url, fields, bodyLength(request));
      if (opening === ASIDE) return ask(request, target(url)).catch(lastResort);
      if (opening === EXCHANGE) return exchange(request, ctx, Date.now());
      return watch(request, ctx, opening);
    } catch (error) {
      fault(error);
      return ask(request, plainTarget(request, env)).catch(lastResort);
    }
  },
};

/**
 * The first attempt: passed on as it comes if it is good and in time.
 * @param {Request} request
 * @param {ExecutionContext} ctx
 * @param {number} patience
 * @returns {Promise<Response>}
 */
function watch(request, ctx, patience) {
  const started = Date.now();
  const first = { promise: ask(request, target(request.url)) };
  return new Promise((resolve) => {
    let waiting = true;
    const timer = setTimeout(takeOver, patience);
    function takeOver() {
      if (!waiting) return;
      waiting = false;
      clearTimeout(timer);
      resolve(exchange(request, ctx, started, first));
    }
    first.promise.then((response) => {
      if (!waiting) return;
      if (!isGood(request, ctx, response)) return takeOver();
      waiting = false;
      clearTimeout(timer);
      resolve(response);
    }, takeOver);
  });
}

/**
 * Whether a response is passed on; if so, a copy may be kept of it.
 * @param {Request} request
 * @param {ExecutionContext} ctx
 * @param {Response} response
 */
function isGood(request, ctx, response) {
  try {
    const { method, url } = request;
    const answered = values(response.headers, RESPONSE_FIELDS);
    const end = core.settle(method, url, response.status, answered, Date.now());
    if (end === KEEP && isKeepingDue(request, response)) {
      ctx.waitUntil(keep(request, response.clone()));
    }
    return end !== FAILED;
  } catch (error) {
    fault(error);
    return true;
  }
}

/**
 * The rest of a request's life, and the way out if the core fails in it: what
 * the origin answered, a second attempt if that is safe, else a plain answer.
 * @param {Request} request
 * @param {ExecutionContext} ctx
 * @param {number} started
 * @param {import("./exchange.js").Running} [first]
 * @returns {Promise<Response>}
 */
async function exchange(request, ctx, started, first) {
  try {
    return await serve(request, ctx, started, first);
  } catch (error) {
    fault(error);
    return rescue(request);
  }
}

/** @param {Request} request */
async function rescue(request) {
  const safe = ["GET", "HEAD", "OPTIONS"].includes(request.method);
  const again = safe ? ask(request, target(request.url)) : undefined;
  return (await again?.catch(() => undefined)) ?? lastResort();
}

/** @param {any} env */
function configure(env) {
  if (broken) core.__wbg_reset_state();
  broken = false;
  bases = core.configure(env);
  configured = true;
}

/**
 * Notes that the core failed.
 * @param {unknown} error
 */
function fault(error) {
  console.error(JSON.stringify({ lastgood: "fault", error: String(error) }));
  if (error instanceof WebAssembly.RuntimeError) {
    broken = true;
    configured = false;
  }
}

/** @param {string} url */
function target(url) {
  return bases.length ? bases[0] + url.slice(url.indexOf("/", 8)) : undefined;
}

/**
 * Where a request goes if the core could not even be asked.
 * @param {Request} request
 * @param {any} env
 */
function plainTarget(request, env) {
  const [origin] = [env.ORIGIN].flat();
  if (typeof origin !== "string") return undefined;
  const { pathname, search } = new URL(request.url);
  return origin.replace(/\/+$/, "") + pathname + search;
}

/**
 * -1: no body; Infinity: nobody knows how long.
 * @param {Request} request
 */
function bodyLength(request) {
  if (request.body === null) return -1;
  return Number(request.headers.get("content-length") ?? Infinity);
}

function lastResort() {
  const headers = {
    "cache-control": "no-store",
    "content-type": "text/plain; charset=utf-8",
    "retry-after": "10",
  };
  const body =
    "This site is not available right now. Please try again in a moment.\n";
  return new Response(body, { status: 503, headers });
}
