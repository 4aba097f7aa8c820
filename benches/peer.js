// @ts-check
/**
 * What lastgood is measured against: its job in standby mode, written by hand
 * in JavaScript as one would for one's own site. One guarded attempt; on failure
 * the last good copy, and after some failures in a row without asking; on
 * success the response untouched, and a copy of it when one is due. No tricks in
 * either direction: where two ways were equally natural, the faster one is here.
 */
import { attempt, FAILURES } from "./peer-attempt.js";
import { lastGood } from "./peer-copy.js";

const KEEP_EVERY_MS = 60_000;
const KNOWN_LIMIT = 4096;
const SIZE_LIMIT = 25 * 1024 * 1024;
const DOWN_AFTER = 5;
const PROBE_EVERY_MS = 250;
const KEPT_FOR = "max-age=2592000";
const FORBIDS_KEEPING = /\b(?:no-store|private|no-cache)\b/i;
const PAGE_OR_ASSET = /^(?:text\/|image\/|font\/|application\/javascript)/i;

/**
 * What this isolate wrote lately.
 * @type {Map<string, { validator: string, keptAt: number }>}
 */
const known = new Map();

/** Failures in a row, the status of the last one, and until when nobody asks. */
let failures = 0;
/** @type {number | undefined} */
let lastStatus;
let downUntil = 0;

/** @typedef {{ waitUntil(promise: Promise<unknown>): void }} Context */
/** @typedef {{ ORIGIN?: string, BREAKER?: "off" }} Env */
/** @typedef {ReturnType<typeof factsOf>} Facts */

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   * @param {Context} ctx
   */
  async fetch(request, env, ctx) {
    const started = Date.now();
    if (failures >= DOWN_AFTER && isDown(env, started)) {
      const trouble = { started, status: lastStatus, asked: false };
      const copy = await lastGood(request, trouble);
      if (copy) return copy;
    }
    const response = await attempt(request, env.ORIGIN).catch(() => undefined);
    if (!response || FAILURES.has(response.status)) {
      return failed(request, response, started);
    }
    failures = 0;
    const facts = factsOf(request, response);
    if (mayKeep(request, response, facts) && claim(request.url, facts)) {
      ctx.waitUntil(keep(request.url, response.clone(), facts));
    }
    return response;
  },
};

/**
 * Whether nobody asks; now and then somebody does.
 * @param {Env} env
 * @param {number} now
 */
function isDown({ BREAKER }, now) {
  if (BREAKER === "off") return false;
  if (now < downUntil) return true;
  downUntil = now + PROBE_EVERY_MS;
  return false;
}

/**
 * @param {Request} request
 * @param {Response | undefined} response
 * @param {number} started
 */
async function failed(request, response, started) {
  failures += 1;
  lastStatus = response?.status;
  const trouble = { started, status: lastStatus, asked: true };
  const copy = await lastGood(request, trouble);
  if (!copy) return response ?? unavailable();
  response?.body?.cancel();
  return copy;
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function factsOf({ headers: asked }, { headers }) {
  return {
    authorization: asked.get("authorization"),
    cookie: asked.get("cookie"),
    range: asked.get("range"),
    revalidates: asked.get("cache-control"),
    cacheControl: headers.get("cache-control") ?? "",
    setCookie: headers.get("set-cookie"),
    vary: headers.get("vary"),
    type: headers.get("content-type") ?? "",
    length: headers.get("content-length"),
    etag: headers.get("etag"),
    lastModified: headers.get("last-modified"),
    date: headers.get("date"),
    age: headers.get("age"),
    expires: headers.get("expires"),
  };
}

/**
 * @param {Request} request
 * @param {Response} response
 * @param {Facts} facts
 */
function mayKeep(request, response, facts) {
  if (request.method !== "GET" || response.status !== 200) return false;
  if (facts.range || facts.setCookie || facts.vary === "*") return false;
  if (FORBIDS_KEEPING.test(facts.cacheControl)) return false;
  const isPublic = /\bpublic\b/i.test(facts.cacheControl);
  if (!isPublic && (facts.authorization || facts.cookie)) return false;
  if (Number(facts.length ?? 0) > SIZE_LIMIT) return false;
  return PAGE_OR_ASSET.test(facts.type) || hasLifetime(facts);
}

/** @param {Facts} facts */
function hasLifetime({ cacheControl, expires }) {
  return /\b(?:s-maxage|max-age)=\d/i.test(cacheControl) || expires !== null;
}

/**
 * Whether a copy is due; it counts as written from then on.
 * @param {string} key
 * @param {Facts} facts
 */
function claim(key, { etag, lastModified, length }) {
  const validator = `${etag ?? lastModified} ${length}`;
  const now = Date.now();
  const last = known.get(key);
  const isCurrent =
    last?.validator === validator && now - last.keptAt < KEEP_EVERY_MS;
  if (isCurrent) return false;
  if (known.size >= KNOWN_LIMIT) forgetOldest();
  known.set(key, { validator, keptAt: now });
  return true;
}

function forgetOldest() {
  for (const key of known.keys()) return known.delete(key);
}

/**
 * Stores a copy on our own terms: for long, and with the truth beside it.
 * @param {string} key
 * @param {Response} response
 * @param {Facts} facts
 */
async function keep(key, { body, status, headers: sent }, facts) {
  const headers = new Headers(sent);
  headers.set("cache-control", KEPT_FOR);
  headers.set("x-kept-at", String(Date.now()));
  headers.set("x-kept-age", facts.age ?? "0");
  headers.set("x-kept-date", facts.date ?? "");
  headers.set("x-kept-cache-control", facts.cacheControl);
  const store = await caches.open("lastgood");
  await store.put(key, new Response(body, { status, headers }));
}

function unavailable() {
  const headers = { "retry-after": "10", "cache-control": "no-store" };
  return new Response("We will be right back.\n", { status: 503, headers });
}
