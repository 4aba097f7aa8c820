// @ts-check
/**
 * What one request has in hand: what it came with, what runs for it, and what it
 * got and has not used yet.
 */
import * as core from "lastgood-core";
import * as platform from "./platform.js";

/**
 * An attempt that runs, and what can end it. The first one of a watched request
 * has nothing: a signal costs a twentieth of a healthy request.
 * @typedef {object} Running
 * @property {number} number
 * @property {Promise<Response>} promise
 * @property {AbortController} [controller]
 */

/**
 * A request, what was read of it, for each reading has its price, and when it
 * came.
 * @typedef {object} Arrival
 * @property {Request} request
 * @property {string} method
 * @property {string} url
 * @property {Headers} headers
 * @property {number} length of its body: negative for none, infinite if unknown
 * @property {string} fields the values of those that decide
 * @property {number} started
 * @property {string} [page] the envelope of what is in the page's place, where that was
 *   looked at
 */

/**
 * What one request has in hand.
 * @typedef {Arrival & Held} Hand
 * @typedef {object} Held
 * @property {boolean} began whether anything was sent to an origin
 * @property {ArrayBuffer | ReadableStream} [held] its body, if held
 * @property {Running[]} running
 * @property {Response} [response] the last one of an origin, unread
 * @property {Response} [stored]
 * @property {platform.Alarm} [alarm] the one timer of the request, where it has one already
 * @property {boolean} [looked] whether that is all there was in the page's place when
 *   the request came, and the core does not know of it
 * @property {import("./tiers.js").Distant} [distant] where that came from a further tier
 * @property {import("./rehearsal.js").Fault} [fault] a fault on purpose
 */

/**
 * Holds the body of a request, if the core wants it to be sent twice. Whether its
 * visitor is still there: an upload that broke off is nobody's request.
 * @param {Hand} hand
 */
export async function isThere(hand) {
  const { request, method, url, fields, length } = hand;
  const body = length < 0 ? null : request.body;
  if (!body) return true;
  const limit = core.body_limit(method, url, fields, length);
  if (limit < 0) return true;
  hand.held = await platform.hold(body, limit).catch(() => undefined);
  return hand.held !== undefined;
}

/**
 * Takes a response out of the hand, so that it is not let go of.
 * @param {Hand} hand
 * @param {"response" | "stored"} which
 */
export function taken(hand, which) {
  const response = hand[which];
  hand[which] = undefined;
  if (!response)
    throw new Error(`the reply needs a ${which} that is not there`);
  return response;
}

/**
 * Gives up what runs: ends it if it can be ended, or lets go of its answer.
 * @param {Hand} hand
 */
export function abandon(hand) {
  for (const { controller, promise } of hand.running) {
    if (controller) controller.abort();
    else promise.then(platform.discard, () => {});
  }
  hand.running = [];
}

/**
 * Lets go of what a request did not use.
 * @param {Hand} hand
 */
export function letGo(hand) {
  abandon(hand);
  platform.discard(hand.response);
  platform.discard(hand.stored);
}
