// @ts-check
/** How a site is doing, told to a page: `watch`, and the element that shows it. */
import { LastgoodStatus } from "./status/element.js";
import { Watch } from "./status/watch.js";

export { LastgoodStatus };

/**
 * Watches how a site is doing.
 * @param {import("./status").WatchOptions} [options]
 */
export const watch = (options) => new Watch(options);

globalThis.customElements?.get("lastgood-status") ??
  globalThis.customElements?.define("lastgood-status", LastgoodStatus);
