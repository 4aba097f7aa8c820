// @ts-check
/**
 * Carries purges, and what was announced: to where they are kept, and from there to
 * each isolate. What a purge means for a copy is the core's.
 *
 * They are kept in one object that all isolates can reach, or, without it, in the
 * cache of this data centre. Each isolate reads them behind requests. One that has
 * not read them lately, since it is new or had nothing to do, does so before it
 * shows a copy. Nobody else waits, and nobody for long.
 */
import * as core from "lastgood-core";
import { fault, generation, ready, retell, state } from "./instance.js";
import * as platform from "./platform.js";

/** How often purges are read behind requests. */
const EVERY_MS = 5000;
/** What was read so long ago is not relied on: by then every isolate knows a purge. */
export const RELIED_ON_MS = 10_000;
/** So long a copy waits at most for them to be read. */
const LONGEST_WAIT_MS = 1000;
/** How long reading and writing may take where nobody sees a page of it. */
const PATIENCE_MS = 5000;
/**
 * How often failures to read are logged, at most. As long nobody waits after one: it
 * is tried again behind requests.
 */
const QUIET_MS = 60_000;

/** Where purges lie in a data centre that keeps its own. */
const PLACE = "https://purges.lastgood.invalid/";
/** The name of the object that keeps them for all. */
const OBJECT = "purges";
/** So often a purge is written again if others wrote at that moment. */
const TURNS = 3;

/** @typedef {DurableObjectNamespace<import("./shared.js").LastgoodState>} Objects */

/**
 * What was read last, by which instance of the core, and all that it knew then: the next
 * one is told.
 */
let known = { text: "", by: -1, all: "" };
/** When the reading began that began last, succeeded last, failed last. */
let askedAt = -Infinity;
let heardAt = -Infinity;
let failedAt = -Infinity;
let quietUntil = 0;

/**
 * Reads behind a request what was purged, if it is time to.
 * @param {ExecutionContext} ctx
 * @param {number} now
 */
export function hearOfPurges(ctx, now) {
  if (known.all && known.by !== generation) remind();
  if (isWithin(EVERY_MS, askedAt, now)) return;
  askedAt = now;
  ctx.waitUntil(hear(now));
}

/**
 * What has to be waited for before a copy is shown; nothing, if what is known is
 * new enough, or cannot be had.
 * @param {number} now
 */
export function unheard(now) {
  const recent =
    known.by === generation && isWithin(RELIED_ON_MS, heardAt, now);
  const failing = failedAt > heardAt && isWithin(QUIET_MS, failedAt, now);
  if (recent || failing) return undefined;
  askedAt = now;
  return heardInTime(now);
}

/** @param {number} now */
async function heardInTime(now) {
  await platform.within(hear(now), LONGEST_WAIT_MS);
  if (heardAt < now) failedAt = now;
}

/**
 * Whether a time is as recent as that. A clock that was set back does not count.
 * @param {number} span
 * @param {number} time
 * @param {number} now
 */
function isWithin(span, time, now) {
  return now >= time && now - time < span;
}

/**
 * Learns what was purged elsewhere, if it can. Never rejects.
 * @param {number} began
 */
async function hear(began) {
  try {
    const objects = state();
    const text = await inTime(objects ? all(objects) : stored());
    learn(text);
    heardAt = Math.max(heardAt, began);
    // Whoever wrote there at the same time may have lost what is known here.
    if (!objects && core.known_purges() !== text) await store();
  } catch (error) {
    failedAt = Date.now();
    complain(error);
  }
}

/** @param {string} text */
function learn(text) {
  if (known.text !== text || known.by !== generation) {
    core.learn_purges(text);
    known = { text, by: generation, all: core.known_purges() };
  }
  retell();
}

/** Tells a new instance of the core what the one before it knew; once, as it may fail. */
function remind() {
  const { all } = known;
  known = { text: "", by: -1, all: "" };
  try {
    learn(all);
  } catch (error) {
    complain(error);
  }
}

/** @param {unknown} error */
export function complain(error) {
  if (error instanceof WebAssembly.RuntimeError) return fault(error);
  const now = Date.now();
  if (now < quietUntil) return;
  quietUntil = now + QUIET_MS;
  console.error(JSON.stringify({ lastgood: "purges", error: String(error) }));
}

/** @param {Objects} objects */
const object = (objects) => objects.get(objects.idFromName(OBJECT));

/**
 * All purges, by the object that keeps them.
 * @param {Objects} objects
 * @returns {Promise<string>}
 */
async function all(objects) {
  return object(objects).purges();
}

/** All purges that this data centre knows of. */
async function stored() {
  const found = await platform.look(PLACE);
  return found ? found.text() : "";
}

/** Stores what is known here in this data centre. */
async function store() {
  await platform.note(PLACE, core.known_purges());
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function inTime(promise) {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer in ${PATIENCE_MS} ms`);
    const timer = setTimeout(reject, PATIENCE_MS, late);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Adds a purge, or an announcement, to what is kept; this isolate knows it then.
 * @param {string} line
 */
export async function raise(line) {
  const objects = state();
  await (objects ? raiseForAll(objects, line) : raiseHere(line));
}

/**
 * @param {Objects} objects
 * @param {string} line
 */
async function raiseForAll(objects, line) {
  learn(await inTime(object(objects).purge(line)));
}

/**
 * The cache knows no transactions: whoever writes at the same moment may take this
 * line away again. So it is looked for, and once more whenever purges are read.
 * @param {string} line
 */
async function raiseHere(line) {
  learn(await inTime(stored()));
  const raised = core.purges_with(core.known_purges(), line, Date.now());
  for (let turn = 0; turn < TURNS; turn++) {
    learn(raised);
    await inTime(store());
    const text = await inTime(stored());
    learn(text);
    if (text === core.known_purges()) return;
  }
}

/**
 * What an object does that keeps all of it for all: nothing else happens in it while
 * it reads and writes.
 * @param {DurableObjectStorage} storage
 * @param {any} env
 * @param {string} line
 */
export async function keepPurge(storage, env, line) {
  const before = await keptPurges(storage);
  try {
    ready(env);
    const text = core.purges_with(before, line, Date.now());
    await storage.put(OBJECT, text);
    return text;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) fault(error);
    throw error;
  }
}

/**
 * @param {DurableObjectStorage} storage
 * @returns {Promise<string>}
 */
export async function keptPurges(storage) {
  return (await storage.get(OBJECT)) ?? "";
}
