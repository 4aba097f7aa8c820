// @ts-check
/** What a site orders of its service worker: to forget, or to go. */
import { is_check_due, orders } from "lastgood-core";
import { lines } from "../fields.js";
import { stop } from "./core.js";
import { bare } from "./fields.js";
import { own, removeAll, removeEverything } from "./store.js";
import { learn } from "./words.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

const FORGET = 1;
const GO = 2;

/** Removes all copies, those on their way into the store too. */
export const forget = () => removeAll();

/** Leaves the site as if this had never been there; its open pages, too. */
export async function go() {
  stop();
  await worker.registration.unregister();
  await removeEverything();
}

/**
 * Heeds what a response orders, before it goes out: who reads it is not to be shown what
 * was before. Says whether it ordered anything: then no copy is kept of it.
 * @param {string} url
 * @param {Response} response
 */
export async function heed(url, response) {
  const order = orders(bare(url), response.status, lines(response.headers));
  if (order === FORGET) await forget();
  if (order === GO) await go();
  return order === FORGET || order === GO;
}

/** Under which it stands when we looked last. */
const LOOKED = "https://looked.lastgood.invalid/";

/** By which the script would be missing. */
const GONE = [404, 410];

/** @type {number | undefined} */
let looked;

/**
 * Looks for a new version, if that is due. Where a site is well and has no such script any
 * more, it is meant to be gone, which browsers do not conclude by themselves.
 */
export async function lookForUpdate() {
  looked ??= Number(await (await (await own()).match(LOOKED))?.text()) || 0;
  if (!is_check_due(looked, Date.now())) return;
  looked = Date.now();
  await (await own()).put(LOOKED, new Response(String(looked)));
  await learn().catch(() => {});
  try {
    await worker.registration.update();
  } catch {
    const script = worker.registration.active?.scriptURL;
    const head = await fetch(script ?? worker.location.href, {
      method: "HEAD",
      cache: "no-store",
    });
    if (GONE.includes(head.status)) await go();
  }
}
