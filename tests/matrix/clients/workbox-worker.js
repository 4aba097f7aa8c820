// @ts-check
/**
 * Workbox's service worker: pages from the network first, writes kept by
 * background sync, each with its defaults.
 */
import { BackgroundSyncPlugin } from "workbox-background-sync";
import { registerRoute } from "workbox-routing";
import { NetworkFirst, NetworkOnly } from "workbox-strategies";

const scope = /** @type {any} */ (self);
scope.addEventListener("install", () => scope.skipWaiting());
scope.addEventListener("activate", (/** @type {any} */ event) =>
  event.waitUntil(scope.clients.claim()),
);

const isAsked = (/** @type {{ url: URL }} */ { url }) =>
  url.pathname.startsWith("/x");
const writes = new NetworkOnly({
  plugins: [new BackgroundSyncPlugin("writes")],
});

registerRoute(isAsked, new NetworkFirst(), "GET");
for (const method of /** @type {const} */ (["POST", "PUT", "PATCH", "DELETE"]))
  registerRoute(isAsked, writes, method);
