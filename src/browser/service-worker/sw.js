// @ts-check
/**
 * The service worker: what the browser tells goes to what decides, and what does.
 *
 * Everything here is tied to the event that it came with, and if anything in it fails,
 * the request goes to the network as if nobody stood in between.
 */
import { treatment } from "lastgood-core";
import { able, start, stop } from "./core.js";
import { fieldsOf } from "./fields.js";
import { forget, go, heed } from "./orders.js";
import { serve } from "./serving.js";
import { removeOthers } from "./store.js";
import { lookForUpdate } from "./updates.js";
import { learn } from "./words.js";
import { write } from "./writing.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

/** What `treatment` says, besides that a request is left alone. */
const SERVED = 1;
const WRITTEN = 2;
const PASSED = 3;

start();

worker.addEventListener("install", (event) => {
  // No page depends on the version that it was loaded with: a new one may take over.
  void worker.skipWaiting();
  if (able) event.waitUntil(learn().catch(() => {}));
});

worker.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate() {
  const { navigationPreload } = worker.registration;
  await navigationPreload?.[able ? "enable" : "disable"]();
  await removeOthers().catch(() => {});
  await worker.clients.claim();
}

worker.addEventListener("fetch", (event) => {
  const answer = answerTo(event);
  if (answer) event.respondWith(answer);
  // Whatever a page asks for shows that it is open, and it may stay so for days.
  event.waitUntil(
    Promise.resolve(answer)
      .finally(lookForUpdate)
      .catch(() => {}),
  );
});

worker.addEventListener("message", (event) => {
  const [port] = event.ports;
  const told = () => port?.postMessage({ version: LASTGOOD_VERSION });
  const wish = event.data?.lastgood;
  if (wish === "forget") event.waitUntil(forget().then(told));
  if (wish === "go") event.waitUntil(go().then(told));
  if (wish === "version") told();
});

/**
 * What answers a request; nothing if the browser does by itself.
 * @param {FetchEvent} event
 * @returns {Promise<Response> | undefined}
 */
function answerTo(event) {
  const { method, mode, url, cache, keepalive } = event.request;
  const navigates = mode === "navigate" && method === "GET";
  // What was asked for ahead would otherwise be asked for twice.
  if (!able) return navigates ? plain(event) : undefined;
  try {
    const asked = fieldsOf(event.request);
    const { origin } = worker.location;
    const how = treatment(method, url, origin, asked, cache, keepalive);
    if (how === SERVED) return open(event, serve(event, asked));
    if (how === WRITTEN) return write(event);
    return how === PASSED ? plain(event) : undefined;
  } catch (error) {
    stop(error);
    return navigates ? plain(event) : undefined;
  }
}

/**
 * A reply, or what comes of the network if our part fails.
 * @param {FetchEvent} event
 * @param {Promise<Response>} served
 */
const open = (event, served) =>
  served.catch((error) => {
    if (error instanceof WebAssembly.RuntimeError) stop(error);
    else console.warn("lastgood: this request goes on without it.", error);
    return passed(event, fetch(event.request));
  });

/** @param {FetchEvent} event */
async function plain(event) {
  const ahead = await Promise.resolve(event.preloadResponse).catch(() => {});
  return passed(event, ahead ?? fetch(event.request));
}

/**
 * A response that goes on as it is, once what it orders is heeded.
 * @param {FetchEvent} event
 * @param {Response | Promise<Response>} coming
 */
async function passed(event, coming) {
  const response = await coming;
  await heed(event, response);
  return response;
}
