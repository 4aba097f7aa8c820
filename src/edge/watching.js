// @ts-check
/** The first attempt at a request, while there is no exchange. */
import { hop, target } from "./instance.js";

/** @typedef {import("./hand.js").Arrival} Arrival */

/**
 * An attempt that ran before there was an exchange: when it began, and what it came to,
 * if it did.
 * @typedef {object} First
 * @property {Promise<Response>} promise
 * @property {number} origin
 * @property {number} asked
 * @property {boolean} leads whether others wait for it
 * @property {unknown} [came]
 */

/** What `core.open` adds to the milliseconds for each origin before the one. */
const PER_ORIGIN = 2 ** 31;
/** What it adds if others wait for what comes of it. */
const LEADS = 2 ** 50;

/**
 * Sends a request on as it came; one that goes to another host says that it was
 * here.
 * @param {Arrival} arrival
 * @param {number} origin
 */
export function pass({ request, method, url, headers: came, length }, origin) {
  const to = target(url, origin);
  if (to === undefined) return fetch(request);
  const headers = new Headers(came);
  headers.append("cdn-loop", hop);
  const body = length < 0 ? null : request.body;
  return fetch(to, { method, headers, body, redirect: "manual" });
}

/**
 * What comes of the first attempt: what is made of its answer, if that is good and in
 * time, or else of the rest of it.
 * @template T
 * @param {Arrival} arrival
 * @param {number} opening as the core says it
 * @param {import("./platform.js").Alarm} alarm
 * @param {(response: Response, first: First) => T | Promise<T> | undefined} settled
 * @param {(first: First) => Promise<T>} rest
 * @returns {Promise<T>}
 */
export function watch(arrival, opening, alarm, settled, rest) {
  const leads = opening >= LEADS;
  const asks = leads ? opening - LEADS : opening;
  const patience = asks % PER_ORIGIN;
  const origin = (asks - patience) / PER_ORIGIN;
  /** @type {First} */
  const first = {
    promise: pass(arrival, origin),
    origin,
    asked: Date.now(),
    leads,
  };
  return new Promise((resolve) => {
    let waiting = true;
    /** @param {unknown} [came] */
    const takeOver = (came) => {
      if (!waiting) return;
      waiting = false;
      first.came = came;
      resolve(rest(first));
    };
    alarm.set(patience, takeOver);
    first.promise.then((response) => {
      if (!waiting) return;
      const end = settled(response, first);
      if (end === undefined) return takeOver(response);
      waiting = false;
      alarm.stop();
      resolve(end);
    }, takeOver);
  });
}
