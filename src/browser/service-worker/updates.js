// @ts-check
/** Looking for a new version, and for whether there is to be one at all. */
import { is_check_due } from "lastgood-core";
import { able } from "./core.js";
import { go, well } from "./orders.js";
import { own, soon } from "./store.js";
import { learn } from "./words.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

/** Under which it stands when we looked last. */
const LOOKED = "https://looked.lastgood.invalid/";

/** By which the script would be missing. */
const GONE = [404, 410];

/** @type {number | undefined} */
let looked;
/** Whether it was in vain, while the site may have failed. */
let vain = false;
/** @type {Promise<void> | undefined} */
let looking;

/** Looks for a new version, if that is due. */
export const lookForUpdate = () =>
  (looking ??= lookIfDue().finally(() => {
    looking = undefined;
  }));

async function lookIfDue() {
  if (!able || navigator.onLine === false) return;
  looked ??= await lookedLast();
  const again = vain && well;
  if (!again && !is_check_due(looked, Date.now())) return;
  looked = Date.now();
  vain = false;
  const told = new Response(String(looked));
  await soon(own().then((cache) => cache.put(LOOKED, told)));
  await learn().catch(() => {});
  try {
    await worker.registration.update();
  } catch {
    vain = !well;
    if (well && (await isGone())) await go();
  }
}

async function lookedLast() {
  const told = await soon(own().then((cache) => cache.match(LOOKED)));
  return Number(await told?.text()) || 0;
}

/**
 * Whether there is no such script any more. Where the site is well, that is meant, which
 * browsers do not conclude by themselves.
 */
async function isGone() {
  const script = worker.registration.active?.scriptURL;
  const head = await fetch(script ?? worker.location.href, {
    method: "HEAD",
    cache: "no-store",
  });
  return GONE.includes(head.status);
}
