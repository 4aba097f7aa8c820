// @ts-check
/** The module of this project, as a site serves it from its own files. */

const FILE = new URL("lastgood/lastgood.js", import.meta.url).href;
const { lastgoodFetch } = await import(FILE);

/** @type {import("../page/client.js").Client} */
export const client = {
  send: (url, init, policy) => lastgoodFetch(url, init, policy),
};
