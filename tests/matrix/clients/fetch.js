// @ts-check
/** The browser's own, for comparison: it repeats nothing. */

/** @type {import("../page/client.js").Client} */
export const client = { send: (url, init) => fetch(url, init) };
