// @ts-check
/** The page's part: installs the service worker, tells of new versions, removes it. */

/** So long a worker is waited for that is told something. */
const PATIENCE_MS = 2000;
/** What all our stores are called, but for the note that it was switched off. */
const OURS = /^lastgood-(?!off$)/;
const OFF = "lastgood-off";
const SWITCH = "lastgood-service-worker";

/**
 * Installs the service worker, or sees that it is there; nothing where the browser has
 * none, or the site switched it off and still does. `updated` is called when a new version takes over this page, which needs not be
 * loaded again for that.
 * @param {{ url?: string | URL, type?: WorkerType, scope?: string, updated?: () => void }} [options]
 * @returns {Promise<ServiceWorkerRegistration | undefined>}
 */
export async function register(options = {}) {
  const { url = "/sw.js", type, scope, updated } = options;
  const workers = navigator.serviceWorker;
  if (!workers || (await isOff().catch(() => false))) return undefined;
  let controlled = !!workers.controller;
  workers.addEventListener("controllerchange", () => {
    if (controlled) updated?.();
    controlled = true;
  });
  // A script that waits in the browser's cache could be of any age.
  return workers.register(url, { type, scope, updateViaCache: "none" });
}

/**
 * Whether the site switched it off by a response, and that still says so: what may be
 * asked again is so only while it was switched off.
 */
async function isOff() {
  if (!(await caches.has(OFF))) return false;
  const [said] = await (await caches.open(OFF)).keys();
  const asked = await fetch(said?.url ?? location.href, {
    method: "HEAD",
    cache: "no-store",
  }).catch(() => undefined);
  // A site that fails says nothing.
  if (!asked || asked.status >= 500) return true;
  if (asked.headers.get(SWITCH) === "off") return true;
  await caches.delete(OFF);
  return false;
}

/**
 * Removes the service worker of this page and all copies. Resolves with whether there was
 * one.
 */
export async function unregister() {
  const workers = navigator.serviceWorker;
  const registration = await workers?.getRegistration();
  await tell("go", registration?.active);
  const was = await registration?.unregister();
  await removeAll();
  return !!was;
}

/**
 * Forgets all copies: to be called when a visitor signs out, or in.
 */
export async function forget() {
  await removeAll();
  await tell("forget", navigator.serviceWorker?.controller);
}

async function removeAll() {
  const names = (await globalThis.caches?.keys()) ?? [];
  const ours = names.filter((name) => OURS.test(name));
  await Promise.all(ours.map((name) => caches.delete(name)));
}

/**
 * @param {"forget" | "go"} wish
 * @param {ServiceWorker | null} [worker]
 */
function tell(wish, worker) {
  if (!worker) return;
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    setTimeout(resolve, PATIENCE_MS);
    worker.postMessage({ lastgood: wish }, [port2]);
  });
}
