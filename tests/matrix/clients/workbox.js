// @ts-check
/**
 * Workbox as its guides set it up: `workbox-worker.js` beside this answers what
 * the page's own `fetch` asks.
 */

async function installed() {
  await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) =>
    navigator.serviceWorker.addEventListener("controllerchange", resolve, {
      once: true,
    }),
  );
}

/** @type {import("../page/client.js").Client} */
export const client = {
  install: installed,
  send: (url, init) => fetch(url, init),
};
