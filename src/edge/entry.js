// @ts-check
/**
 * The worker's entry: asks in JavaScript, decides in Rust.
 *
 * A healthy request is one fetch between two synchronous calls into the core.
 * Copies that answer at once go out by `at_once.js`, what cache mode fetches on a
 * good day by `fetching.js`, everything else by `exchange.js`. The one thing decided
 * here is what to do when the core itself fails, for then there is nobody left to
 * ask.
 */
import * as core from "lastgood-core";
import { hit, standIn } from "./at_once.js";
import { commandIn, obey } from "./commands.js";
import { hearOfPurges } from "./epochs.js";
import { serve } from "./exchange.js";
import { fetched } from "./fetching.js";
import { letGo } from "./hand.js";
import { choosy, fault, purging, ready, wayOut } from "./instance.js";
import {
  keepIfDue,
  removeOutdated,
  REQUEST_FIELDS,
  varied,
  VERSION_FIELDS,
  watchToTheEnd,
} from "./keeping.js";
import { foundAt } from "./looking.js";
import {
  Alarm,
  ask,
  bodyLength,
  discard,
  LEFT,
  named,
  next,
  values,
} from "./platform.js";
import { probeAll } from "./probe.js";
import { share } from "./shared.js";
import { pass, watch } from "./watching.js";

export { LastgoodState } from "./shared.js";

/** @typedef {import("./hand.js").Arrival} Arrival */
/** @typedef {Partial<import("./hand.js").Held>} InHand */

/** What `core.open` may say besides a number of milliseconds. */
const ASIDE = -1;
const EXCHANGE = -2;
const LOOK = -3;
const STAND_IN = -4;

/** On a HEAD, by which the page of an answer asks whether the site answers again. */
const PROBE = "lastgood-probe";

/** As long as a timer can run: an attempt has the time that the runtime gives it. */
const LONGEST_MS = 2 ** 31 - 1;

/** What `core.settle` may say. */
const KEEP = 1;
const FAILED = 2;
const WATCH = 3;
const OUTDATE = 4;

/** @type {ExportedHandler} */
export default {
  fetch(request, env, ctx) {
    try {
      ready(env);
      const { method, url, headers } = request;
      const command = purging && commandIn(url);
      if (command) return obey(command, request, ctx);
      const fields = values(headers, REQUEST_FIELDS);
      const length = bodyLength(request);
      const started = Date.now();
      share(ctx, started);
      if (purging) hearOfPurges(ctx, started);
      const arrival = {
        request,
        method,
        url,
        headers,
        length,
        fields,
        started,
      };
      // These are for an exchange, and what it learns is to be learnt once.
      if (method === "HEAD" && headers.has(PROBE))
        return exchange(arrival, ctx, {});
      if (isApart(arrival)) return exchange(arrival, ctx, {});
      const opening = core.open(method, url, fields, length, started);
      if (opening === ASIDE) return pass(arrival, 0).catch(lastResort);
      if (opening === EXCHANGE) return exchange(arrival, ctx, {});
      if (opening === LOOK) return atOnce(hit, arrival, ctx);
      if (opening === STAND_IN) return atOnce(standIn, arrival, ctx);
      return asked(arrival, opening, ctx);
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
 * Whether a request is treated apart.
 * @param {Arrival} arrival
 */
const isApart = ({ url, headers, started }) =>
  choosy && core.is_apart(url, named(headers, choosy), started);

/**
 * The first attempt: passed on as it comes if it is good and in time.
 * @param {Arrival} arrival
 * @param {number} opening
 * @param {ExecutionContext} ctx
 */
function asked(arrival, opening, ctx) {
  const alarm = new Alarm();
  return watch(
    arrival,
    opening,
    alarm,
    (response, first) => settle(arrival, response, first, ctx),
    (first) => exchange(arrival, ctx, { alarm }, first),
  );
}

/**
 * A copy that answers at once, if there is one.
 * @param {typeof hit | typeof standIn} answer
 * @param {Arrival} arrival
 * @param {ExecutionContext} ctx
 */
async function atOnce(answer, arrival, ctx) {
  const alarm = new Alarm();
  let stored;
  try {
    stored = await foundAt(arrival.url, alarm);
    const found = { stored, looked: true, alarm };
    // Something may have been announced, and learnt before the copy is shown.
    if (isApart(arrival)) return exchange(arrival, ctx, found);
    if (!stored && answer === hit)
      return missed({ ...arrival, page: "" }, found, ctx);
    const reply = stored && (await answer(arrival, stored, ctx));
    return reply ?? exchange(arrival, ctx, found);
  } catch (error) {
    fault(error);
    discard(stored);
    return exchange(arrival, ctx, {});
  }
}

/**
 * A page of which there is no copy.
 * @param {Arrival} arrival
 * @param {InHand & { alarm: Alarm }} found
 * @param {ExecutionContext} ctx
 */
function missed(arrival, found, ctx) {
  const { method, url, fields } = arrival;
  const opening = core.missed(method, url, fields, Date.now());
  if (opening === EXCHANGE) return exchange(arrival, ctx, found);
  const reply = watch(
    arrival,
    opening,
    found.alarm,
    (response, first) => fetched(arrival, response, first, ctx),
    (first) => exchange(arrival, ctx, found, first),
  );
  // Others may wait for the page: it may come though its visitor leaves.
  ctx.waitUntil(reply);
  return reply;
}

/**
 * What goes out of a good response, of which a copy may be kept; nothing, if it is a
 * failure.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {import("./watching.js").First} first
 * @param {ExecutionContext} ctx
 */
function settle(arrival, response, { origin }, ctx) {
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
    if (end === FAILED) return undefined;
    if (end === OUTDATE) return outdated(arrival, response, ctx);
    const kept = end === KEEP && keepIfDue(arrival, response, ctx);
    const watched =
      end === WATCH ||
      (end === KEEP && !kept && core.watches(method, url, answered, now));
    if (watched) watchToTheEnd(url, response, ctx);
    return response;
  } catch (error) {
    fault(error);
    return response;
  }
}

/**
 * A response, after the copies are gone that it makes old.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
async function outdated(arrival, response, ctx) {
  await removeOutdated(arrival, response, ctx).catch(fault);
  return response;
}

/**
 * The rest of a request's life, and the way out if the core fails in it.
 * @param {Arrival} arrival
 * @param {ExecutionContext} ctx
 * @param {InHand} more
 * @param {import("./watching.js").First} [first]
 * @returns {Promise<Response>}
 */
async function exchange(arrival, ctx, more, first) {
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
 * is safe and the first one failed; what the one comes to that cannot be made
 * again; else the plainest of answers.
 * @param {import("./hand.js").Hand} hand
 */
async function rescue(hand) {
  const { request, method, began, response } = hand;
  hand.response = undefined;
  const safe = ["GET", "HEAD", "OPTIONS"].includes(method);
  const mayAsk = safe ? !(response && response.status < 500) : !began;
  if (!mayAsk) return response ?? (await underWay(hand)) ?? lastResort();
  const again = past(request, hand.held);
  return again.catch(() => response ?? lastResort());
}

/**
 * The answer to an attempt that runs, if there is one and its visitor stays.
 * @param {import("./hand.js").Hand} hand
 */
async function underWay(hand) {
  const { running, request } = hand;
  if (running.length === 0) return undefined;
  const end = await next(running, LONGEST_MS, request.signal);
  if (!end || end === LEFT) return undefined;
  hand.running = running.filter(({ number }) => number !== end.number);
  return end.came instanceof Response ? end.came : undefined;
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
