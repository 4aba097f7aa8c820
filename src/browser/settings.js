// @ts-check
/** What holds for all requests, for who comes to read it later than the core. */

/** @type {unknown} */
let written;

/** @type {(settings: unknown) => void} */
let reader = () => {};

/**
 * Takes what holds from now on.
 * @param {unknown} settings
 */
export function hold(settings) {
  written = settings;
  reader(settings);
}

/**
 * Lets somebody read what holds, now and whenever it changes.
 * @param {(settings: unknown) => void} read
 */
export function readBy(read) {
  reader = read;
  if (written !== undefined) read(written);
}
