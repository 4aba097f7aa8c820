// @ts-check
/**
 * Cache mode on a good day: one look into the store, and if a copy answers by itself,
 * one synchronous call into the core.
 */
import * as core from "lastgood-core";
import { asked, factsOf, foundAt } from "./looking.js";
import * as platform from "./platform.js";
import { read } from "./told.js";

/** @typedef {import("./hand.js").Arrival} Arrival */

/**
 * What is in the store for a request, and what it says, if it answers at once.
 * @param {Arrival} arrival
 */
export async function hit(arrival) {
  const { method, url, headers } = arrival;
  const stored = await foundAt(url);
  if (!stored) return {};
  const { said, varied } = factsOf(stored, headers);
  const told = core.hit(method, url, asked(arrival), said, varied, Date.now());
  if (!told) return { stored };
  const { status, changes, full } = read(told);
  return { reply: platform.rebuilt(stored, status, changes, full) };
}
