// @ts-check
/**
 * The worker's entry: asks in JavaScript, decides in Rust.
 *
 * A healthy request is one fetch between two synchronous calls into the core.
 * Everything else goes to `exchange.js`. The one thing decided here is what to
 * do when the core itself fails, for then there is nobody left to ask.
 */
import * as core from "lastgood-core";
import { hit, standIn } from "./at_once.js";
import { hearOfPurges } from "./epochs.js";
import { serve } from "./exchange.js";
import { letGo } from "./hand.js";
import { fault, hop, purging, ready, target, wayOut } from "./instance.js";
import {
  keepIfDue,
  removeOutdated,
  REQUEST_FIELDS,
  varied,
  VERSION_FIELDS,
  watchToTheEnd,
} from "./keeping.js";
import { foundAt } from "./looking.js";
import { Alarm, ask, bodyLength, discard, values } from "./platform.js";
import { probeAll } from "./probe.js";
import { isPurge, purge } from "./purge.js";
import { share } from "./shared.js";

export { LastgoodState } from "./shared.js";

/** What `core.open` may say besides a number of milliseconds. */
const ASIDE = -1;
const EXCHANGE = -2;
const LOOK = -3;
const STAND_IN = -4;

/** What `core.settle` may say. */
const KEEP = 1;
const FAILED = 2;
const WATCH = 3;
const OUTDATE = 4;

/** What `core.open` adds to the milliseconds for each origin before the one. */
const PER_ORIGIN = 2 ** 31;

/** @type {ExportedHandler} */
export default {
  fetch(request, env, ctx) {
    try {
      ready(env);
      const { method, url, headers } = request;
      if (purging && isPurge(url)) return purge(request, ctx);
      const fields = values(headers, REQUEST_FIELDS);
      const length = bodyLength(request);
      const started = Date.now();
      share(ctx, started);
      if (purging) hearOfPurges(ctx, started);
      const opening = core.open(method, url, fields, length, started);
      const arrival = {
        request,
        method,
        url,
        headers,
        length,
        fields,
        started,
      };
      if (opening === ASIDE) return pass(arrival, 0).catch(lastResort);
      if (opening === EXCHANGE) return exchange(arrival, ctx);
      if (opening === LOOK) return atOnce(hit, arrival, ctx);
      if (opening === STAND_IN) return atOnce(standIn, arrival, ctx);
      return watch(arrival, ctx, opening);
    } catch (error) {
      fault(error);
      return past(request).catch(lastResort);
    }
  },
  async scheduled(_, env, ctx) {
    await probeAll(env).catch(fault);
    share(ctx, Date.now(), true);
  },
};

/**
 * Sends a request on as it came; one that goes to another host says that it was
 * here.
 * @param {import("./hand.js").Arrival} arrival
 * @param {number} origin
 */
function pass({ request, method, url, headers: came, length }, origin) {
  const to = target(url, origin);
  if (to === undefined) return fetch(request);
  const headers = new Headers(came);
  headers.append("cdn-loop", hop);
  const body = length < 0 ? null : request.body;
  return fetch(to, { method, headers, body, redirect: "manual" });
}

/**
 * A copy that answers at once, if there is one.
 * @param {typeof hit | typeof standIn} answer
 * @param {import("./hand.js").Arrival} arrival
 * @param {ExecutionContext} ctx
 */
async function atOnce(answer, arrival, ctx) {
  let stored;
  try {
    stored = await foundAt(arrival.url);
    const reply = stored && (await answer(arrival, stored));
    return reply ?? exchange(arrival, ctx, undefined, { stored, looked: true });
  } catch (error) {
    fault(error);
    discard(stored);
    return exchange(arrival, ctx);
  }
}

/**
 * The first attempt: passed on as it comes if it is good and in time.
 * @param {import("./hand.js").Arrival} arrival
 * @param {ExecutionContext} ctx
 * @param {number} opening
 * @returns {Promise<Response>}
 */
function watch(arrival, ctx, opening) {
  const patience = opening % PER_ORIGIN;
  const origin = (opening - patience) / PER_ORIGIN;
  /** @type {import("./exchange.js").First} */
  const first = { promise: pass(arrival, origin), origin };
  return new Promise((resolve) => {
    let waiting = true;
    const alarm = new Alarm(patience, takeOver);
    /** @param {unknown} [came] */
    function takeOver(came) {
      if (!waiting) return;
      waiting = false;
      first.came = came;
      resolve(exchange(arrival, ctx, first, { alarm }));
    }
    first.promise.then((response) => {
      if (!waiting) return;
      const end = settle(arrival, ctx, response, origin);
      if (end === FAILED) return takeOver(response);
      waiting = false;
      alarm.stop();
      resolve(end === OUTDATE ? outdated(arrival, response, ctx) : response);
    }, takeOver);
  });
}

/**
 * What becomes of a response; if it is passed on, a copy may be kept of it.
 * @param {import("./hand.js").Arrival} arrival
 * @param {ExecutionContext} ctx
 * @param {Response} response
 * @param {number} origin
 */
function settle(arrival, ctx, response, origin) {
  try {
    const { method, url, started } = arrival;
    const { status, headers } = response;
    const version = values(headers, VERSION_FIELDS);
    const vary = version.slice(0, version.indexOf("\n"));
    const answered = varied(version, vary, arrival.headers);
    const now = Date.now();
    const end = core.settle(
      method,
      url,
      status,
      answered,
      origin,
      started,
      now,
    );
    const kept = end === KEEP && keepIfDue(arrival, response, ctx);
    const watched =
      end === WATCH ||
      (end === KEEP && !kept && core.watches(method, url, answered, now));
    if (watched) watchToTheEnd(url, response, ctx);
    return end;
  } catch (error) {
    fault(error);
    return undefined;
  }
}

/**
 * A response, after the copies are gone that it makes old.
 * @param {import("./hand.js").Arrival} arrival
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
async function outdated(arrival, response, ctx) {
  await removeOutdated(arrival, response, ctx).catch(fault);
  return response;
}

/**
 * The rest of a request's life, and the way out if the core fails in it.
 * @param {import("./hand.js").Arrival} arrival
 * @param {ExecutionContext} ctx
 * @param {import("./exchange.js").First} [first]
 * @param {Partial<import("./hand.js").Held>} [more] in hand
 * @returns {Promise<Response>}
 */
async function exchange(arrival, ctx, first, more) {
  const began = first !== undefined;
  /** @type {import("./hand.js").Hand} */
  const hand = { ...arrival, ...more, began, running: [] };
  try {
    return await serve(hand, ctx, first);
  } catch (error) {
    fault(error);
    return await rescue(hand);
  } finally {
    letGo(hand);
    share(ctx, Date.now(), true);
  }
}

/**
 * What the origin answered, if it did; another attempt, if none was made or it
 * is safe and the first one failed; else the plainest of answers.
 * @param {import("./hand.js").Hand} hand
 */
async function rescue(hand) {
  const { request, method, began, response } = hand;
  hand.response = undefined;
  const safe = ["GET", "HEAD", "OPTIONS"].includes(method);
  const mayAsk = safe ? !(response && response.status < 500) : !began;
  if (!mayAsk) return response ?? lastResort();
  const again = past(request, hand.held);
  return again.catch(() => response ?? lastResort());
}

/**
 * Sends a request past the core, where that is safe.
 * @param {Request} request
 * @param {ArrayBuffer | ReadableStream} [held] its body, if held
 */
async function past(request, held) {
  return ask(request, { ...wayOut(request.url), held });
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
