// @ts-check
/**
 * Waiting for something that tells nobody when it happens: asked again and
 * again, and given up with a sentence. What does tell is waited for by event.
 */

const OFTEN_MS = 15;
const PATIENCE_MS = 15_000;

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What `probe` yields, as soon as it is something.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} probe
 * @param {number} [patience]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, probe, patience = PATIENCE_MS) {
  const end = performance.now() + patience;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > end)
      throw new Error(`waited ${patience} ms in vain until ${what}`);
    await sleep(OFTEN_MS);
  }
}

/**
 * A promise with its resolver, for an event that a test brings about.
 * @template [T=void]
 * @returns {{ promise: Promise<T>, resolve: (value: T) => void }}
 */
export function signal() {
  /** @type {(value: T) => void} */
  let resolve = () => {};
  const promise = new Promise((/** @type {(value: T) => void} */ given) => {
    resolve = given;
  });
  return { promise, resolve };
}
