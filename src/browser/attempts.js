// @ts-check
/** Attempts that run, and which of them ends first. */

/**
 * An attempt: what comes of it, and how it is stopped.
 * @typedef {object} Attempt
 * @property {number} number
 * @property {boolean} offline nothing can have been sent
 * @property {AbortController} controller
 * @property {Promise<End>} [end]
 */

/** @typedef {{ attempt: Attempt, response?: Response, error?: unknown }} End */

/**
 * The first attempt that ends, if one does in time.
 * @param {Attempt[]} running
 * @param {number} ms
 * @param {AbortSignal} [signal] wakes at once
 * @returns {Promise<End | undefined>}
 */
export function first(running, ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(undefined);
    const wake = () => done(undefined);
    const timer = setTimeout(wake, ms);
    const done = (/** @type {End | undefined} */ end) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve(end);
    };
    signal?.addEventListener("abort", wake);
    for (const { end } of running) end?.then(done);
  });
}
