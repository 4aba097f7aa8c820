// @ts-check
/**
 * What lastgood's cache mode is measured against, written by hand in JavaScript as
 * one would for one's own site: a fresh copy answers at once, a stale one too where
 * the origin lets it, and is renewed behind the reply by one refresher; for all else
 * the origin is asked, for as long as one waits for a page, and if it fails, a stale
 * copy stands in. A copy is shown to those who ask for the same variant. It is kept
 * once it is whole, since the runtime's cache takes a body that broke off for a good
 * one.
 */
import { attempt, FAILURES } from "./peer-attempt.js";

const KEPT_FOR = "max-age=2592000";
const FORBIDS_KEEPING = /\b(?:no-store|private|no-cache)\b/i;
const FORBIDS_STALE = /\b(?:must-revalidate|proxy-revalidate|s-maxage)\b/i;
const MAX_AGE = /\bmax-age=(\d+)/i;
const RENEWED_FOR = /\bstale-while-revalidate=(\d+)/i;
const KEPT_ON_ERROR = 24 * 60 * 60;
const CLIENT_ASKS = /\bno-cache\b|\bmax-age=0\b/i;

/** What our copies carry beside their own fields, and what the store adds. */
const INTERNAL = [
  "x-kept-at",
  "x-kept-age",
  "x-kept-date",
  "x-kept-cache-control",
  "x-kept-for",
  "cf-cache-status",
  "cf-ray",
  "set-cookie",
];

/** @typedef {{ waitUntil(promise: Promise<unknown>): void }} Context */

/** @type {Cache | undefined} */
let store;

/** URLs that are being renewed. */
const renewing = new Set();

export default {
  /**
   * @param {Request} request
   * @param {unknown} env
   * @param {Context} ctx
   */
  async fetch(request, env, ctx) {
    if (request.method !== "GET") return fetch(request);
    store ??= await caches.open("lastgood");
    const { url, headers } = request;
    const stored = await store.match(url).catch(() => undefined);
    if (!stored) return asked(request, ctx, "fwd=uri-miss");
    const ages = agesOf(stored.headers);
    const wanted = !CLIENT_ASKS.test(headers.get("cache-control") ?? "");
    const isTheirs =
      !headers.has("authorization") &&
      stored.headers.get("x-kept-for") === variant(headers, stored.headers);
    if (wanted && isTheirs && ages.isShown) {
      if (ages.ttl <= 0) renew(request, ctx);
      return shown(request, stored, ages);
    }
    const answer = asked(request, ctx, "fwd=stale");
    const response = await answer.catch(() => undefined);
    const failed = !response || FAILURES.has(response.status);
    if (failed && isTheirs && ages.isShownOnError) {
      response?.body?.cancel();
      return shown(request, stored, ages);
    }
    stored.body?.cancel();
    return answer;
  },
};

/**
 * What of a request its page depends on.
 * @param {Headers} asked
 * @param {Headers} answered
 */
function variant(asked, answered) {
  const vary = answered.get("vary");
  if (!vary) return "";
  const names = vary.toLowerCase().split(/\s*,\s*/);
  return names.map((name) => asked.get(name) ?? "").join("|");
}

/**
 * @param {Request} request
 * @param {Response} stored
 * @param {{ age: number, ttl: number }} ages
 */
function shown(request, stored, { age, ttl }) {
  const etag = stored.headers.get("etag");
  const known = etag !== null && request.headers.get("if-none-match") === etag;
  const headers = new Headers(stored.headers);
  const date = headers.get("x-kept-date");
  if (date) headers.set("date", date);
  headers.set("cache-control", headers.get("x-kept-cache-control") ?? "");
  for (const name of INTERNAL) headers.delete(name);
  headers.set("age", String(age));
  headers.set("cache-status", `peer; hit; ttl=${ttl}`);
  if (known) stored.body?.cancel();
  return known
    ? new Response(null, { status: 304, headers })
    : new Response(stored.body, { headers });
}

/** @param {Headers} headers */
function agesOf(headers) {
  const keptAt = Number(headers.get("x-kept-at") ?? NaN);
  const made = Date.parse(headers.get("x-kept-date") ?? "");
  const apparent = made < keptAt ? (keptAt - made) / 1000 : 0;
  const first = Math.max(Number(headers.get("x-kept-age")), apparent);
  const age = Math.floor(first + Math.max(0, Date.now() - keptAt) / 1000);
  const rules = headers.get("x-kept-cache-control") ?? "";
  const lifetime = Number(MAX_AGE.exec(rules)?.[1] ?? 0);
  const after = Number(RENEWED_FOR.exec(rules)?.[1] ?? 0);
  const isShownStale = !FORBIDS_STALE.test(rules);
  return {
    age,
    ttl: lifetime - age,
    isShown: age < lifetime + (isShownStale ? after : 0),
    isShownOnError: age < KEPT_ON_ERROR && isShownStale,
  };
}

/**
 * @param {Request} request
 * @param {Context} ctx
 */
function renew(request, ctx) {
  const { url } = request;
  if (renewing.has(url)) return;
  renewing.add(url);
  const renewed = async () => {
    const response = await attempt(request);
    if (!mayKeep(request, response)) return response.body?.cancel();
    await keep(request, response, await response.arrayBuffer());
  };
  ctx.waitUntil(renewed().finally(() => renewing.delete(url)));
}

/**
 * @param {Request} request
 * @param {Context} ctx
 * @param {string} why
 */
async function asked(request, ctx, why) {
  const response = await attempt(request);
  const { status } = response;
  if (mayKeep(request, response)) {
    const copied = wholeOf(response.clone());
    ctx.waitUntil(copied.then((whole) => keep(request, response, whole)));
  }
  const reply = new Response(response.body, response);
  reply.headers.set("cache-status", `peer; ${why}; fwd-status=${status}`);
  return reply;
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function mayKeep(request, { status, headers }) {
  const said = headers.get("cache-control") ?? "";
  if (status !== 200 || FORBIDS_KEEPING.test(said)) return false;
  if (request.headers.has("range") || headers.has("set-cookie")) return false;
  if (headers.get("vary") === "*") return false;
  const isPublic = /\b(?:public|s-maxage)\b/i.test(said);
  if (!isPublic && request.headers.has("authorization")) return false;
  return MAX_AGE.test(said) || headers.has("expires");
}

/**
 * The body of a clone: the runtime's stream in between, as a clone that is read here
 * would hold the page back.
 * @param {Response} clone
 */
async function wholeOf({ body }) {
  const { readable, writable } = new IdentityTransformStream();
  const [whole] = await Promise.all([
    new Response(readable).arrayBuffer(),
    body?.pipeTo(writable),
  ]);
  return whole;
}

/**
 * Stores a whole copy on our own terms: for long, and with the truth beside it.
 * @param {Request} request
 * @param {Response} response
 * @param {ArrayBuffer} whole
 */
async function keep(request, { status, headers: sent }, whole) {
  const length = sent.get("content-length");
  if (length !== null && Number(length) !== whole.byteLength) return;
  const headers = new Headers(sent);
  headers.set("cache-control", KEPT_FOR);
  headers.set("x-kept-at", String(Date.now()));
  headers.set("x-kept-age", sent.get("age") ?? "0");
  headers.set("x-kept-date", sent.get("date") ?? "");
  headers.set("x-kept-cache-control", sent.get("cache-control") ?? "");
  headers.set("x-kept-for", variant(request.headers, sent));
  store ??= await caches.open("lastgood");
  await store.put(request.url, new Response(whole, { status, headers }));
}
