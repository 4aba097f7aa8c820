// @ts-check
/**
 * The loop around the core's exchange: does each step, tells what came of it.
 *
 * It runs in JavaScript so that a degraded request crosses into the core a
 * dozen times and not a hundred, and so that a fault of the core is an
 * exception here, in the one request that met it.
 */
import * as core from "lastgood-core";
import { fault } from "./instance.js";
import * as platform from "./platform.js";

const LOOK = -1;
const BEGIN = -2;
const REPLY = -3;

export const REQUEST_FIELDS = core.request_fields();
export const RESPONSE_FIELDS = core.response_fields();

const LONGEST_DISGUISE = core.longest_disguise();

/**
 * An attempt that runs, and what can end it. The first one has nothing: a signal
 * costs a twentieth of a healthy request.
 * @typedef {{ promise: Promise<Response>, controller?: AbortController }} Running
 */

/**
 * What one request has in hand.
 * @typedef {object} Hand
 * @property {Request} request
 * @property {boolean} began whether anything was sent to an origin
 * @property {ArrayBuffer | ReadableStream} [held] its body, if held
 * @property {Running} [running]
 * @property {Response} [response] the last one of an origin, unread
 * @property {Response} [stored]
 */

/**
 * Starts an attempt that can be ended.
 * @param {Request} request
 * @param {string | undefined} target
 * @param {ArrayBuffer | ReadableStream} [held]
 * @returns {Running}
 */
function begin(request, target, held) {
  const controller = new AbortController();
  const { signal } = controller;
  return { promise: platform.ask(request, target, signal, held), controller };
}

/**
 * Serves a request, from its start or from its running first attempt. If the
 * core fails in it, this throws, and what was in hand still is.
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 * @param {number} started
 * @param {Running} [first]
 * @returns {Promise<Response>}
 */
export async function serve(hand, ctx, started, first) {
  const { request } = hand;
  const { method, url, headers } = request;
  if (request.body && !first) {
    hand.held = await platform.hold(request, core.body_limit(url));
  }
  const replayable = request.body === null || hand.held instanceof ArrayBuffer;
  const fields = platform.lines(headers);
  const exchange = new core.Exchange(method, url, fields, replayable, started);
  await drive(exchange, hand, started, first);
  const response = reply(exchange, hand, ctx);
  exchange.free();
  return response;
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {number} started
 * @param {Running} [first]
 */
async function drive(exchange, hand, started, first) {
  let step = exchange.start(started);
  while (step !== REPLY) {
    if (step === LOOK) {
      const stored = await platform
        .look(hand.request.url)
        .catch(() => undefined);
      hand.stored = stored;
      step = exchange.looked(
        stored?.status ?? 0,
        stored ? platform.lines(stored.headers) : "",
        Date.now(),
      );
    } else if (step === BEGIN) {
      abandon(hand.running);
      hand.running = first ?? begin(hand.request, exchange.target(), hand.held);
      hand.began = true;
      first = undefined;
      step = exchange.begun(Date.now());
    } else {
      step = tell(
        exchange,
        hand,
        await platform.outcome(hand.running?.promise, step),
      );
    }
  }
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {unknown} end a response, an error, or nothing if time passed
 */
function tell(exchange, hand, end) {
  if (end === undefined) return exchange.woke(Date.now());
  hand.running = undefined;
  if (!(end instanceof Response)) return exchange.failed(Date.now());
  platform.discard(hand.response);
  hand.response = end;
  return exchange.responded(
    end.status,
    platform.values(end.headers, RESPONSE_FIELDS),
    Date.now(),
  );
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 */
function reply(exchange, hand, ctx) {
  const { stored, request } = hand;
  const reply = exchange.reply(stored ? platform.lines(stored.headers) : "");
  const { source, status, goes_on: goesOn } = reply;
  const passed = source === "origin" ? hand.response : undefined;
  const line = exchange.log(passed?.status ?? status, Date.now());
  if (line) console.log(line);
  if (passed) keepIfDue(request, passed, ctx);
  const response = made(reply, hand);
  reply.free();
  if (goesOn && hand.running) {
    behind(ctx, refresh(request, hand.running));
    hand.running = undefined;
  }
  return response;
}

/**
 * Lets something go on behind the reply. Nobody waits for it any more.
 * @param {ExecutionContext} ctx
 * @param {Promise<void>} work
 */
function behind(ctx, work) {
  ctx.waitUntil(work.catch(fault));
}

/**
 * @param {core.Reply} reply
 * @param {Hand} hand
 * @returns {Response}
 */
function made({ source, status, changes, with_body: withBody, text }, hand) {
  if (source === "origin") return taken(hand, "response");
  if (source === "answer") {
    return platform.made(withBody ? (text ?? "") : null, status, changes);
  }
  const stored = taken(hand, "stored");
  const copy = platform.rebuilt(stored, status, changes, withBody);
  return text === undefined ? copy : platform.noted(copy, text);
}

/**
 * Takes a response out of the hand, so that it is not let go of.
 * @param {Hand} hand
 * @param {"response" | "stored"} which
 */
function taken(hand, which) {
  const response = hand[which];
  hand[which] = undefined;
  if (!response)
    throw new Error(`the reply needs a ${which} that is not there`);
  return response;
}

/**
 * Keeps a copy of a good response behind the reply, if one is due.
 * @param {Request} request
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
export function keepIfDue(request, response, ctx) {
  const reserved = claim(request, response);
  if (reserved >= 0) behind(ctx, keep(request, response.clone(), reserved));
}

/**
 * Sets memory aside for a copy; -1 if none is due.
 * @param {Request} request
 * @param {Response} response
 */
function claim({ method, url, headers }, { status, headers: fields }) {
  const asked = platform.values(headers, REQUEST_FIELDS);
  const answered = platform.values(fields, RESPONSE_FIELDS);
  return core.claim_copy(method, url, asked, status, answered, Date.now());
}

/**
 * Keeps a copy, if its body turns out to be whole and good.
 * @param {Request} request
 * @param {Response} response
 * @param {number} reserved
 */
async function keep(request, response, reserved) {
  const { url } = request;
  const answered = platform.lines(response.headers);
  try {
    const limit = core.copy_limit(url);
    const whole = await platform.whole(response, limit).catch(reason);
    if (whole instanceof RangeError) return;
    if (whole instanceof Error)
      return console.log(core.broke_off(url, answered));
    const type = response.headers.get("content-type") ?? "";
    const refusal = core.keep_not(url, type, whole.byteLength, text(whole));
    if (refusal) return console.log(refusal);
    const changes = core.seal(
      answered,
      platform.lines(request.headers),
      Date.now(),
    );
    await platform.keep(url, response, whole, changes);
  } finally {
    core.give_back(reserved);
  }
}

/**
 * @param {unknown} error
 * @returns {Error}
 */
function reason(error) {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * A body as text, if it is small enough to be an error page in disguise.
 * @param {ArrayBuffer} whole
 */
function text(whole) {
  return whole.byteLength > LONGEST_DISGUISE
    ? ""
    : new TextDecoder().decode(whole);
}

/**
 * Lets the late answer of an attempt become the copy.
 * @param {Request} request
 * @param {Running} running
 */
async function refresh(request, running) {
  const response = await running.promise.catch(() => undefined);
  const reserved = response ? claim(request, response) : -1;
  if (response && reserved >= 0) await keep(request, response, reserved);
  else platform.discard(response);
}

/**
 * Gives up an attempt: ends it if it can be ended, or lets go of its answer.
 * @param {Running | undefined} running
 */
function abandon(running) {
  if (running?.controller) running.controller.abort();
  else running?.promise.then(platform.discard, () => {});
}

/**
 * Lets go of what a request did not use.
 * @param {Hand} hand
 */
export function letGo(hand) {
  abandon(hand.running);
  platform.discard(hand.response);
  platform.discard(hand.stored);
}
