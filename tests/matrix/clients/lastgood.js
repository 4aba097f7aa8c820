// @ts-check
/** The module of this project, as a site serves it from its own files. */

const FILE = new URL("lastgood/lastgood.js", import.meta.url).href;
const { configure, lastgoodFetch, ready } = await import(FILE);

/** @type {import("../page/client.js").Client} */
export const client = {
  configure,
  warm: async () => ready(),
  send: (url, init, policy) => lastgoodFetch(url, init, policy),
};
