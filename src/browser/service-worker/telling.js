// @ts-check
/**
 * What open pages are told: that they got a copy, and that the network answers again, for
 * `lastgood/status` in them; and that what they got is renewed. A page that is a copy
 * itself says so by its notice.
 */

const { clients } = /** @type {ServiceWorkerGlobalScope} */ (
  /** @type {unknown} */ (globalThis)
);

/** Whether a copy went out since the network last answered well. */
let showed = false;

/** @param {string} clientId @param {string} url @param {Response} copy as it goes out */
export async function tellOfCopy(clientId, url, { headers }) {
  showed = true;
  const client = clientId && (await clients.get(clientId));
  if (!client) return;
  const age = Number(headers.get("age")) || 0;
  client.postMessage({ lastgood: "copy", url, age });
}

/**
 * The answer came behind the copy that was shown for it, and is the copy now. That is not
 * to say that the network answers in time.
 * @param {FetchEvent} event
 * @param {string} url
 */
export async function tellOfFresh({ clientId, resultingClientId }, url) {
  const client = await clients.get(resultingClientId || clientId);
  client?.postMessage({ lastgood: "fresh", url });
}

/** The network answered well. */
export async function tellOfNetwork() {
  if (!showed) return;
  showed = false;
  const pages = await clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage({ lastgood: "good" });
}
