// @ts-check
/** What a site orders of its service worker: to forget, or to go. */
import { forgets } from "lastgood-core";
import { lines } from "../fields.js";
import { able, stop } from "./core.js";
import { bare } from "./fields.js";
import { noteOff, removeAll, removeEverything, soon } from "./store.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

/** By which a site gets rid of us: `off`. */
const SWITCH = "lastgood-service-worker";

/** Whether the site answered well when it was heard last. */
export let well = false;

/** The site was asked in vain. */
export function heardNothing() {
  well = false;
}

/** Removes all copies, those on their way into the store too. */
export const forget = () => removeAll();

/** Leaves the site as if this had never been there; its open pages, too. */
export async function go() {
  stop();
  await worker.registration.unregister();
  await removeEverything();
}

/**
 * The same by a response's word: `register()` of the pages asks its URL whether it still
 * says so.
 * @param {string} url
 */
async function switchOff(url) {
  stop();
  await soon(noteOff(url));
  await go();
}

/**
 * Heeds what a response orders. Every response of the network passes here, before it goes
 * out, since who reads it is not to be shown what was before, and before anything is kept.
 * Says whether it ordered anything: then it goes out as it is, and no copy is kept of it.
 * @param {FetchEvent} event
 * @param {Response} response
 */
export async function heed(event, response) {
  const { type, ok } = response;
  well = ok && type === "basic";
  const done = ordered(bare(event.request.url), response);
  if (!done) return false;
  event.waitUntil(done.catch(() => {}));
  await soon(done);
  return true;
}

/**
 * @param {string} url
 * @param {Response} response
 */
function ordered(url, { type, status, headers }) {
  // Where another site answered in the end, only the way there is this one's.
  const own = type === "cors" ? new Headers() : headers;
  if (own.get(SWITCH) === "off") return switchOff(url);
  try {
    return able && forgets(url, status, lines(own)) ? forget() : undefined;
  } catch (error) {
    stop(error);
  }
}
