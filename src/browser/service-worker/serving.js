// @ts-check
/**
 * The loop around the core's exchange: does each step, tells what came of it.
 */
import { Visit, overheard } from "lastgood-core";
import { first } from "../attempts.js";
import { discard, readSmall } from "../bodies.js";
import { lines } from "../fields.js";
import { bare, changed } from "./fields.js";
import { keepIfDue } from "./keeping.js";
import { heardNothing, heed } from "./orders.js";
import * as store from "./store.js";
import { tellOfCopy, tellOfFresh, tellOfNetwork } from "./telling.js";
import { speakTheirs } from "./words.js";

/** What a step is, besides a number of milliseconds to wait. */
const LOOK = -1;
const BEGIN = -2;
const REPLY = -3;
const LOOK_ELSEWHERE = -4;
const FORGET = -6;
/** Less the milliseconds that it may last. */
const INSPECT = -7;

/** Whose response goes out. */
const NETWORK = 1;
const COPY = 2;
const ANSWER = 3;

/** What a redirection is taken for whose status is not shown. */
const FOUND = 302;

/** @typedef {import("../attempts.js").Attempt} Attempt */

/**
 * What a request has in hand.
 * @typedef {object} Hand
 * @property {FetchEvent} event
 * @property {Request} request
 * @property {string} url
 * @property {string} asked its fields
 * @property {number} started
 * @property {Attempt[]} running
 * @property {boolean} [awaited] what the browser asked for ahead of us is an attempt
 * @property {Response} [response] the last one of the network, unread
 * @property {boolean} [ordered] it orders something: then it goes out, whatever it is
 * @property {Response} [stored]
 */

/**
 * How it ends, as `reply.rs` says.
 * @typedef {{ source: number, status: number, changes: string, full: boolean,
 *   text: string, slice: string, line: string }} Told
 */

/**
 * Answers a request. If the core fails in it, this throws.
 * @param {FetchEvent} event
 * @param {string} asked
 * @returns {Promise<Response>}
 */
export async function serve(event, asked) {
  const { request } = event;
  const { method } = request;
  const url = bare(request.url);
  const started = Date.now();
  /** @type {Hand} */
  const hand = { event, request, url, asked, started, running: [] };
  const visit = new Visit(
    ...[method, url, asked, isOffline(), Math.random(), started],
  );
  let goesOn = false;
  try {
    await drive(visit, hand, visit.start(Date.now()));
    const response = await reply(visit, hand);
    goesOn = visit.goes_on(Date.now()) >= 0;
    if (goesOn) event.waitUntil(late(visit, hand).finally(() => visit.free()));
    return response;
  } finally {
    if (!hand.awaited) event.waitUntil(overhear(hand));
    if (!goesOn) {
      letGo(hand);
      visit.free();
    }
  }
}

/**
 * @param {Visit} visit
 * @param {Hand} hand
 * @param {number} step
 */
async function drive(visit, hand, step) {
  while (step !== REPLY) {
    if (step === LOOK) step = await look(visit, hand, hand.url);
    else if (step === LOOK_ELSEWHERE)
      step = await look(visit, hand, visit.place() ?? hand.url);
    else if (step === FORGET) step = forget(visit, hand);
    else if (step <= INSPECT) step = await inspect(visit, hand, INSPECT - step);
    else if (step === BEGIN) {
      if (!visit.beside()) abandon(hand);
      hand.running.push(begin(visit, hand));
      step = visit.begun(Date.now());
    } else step = await next(visit, hand, step, hand.request.signal);
  }
}

/**
 * @param {Visit} visit
 * @param {Hand} hand
 * @returns {Attempt}
 */
function begin(visit, hand) {
  const number = visit.attempt();
  const controller = new AbortController();
  const attempt = { number, offline: isOffline(), controller };
  const sent =
    number === 1 ? ahead(hand) : again(hand, visit, controller.signal);
  const end = sent.then(
    (response) => ({ attempt, response }),
    (error) => ({ attempt, error }),
  );
  return Object.assign(attempt, { end });
}

/**
 * The first attempt: what the browser asked for ahead of us, or the request as it came.
 * @param {Hand} hand
 * @returns {Promise<Response>}
 */
async function ahead(hand) {
  const { event, request } = hand;
  hand.awaited = true;
  return (await event.preloadResponse) ?? fetch(request);
}

/**
 * @param {Hand} hand
 * @param {Visit} visit
 * @param {AbortSignal} signal
 */
function again({ request }, visit, signal) {
  const { referrer, referrerPolicy } = request;
  const headers = new Headers(request.headers);
  const header = visit.attempt_header();
  if (header) headers.set(header, String(visit.attempt()));
  return fetch(request, { headers, referrer, referrerPolicy, signal });
}

/**
 * Waits for an attempt, for so long at most, or for the visitor to leave; and tells the
 * core.
 * @param {Visit} visit
 * @param {Hand} hand
 * @param {number} ms
 * @param {AbortSignal} [signal]
 */
async function next(visit, hand, ms, signal) {
  const end = await first(hand.running, ms, signal);
  if (signal?.aborted) return visit.left(Date.now());
  if (!end) return visit.woke(Date.now());
  const { attempt, response } = end;
  const { number, offline } = attempt;
  hand.running = hand.running.filter((running) => running !== attempt);
  if (!response) {
    heardNothing();
    return visit.failed(number, offline, Date.now());
  }
  discard(hand.response);
  hand.response = response;
  hand.ordered = await heed(hand.event, response);
  const fields = lines(response.headers);
  const status = statusOf(response);
  const step = visit.responded(number, status, fields, Date.now());
  return hand.ordered && step !== REPLY ? visit.left(Date.now()) : step;
}

/**
 * What cannot be looked into is passed on as it is.
 * @param {Response} response
 */
const statusOf = ({ status, type }) =>
  type === "opaqueredirect" ? FOUND : status || 200;

/**
 * Looks for a copy.
 * @param {Visit} visit
 * @param {Hand} hand
 * @param {string} place
 */
async function look(visit, hand, place) {
  discard(hand.stored);
  hand.stored = await store.look(place);
  const fields = hand.stored ? lines(hand.stored.headers) : "";
  return visit.looked(fields, Date.now());
}

/**
 * Removes what is stored and is no copy of ours: there is none, then.
 * @param {Visit} visit
 * @param {Hand} hand
 */
function forget(visit, hand) {
  discard(hand.stored);
  hand.stored = undefined;
  const place = visit.place() ?? hand.url;
  hand.event.waitUntil(store.remove([place]).catch(() => {}));
  return visit.looked("", Date.now());
}

/**
 * Shows the core the body of a response, if it is small and soon there. A copy of it is
 * read: the response stays as it came.
 * @param {Visit} visit
 * @param {Hand} hand
 * @param {number} ms
 */
async function inspect(visit, hand, ms) {
  const response = /** @type {Response} */ (hand.response);
  const { signal } = hand.request;
  const type = response.headers.get("content-type") ?? "";
  try {
    const limit = visit.inspection_limit();
    const bytes = await readSmall(response, limit, ms, signal);
    const [length, start] = bytes
      ? [bytes.length, bytes]
      : [-1, new Uint8Array()];
    return visit.inspected(type, length, start, Date.now());
  } catch {
    discard(hand.response);
    hand.response = undefined;
    return visit.broke_off(Date.now());
  }
}

/**
 * @param {Visit} visit
 * @param {Hand} hand
 * @returns {Promise<Response>}
 */
async function reply(visit, hand) {
  if (!hand.response?.ok) await store.soon(speakTheirs());
  const told = /** @type {Told} */ (visit.reply(Date.now()));
  if (hand.ordered && told.source !== NETWORK) return taken(hand, "response");
  if (told.line) console.info(told.line);
  if (told.source === COPY) {
    const copy = await copyOf(taken(hand, "stored"), told);
    hand.event.waitUntil(tellOfCopy(hand.event.clientId, hand.url, copy));
    return copy;
  }
  if (told.source === NETWORK) return passed(hand, told);
  if (told.source === ANSWER) return made(told);
  return Response.error();
}

/**
 * The network's response, and what follows from it.
 * @param {Hand} hand
 * @param {Told} told
 */
function passed(hand, { changes }) {
  const response = taken(hand, "response");
  if (!hand.ordered) void keepIfDue(hand, response);
  if (response.ok) hand.event.waitUntil(tellOfNetwork());
  if (!changes) return response;
  const { status, statusText, body } = response;
  const headers = changed(response.headers, changes);
  return new Response(body, { status, statusText, headers });
}

/**
 * A copy as it goes out.
 * @param {Response} stored
 * @param {Told} told
 */
async function copyOf(stored, { status, changes, full, text, slice }) {
  const headers = changed(stored.headers, changes);
  if (!full) discard(stored);
  /** @type {BodyInit | null} */
  let body = full ? stored.body : null;
  if (slice) body = cutOut(await stored.blob(), slice);
  else if (text) body = new Blob([await stored.blob(), text]);
  return new Response(body, { status, headers });
}

/**
 * @param {Blob} whole
 * @param {string} slice as in `Range`, both ends included
 */
function cutOut(whole, slice) {
  const [from, to] = slice.slice("bytes=".length).split("-").map(Number);
  return whole.slice(from, to + 1, whole.type);
}

/**
 * A response of our own.
 * @param {Told} told
 */
const made = ({ status, changes, full, text }) =>
  new Response(full ? text : null, { status, headers: changed([], changes) });

/**
 * The rest of an attempt that goes on behind the reply: its late answer becomes the copy,
 * and is remembered either way.
 * @param {Visit} visit
 * @param {Hand} hand
 */
async function late(visit, hand) {
  try {
    for (
      let patience = visit.goes_on(Date.now());
      patience >= 0;
      patience = visit.goes_on(Date.now())
    )
      await next(visit, hand, patience);
    const { response } = hand;
    if (response && !hand.ordered) await renew(hand, response);
  } finally {
    letGo(hand);
  }
}

/**
 * What the browser asked for ahead of us, and no attempt waited for, as a copy went out at
 * once: it is there all the same, renews the copy and tells of the origin.
 * @param {Hand} hand
 */
async function overhear(hand) {
  const { event, url, started } = hand;
  const ahead = Promise.resolve(event.preloadResponse);
  const response = await ahead.catch(heardNothing);
  if (!response) return;
  const ordered = await heed(event, response);
  const good = overheard(url, statusOf(response), started, Date.now());
  if (good && !ordered) await renew(hand, response);
  discard(response);
}

/**
 * An answer that comes behind its reply becomes the copy, and the page is told.
 * @param {Hand} hand
 * @param {Response} response
 */
async function renew(hand, response) {
  const kept = keepIfDue(hand, response);
  discard(response);
  if (await kept) await tellOfFresh(hand.event, hand.url);
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
 * Gives up what still runs. The first attempt, which is not ours to end, is let go of when
 * it ends: a browser complains of what it asked for ahead and nobody waits for.
 * @param {Hand} hand
 */
function abandon({ event, running }) {
  for (const { controller, end } of running.splice(0)) {
    controller.abort();
    if (end) event.waitUntil(end.then(({ response }) => drop(event, response)));
  }
}

/**
 * @param {FetchEvent} event
 * @param {Response} [response]
 */
async function drop(event, response) {
  if (response) await heed(event, response);
  discard(response);
}

/** @param {Hand} hand */
function letGo(hand) {
  abandon(hand);
  discard(hand.response);
  discard(hand.stored);
}

const isOffline = () => navigator.onLine === false;
