// @ts-check
/**
 * Installs the site's own service worker, once a page is there: nobody has to wait for it.
 */
import { register } from "lastgood/register";

const workers = navigator.serviceWorker;

// The first visit was over before anybody could keep what it loaded.
if (workers && !workers.controller)
  workers.addEventListener("controllerchange", keepThis, { once: true });

addEventListener("load", () => {
  register().catch((error) => console.warn(error));
});

/** Asks for this page and what belongs to it once more, past the service worker. */
function keepThis() {
  const loaded = performance.getEntriesByType("resource");
  for (const url of [location.href, ...loaded.map(({ name }) => name)])
    fetch(url).catch(() => {});
}
