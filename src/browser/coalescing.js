// @ts-check
/**
 * Requests for the same thing at the same time become one, where the caller wants that.
 */
import { lines } from "./fields.js";

/**
 * A request on its way, and those who wait for it.
 * @typedef {object} Flight
 * @property {number} waiting
 * @property {AbortController} controller
 * @property {Promise<Response>} response
 */

/** @type {Map<string, Flight>} */
const flights = new Map();

/**
 * What comes of the request, alone or with others that are alike. It is given up when
 * nobody waits for it any more.
 * @param {Request} request
 * @param {(request: Request) => Promise<Response>} ask
 * @returns {Promise<Response>}
 */
export async function together(request, ask) {
  if (request.method !== "GET") return ask(request);
  const { url, mode, credentials, cache, redirect, signal } = request;
  const key = [url, mode, credentials, cache, redirect, lines(request.headers)];
  const flight = join(key.join("\n"), request, ask);
  const left = new Promise((_, reject) => {
    const leave = () => {
      flight.waiting -= 1;
      if (!flight.waiting) flight.controller.abort(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
  const response = await Promise.race([flight.response, left]);
  return /** @type {Response} */ (response).clone();
}

/**
 * @param {string} key
 * @param {Request} request
 * @param {(request: Request) => Promise<Response>} ask
 */
function join(key, request, ask) {
  const known = flights.get(key);
  if (known) {
    known.waiting += 1;
    return known;
  }
  const controller = new AbortController();
  const shared = new Request(request, { signal: controller.signal });
  const response = ask(shared).finally(() => flights.delete(key));
  const flight = { waiting: 1, controller, response };
  flights.set(key, flight);
  return flight;
}
