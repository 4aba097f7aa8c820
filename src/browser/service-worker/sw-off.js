// @ts-check
/**
 * In the place of a service worker that is to go: takes over at once, removes all copies
 * and then itself. It answers nothing, so that pages that are open reach the network.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

worker.addEventListener("install", () => void worker.skipWaiting());

worker.addEventListener("activate", (event) => event.waitUntil(off()));

async function off() {
  const names = await caches.keys();
  const ours = names.filter((name) => name.startsWith("lastgood-"));
  await Promise.all(ours.map((name) => caches.delete(name)));
  await worker.clients.claim();
  await worker.registration.unregister();
}
