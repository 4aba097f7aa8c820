// @ts-check
/**
 * The further tiers: stores that the world shares, pages that were shipped with the
 * worker, a mirror. They are read only before an error would go out, and written and
 * emptied behind replies.
 *
 * In a store a copy is one value: a line with two lengths, the place it belongs to and
 * its fields, and its body. So KV and R2 are the same to us, whatever each of them
 * takes beside a value.
 */
import * as core from "lastgood-core";
import { bound, hop, tiered } from "./instance.js";
import * as platform from "./platform.js";

/** @typedef {import("./hand.js").Arrival} Arrival */
/** A copy from a tier, with its body at hand. @typedef {{ response: Response, headers: Headers, body: Uint8Array }} Distant */

/** So long a write may take. */
const WRITTEN_MS = 5000;
/** How often what a tier does wrong is logged, at most. */
const QUIET_MS = 60_000;
/** What is larger is none of ours: a value of KV has at most so many bytes. */
const LARGEST = 25 * 1024 * 1024;
/** Keys that are longer are digests: those of KV have 512 bytes at most. */
const LONGEST_KEY = 512;
/** The first line of a value. */
const FIRST_LINE = /^lastgood-copy (\d{1,9}) (\d{1,9})$/;
const LONGEST_FIRST_LINE = 40;
const LINE_FEED = 10;

/** What a mirror is told of a request: nothing of who asks. */
const FOR_MIRROR = ["accept", "accept-language", "user-agent"];

const ENVELOPE = core.envelope_field();

/** A tier that failed, or took too long. */
export const LOST = Symbol("lost");

/** Until when what a tier does wrong is not logged. @type {Map<string, number>} */
const quiet = new Map();

/**
 * The stores, in the same words.
 * @type {Record<string, { get(store: any, key: string): Promise<ArrayBuffer | null>,
 *   put(store: any, key: string, value: Uint8Array, seconds: number): Promise<unknown> }>}
 */
const STORES = {
  kv: {
    get: (store, key) => store.get(key, "arrayBuffer"),
    put: (store, key, value, expirationTtl) =>
      store.put(key, value, { expirationTtl }),
  },
  r2: {
    get: async (store, key) => {
      const found = await store.get(key);
      if (!found) return null;
      if (found.size <= LARGEST) return found.arrayBuffer();
      await found.body.cancel();
      return new ArrayBuffer(0);
    },
    put: (store, key, value) => store.put(key, value),
  },
};

/**
 * Looks into a tier, as long as it may take: a copy, a page, nothing, or lost.
 * @param {string} told the tier, where in it, for how long
 * @param {Arrival} arrival
 * @param {ExecutionContext} ctx
 * @returns {Promise<Distant | Response | typeof LOST | undefined>}
 */
export async function look(told, arrival, ctx) {
  const [tier, place, patience] = told.split("\n");
  const looked = found(tier, place, arrival, ctx).then((it) => it ?? null);
  looked.catch((error) => complain(tier, error));
  const came = await platform.within(looked, Number(patience));
  if (came !== undefined) return came ?? undefined;
  complain(tier, `nothing within ${patience} ms`);
  looked.then(discard, () => {});
  return LOST;
}

/** @param {Distant | Response | null} came */
function discard(came) {
  if (came instanceof Response) platform.discard(came);
}

/**
 * @param {string} tier
 * @param {string} place
 * @param {Arrival} arrival
 * @param {ExecutionContext} ctx
 * @returns {Promise<Distant | Response | undefined>}
 */
async function found(tier, place, { method, headers: came }, ctx) {
  const [kind, name] = tier.split(" ");
  if (kind === "assets") return bound(name).fetch(place);
  if (kind === "mirror") {
    const headers = forMirror(came);
    return fetch(place, { method, headers, redirect: "manual" });
  }
  const value = await STORES[kind].get(bound(name), await keyOf(place));
  if (!value) return undefined;
  const copy = read(new Uint8Array(value), place);
  if (!copy) ctx.waitUntil(remove(tier, place));
  return copy;
}

/** @param {Headers} came */
function forMirror(came) {
  const headers = new Headers();
  for (const name of [...FOR_MIRROR, "cdn-loop"]) {
    const value = came.get(name);
    if (value !== null) headers.set(name, value);
  }
  headers.append("cdn-loop", hop);
  return headers;
}

/** @param {string} place */
async function keyOf(place) {
  const bytes = new TextEncoder().encode(place);
  if (bytes.length <= LONGEST_KEY) return place;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hex = Array.from(new Uint8Array(digest), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `sha-256 ${hex.join("")}`;
}

/**
 * A copy as the value of a store.
 * @param {string} place
 * @param {Headers} headers
 * @param {ArrayBuffer} body
 */
function written(place, headers, body) {
  const head = new TextEncoder().encode(`${place}\n${platform.lines(headers)}`);
  const first = `lastgood-copy ${head.length} ${body.byteLength}\n`;
  const value = new Uint8Array(first.length + head.length + body.byteLength);
  value.set(new TextEncoder().encode(first));
  value.set(head, first.length);
  value.set(new Uint8Array(body), first.length + head.length);
  return value;
}

/**
 * The copy in a value; nothing if it is damaged, or belongs to another place, or is
 * not ours.
 * @param {Uint8Array} value
 * @param {string} place
 * @returns {Distant | undefined}
 */
function read(value, place) {
  const end = value.subarray(0, LONGEST_FIRST_LINE).indexOf(LINE_FEED);
  const decoder = new TextDecoder();
  const first = FIRST_LINE.exec(decoder.decode(value.subarray(0, end)));
  if (end < 0 || !first) return undefined;
  const from = end + 1 + Number(first[1]);
  if (value.length !== from + Number(first[2])) return undefined;
  const head = decoder.decode(value.subarray(end + 1, from)).split("\n");
  try {
    if (head.shift() !== place) return undefined;
    const headers = new Headers();
    for (const line of head.filter((line) => line !== "")) {
      const colon = line.indexOf(":");
      headers.set(line.slice(0, colon), line.slice(colon + 1));
    }
    const envelope = headers.get(ENVELOPE) ?? "";
    if (!core.place_to_return(place, envelope, "", "")) return undefined;
    const body = value.subarray(from);
    return { response: new Response(body, { headers }), headers, body };
  } catch {
    return undefined;
  }
}

/**
 * Writes a copy to the tiers in which it is due.
 * @param {string} url
 * @param {string} place
 * @param {number} status
 * @param {string} answered
 * @param {Headers} headers as stored here
 * @param {ArrayBuffer} body
 */
export async function spread(url, place, status, answered, headers, body) {
  const now = Date.now();
  const due = core.spread(url, place, status, answered, body.byteLength, now);
  if (due.trim() === "") return;
  const fields = new Headers(headers);
  fields.set("content-length", `${body.byteLength}`);
  const value = written(place, fields, body);
  const key = await keyOf(place);
  /** @param {string} line @param {number} index */
  const write = async (line, index) => {
    const [kind, name, seconds] = line.split(" ");
    if (!name) return;
    const put = STORES[kind].put(bound(name), key, value, Number(seconds));
    if (!(await isDone(`${kind} ${name}`, put)))
      core.refused(url, place, index, Date.now());
  };
  await Promise.all(due.split("\n").map(write));
}

/**
 * Removes what is stored under URLs, everywhere: here before this resolves, in the
 * further tiers behind the reply.
 * @param {string[]} urls
 * @param {ExecutionContext} ctx
 */
export function forgetEverywhere(urls, ctx) {
  for (const url of tiered ? urls : []) {
    for (const tier of core.tiers_of(url).split("\n")) {
      if (tier) ctx.waitUntil(remove(tier, url));
    }
  }
  return Promise.all(urls.map(platform.forget));
}

/**
 * @param {string} tier
 * @param {string} place
 */
async function remove(tier, place) {
  const store = bound(tier.split(" ")[1]);
  if (store) await isDone(tier, store.delete(await keyOf(place)));
}

/**
 * Whether a change comes to its end, which nobody waits for.
 * @param {string} tier
 * @param {Promise<unknown>} change
 */
async function isDone(tier, change) {
  change.catch((error) => complain(tier, error));
  const done = change.then(() => true);
  return platform.within(done, WRITTEN_MS);
}

/**
 * @param {string} tier
 * @param {unknown} error
 */
function complain(tier, error) {
  const now = Date.now();
  if (now < (quiet.get(tier) ?? 0)) return;
  quiet.set(tier, now + QUIET_MS);
  console.error(
    JSON.stringify({ lastgood: "tier", tier, error: String(error) }),
  );
}
