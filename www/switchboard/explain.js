// @ts-check
/**
 * Asks the browser module what an answer means. The rules are the worker's
 * own, compiled for the browser; until the module is there, or where it can't
 * run, the page does without.
 */

import { isBroken } from "./words.js";

/** @typedef {import("./words.js").Row} Row */

/**
 * @typedef {object} Facts
 * @property {number} [status]
 * @property {[string, string][]} [headers]
 * @property {"network" | "timeout"} [error]
 */

/**
 * @typedef {object} Meaning
 * @property {"good" | "retryable" | "final"} verdict
 * @property {string | null} cause
 * @property {string | null} phase
 * @property {boolean} retryable
 * @property {string} title
 * @property {string} advice
 * @property {string[]} administrators
 */

/** @type {Promise<((facts: Facts, method: string) => Meaning) | undefined>} */
const module = load();

async function load() {
  try {
    const address = "/lastgood/lastgood.js";
    const { default: init, explain } = await import(address);
    await init();
    return explain;
  } catch (error) {
    console.warn("The browser module did not load:", error);
    return undefined;
  }
}

/**
 * What the last attempt of a row means; undefined while nothing is known.
 * @param {Row} row
 * @returns {Promise<Meaning | undefined>}
 */
export async function meaningOf(row) {
  const facts = lastFacts(row);
  const explain = await module;
  try {
    return facts && explain?.(facts, row.method);
  } catch (error) {
    console.warn("The browser module did not take the facts:", error);
    return undefined;
  }
}

/**
 * What the worker met last: a failure of the network where it says so, else
 * the answer as the origin gave it.
 * @param {Row} row
 * @returns {Facts | undefined}
 */
function lastFacts(row) {
  const trailed = row.log?.trail.at(-1);
  if (trailed && trailed.status === undefined) {
    return { error: trailed.cause === "timeout" ? "timeout" : "network" };
  }
  const attempt = row.attempts.at(-1);
  if (attempt?.status !== undefined) {
    const { status, headers } = attempt;
    return isBroken(row) ? { error: "network" } : { status, headers };
  }
  return isBroken(row) ? { error: "network" } : undefined;
}
