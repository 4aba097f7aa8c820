// @ts-check
/**
 * Asks the browser module what an answer means. The rules are the worker's
 * own, compiled for the browser; until the module is there, or where it can't
 * run, the page does without.
 */

import { isBroken } from "./words.js";

/** @typedef {import("./words.js").Row} Row */
/** @typedef {import("../../src/browser/lastgood").Explanation} Explanation */

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

/** @type {Promise<((seen: unknown, options: object) => Promise<Explanation>) | undefined>} */
const module = load();

async function load() {
  try {
    const address = "/lastgood/lastgood.js";
    return (await import(address)).explain;
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
  if (!facts || !explain) return undefined;
  try {
    const asked = { method: row.method, language: "en" };
    const { advice, ...told } = await explain(seenAs(facts), asked);
    return {
      ...told,
      title: advice?.title ?? "The site answered",
      advice: advice?.text ?? "Nothing needs to be done.",
      administrators: advice?.administrators ?? [],
    };
  } catch (error) {
    console.warn("The browser module did not take the facts:", error);
    return undefined;
  }
}

/**
 * As a page would have met it.
 * @param {Facts} facts
 */
function seenAs({ status, headers, error }) {
  if (error === "timeout") return new DOMException("", "TimeoutError");
  return error ? new TypeError() : new Response(null, { status, headers });
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
