// @ts-check
/** Where copies lie: the browser's own store, within our bounds. */
import { envelope_field, surplus } from "lastgood-core";

/** The number is that of the form in which copies lie there. */
const COPIES = "lastgood-copies-1";
/** What we keep for ourselves: texts, and when we looked for a new version. */
const OWN = "lastgood-own-1";
/** What stays when we were switched off: `register.js` reads it. */
const OFF = "lastgood-off";
const ALL = /^lastgood-(?!off$)/;

/** So long a look may take. */
const LONGEST_LOOK_MS = 2000;

/** @type {Promise<Cache> | undefined} */
let opened;
/** All that is there, by its place: its envelope. @type {Map<string, string> | undefined} */
let known;
/** Goes up when all copies are forgotten: what began before is not stored after. */
export let age = 0;

const store = () =>
  (opened ??= caches.open(COPIES).catch((error) => {
    opened = undefined;
    throw error;
  }));

/** What is kept beside copies. */
export const own = () => caches.open(OWN);

/**
 * What a promise comes to; nothing, if it fails or takes longer than a look may.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | undefined>}
 */
export function soon(promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), LONGEST_LOOK_MS);
    const tell = (/** @type {T | undefined} */ come) => {
      clearTimeout(timer);
      resolve(come);
    };
    promise.then(tell, () => tell(undefined));
  });
}

/**
 * What lies in a place; nothing, if it is not found soon, or at all.
 * @param {string} place
 */
export const look = (place) =>
  soon(store().then((copies) => copies.match(place)));

/**
 * The envelope of what was found; empty if that was nothing.
 * @param {Response | undefined} stored
 */
export const envelopeOf = (stored) =>
  stored?.headers.get(envelope_field()) ?? "";

/** @type {Promise<unknown>} */
let turn = Promise.resolve();

/**
 * Puts something into a place, once there is room; says whether it is there now. One
 * after the other, so that all of them see what the others took.
 * @param {string} place
 * @param {() => Response} make
 * @param {number} bytes
 * @param {number} since
 * @returns {Promise<boolean>}
 */
export function put(place, make, bytes, since) {
  const next = turn.then(() => putNow(place, make, bytes, since));
  turn = next.catch(() => {});
  return next;
}

/** @type {typeof put} */
async function putNow(place, make, bytes, since) {
  const copies = await store();
  for (const scarce of [false, true]) {
    await makeRoom(bytes, scarce);
    if (since !== age) return false;
    try {
      const stored = make();
      const envelope = envelopeOf(stored);
      await copies.put(place, stored);
      known?.set(place, envelope);
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
  return false;
}

/** @param {unknown} error */
const isFull = (error) =>
  error instanceof Error && error.name === "QuotaExceededError";

/**
 * @param {number} bytes
 * @param {boolean} scarce the browser has no room left
 */
async function makeRoom(bytes, scarce) {
  const there = (known ??= await everything());
  const pairs = [...there].flat();
  await remove(surplus(pairs, bytes, scarce, Date.now()));
}

async function everything() {
  const copies = await store();
  const [keys, all] = await Promise.all([copies.keys(), copies.matchAll()]);
  const pairs = keys.map(({ url }, place) => [url, envelopeOf(all[place])]);
  return new Map(/** @type {[string, string][]} */ (pairs));
}

/**
 * Removes what lies in these places.
 * @param {string[]} places
 */
export async function remove(places) {
  if (!places.length) return;
  const copies = await store();
  for (const place of places) {
    known?.delete(place);
    await copies.delete(place);
  }
}

/** Removes all copies. */
export async function removeAll() {
  age += 1;
  known = opened = undefined;
  await caches.delete(COPIES);
}

/** Notes by which URL we were switched off. @param {string} url */
export const noteOff = async (url) =>
  (await caches.open(OFF)).put(url, new Response());

/** Removes what other versions left. */
export async function removeOthers() {
  const names = await caches.keys();
  const others = names.filter(
    (name) => ALL.test(name) && name !== COPIES && name !== OWN,
  );
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Removes all that is ours. */
export async function removeEverything() {
  await removeAll();
  const names = await caches.keys();
  const ours = names.filter((name) => ALL.test(name));
  await Promise.all(ours.map((name) => caches.delete(name)));
}
