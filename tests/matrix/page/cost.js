// @ts-check
/**
 * In the page: how long healthy requests take until their headers are there.
 * The clients take turns request by request, so that whatever else the machine
 * does, it does to all of them.
 */
import { client as plain } from "../clients/fetch.js";
import { client as ky } from "../clients/ky.js";
import { client as lastgood } from "../clients/lastgood.js";

const NOTHING_HELD = { rescue: "off", disguised: false };

/** @type {import("./client.js").Client} */
const unheld = {
  send: (url, init) => lastgood.send(url, init, NOTHING_HELD),
};
const CLIENTS = Object.entries({ fetch: plain, ky, lastgood, unheld });

/** @typedef {{ headers: number[], end: number[] }} Times in ms, of each request */

/** @param {import("./client.js").Client} client @param {string} url @param {Times} times */
async function timed({ send }, url, { headers, end }) {
  const start = performance.now();
  const answer = await send(url, {});
  headers.push(performance.now() - start);
  await answer.text();
  end.push(performance.now() - start);
}

/**
 * The times of each client for so many requests.
 * @param {string} url @param {number} times
 */
async function round(url, times) {
  /** @type {Record<string, Times>} */
  const taken = Object.fromEntries(
    CLIENTS.map(([name]) => [name, { headers: [], end: [] }]),
  );
  for (let n = 0; n < times; n++) {
    const first = n % CLIENTS.length;
    const order = [...CLIENTS.slice(first), ...CLIENTS.slice(0, first)];
    for (const [name, client] of order) await timed(client, url, taken[name]);
  }
  return taken;
}

const page = /** @type {any} */ (globalThis);
page.round = round;
page.ready = round("/small.json", 3).then(() => true);
