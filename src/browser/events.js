// @ts-check

/**
 * Where progress is told of all requests: `attempt`, `wait`, `copy` and `gaveup`,
 * each with `detail` as in `RequestPolicy.progress`.
 */
export const events = /** @type {import("./lastgood").ProgressEvents} */ (
  new EventTarget()
);

/**
 * @param {import("./fetch.js").Hand} hand
 * @param {"attempt" | "wait" | "copy" | "gaveup"} type
 * @param {object} more
 */
export function tell({ request, callers }, type, more) {
  const { method, url } = request;
  const detail = { type, method, url, ...more };
  for (const { progress } of callers)
    try {
      progress?.(detail);
    } catch (error) {
      reportError(error);
    }
  events.dispatchEvent(new CustomEvent(type, { detail }));
}
