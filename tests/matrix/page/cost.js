// @ts-check
/**
 * In the page: how long healthy requests take until their headers are there.
 * The clients take turns request by request, so that whatever else the machine
 * does, it does to all of them.
 */
import { client as plain } from "../clients/fetch.js";
import { client as ky } from "../clients/ky.js";
import { client as lastgood } from "../clients/lastgood.js";

const CLIENTS = Object.entries({ fetch: plain, ky, lastgood });

/** @param {import("./client.js").Client} client @param {string} url */
async function headersOf({ send }, url) {
  const start = performance.now();
  const answer = await send(url, {});
  const ms = performance.now() - start;
  await answer.text();
  return ms;
}

/**
 * The times of each client for so many requests.
 * @param {string} url @param {number} times
 */
async function round(url, times) {
  /** @type {Record<string, number[]>} */
  const taken = Object.fromEntries(CLIENTS.map(([name]) => [name, []]));
  for (let n = 0; n < times; n++) {
    const first = n % CLIENTS.length;
    const order = [...CLIENTS.slice(first), ...CLIENTS.slice(0, first)];
    for (const [name, client] of order)
      taken[name].push(await headersOf(client, url));
  }
  return taken;
}

const page = /** @type {any} */ (globalThis);
page.round = round;
page.ready = round("/small.json", 3).then(() => true);
