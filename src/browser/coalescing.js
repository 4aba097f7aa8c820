// @ts-check
/**
 * Requests for the same thing at the same time become one, where the caller wants that.
 */
import { discard } from "./bodies.js";
import { lines } from "./fields.js";
import { part } from "./held.js";
import { keyOf } from "./policy.js";

/** @typedef {import("./fetch.js").Caller} Caller */
/** @typedef {import("./fetch.js").Came} Came */
/** @typedef {(request: Request, callers: Iterable<Caller>) => Promise<Came>} Ask */

/**
 * A request on its way, and those who want it.
 * @typedef {object} Flight
 * @property {Set<Caller>} callers
 * @property {AbortController} controller
 * @property {Promise<Came>} came
 */

/** @type {Map<string, Flight>} */
const flights = new Map();

/**
 * What comes of the request, alone or with others that are alike. It is given up when
 * nobody wants it any more.
 * @param {Request} request
 * @param {import("./lastgood").RequestPolicy} policy
 * @param {Ask} ask
 * @returns {Promise<Came>}
 */
export async function together(request, policy, ask) {
  const { method, signal } = request;
  const caller = { progress: policy.progress };
  if (method !== "GET") return ask(request, [caller]);
  signal.throwIfAborted();
  const flight = join(nameOf(request, policy), request, caller, ask);
  const { callers, controller } = flight;
  const left = new Promise((_, reject) => {
    const leave = () => {
      callers.delete(caller);
      if (!callers.size) controller.abort(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
  const came = /** @type {Came} */ (await Promise.race([flight.came, left]));
  return { ...came, response: part(came.response, signal) };
}

/**
 * What makes requests alike.
 * @param {Request} request
 * @param {import("./lastgood").RequestPolicy} policy
 */
function nameOf(request, policy) {
  const { url, mode, credentials, cache, redirect, integrity } = request;
  const how = [mode, credentials, cache, redirect, integrity];
  return [keyOf(policy), url, ...how, lines(request.headers)].join("\n");
}

/**
 * @param {string} name
 * @param {Request} request
 * @param {Caller} caller
 * @param {Ask} ask
 */
function join(name, request, caller, ask) {
  const known = flights.get(name);
  if (known) {
    known.callers.add(caller);
    return known;
  }
  const controller = new AbortController();
  const shared = new Request(request, { signal: controller.signal });
  const callers = new Set([caller]);
  const came = ask(shared, callers).finally(() => flights.delete(name));
  // Each has a part; what nobody reads is not to be kept for anybody.
  const end = (/** @type {Came} */ { response }) =>
    setTimeout(discard, 0, response);
  came.then(end, () => {});
  const flight = { callers, controller, came };
  flights.set(name, flight);
  return flight;
}
