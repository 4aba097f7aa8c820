// @ts-check
/**
 * How a site is doing by a reply, as in `status.rs`. What tabs saw of an origin is not
 * shared, since nothing in here remembers it.
 */
import tables from "lastgood-tables";
import { failureOf } from "./failure.js";
import { policyFor } from "./policy.js";
import { fieldOf, retryAfter, secondsOf } from "./times.js";

const [BASE_MS, CAP_MS, SHORTEST_MS, LONGEST_MS] = [2e3, 60e3, 500, 300e3];

/** A copy that stands in for an answer, by a lastgood on the way. */
const STANDS_IN = /(^|,)\s*lastgood\s*;[^,]*(fwd=stale[^,]*;\s*ttl=|detail=)/;
/** Where a copy, or nobody, answers as it should. */
const SAID = /(^|,)\s*lastgood\s*(;|,|$)/;

/** @type {import("../status/rules.js").Rules["heard"]} */
export function heard(status, fields, inVain, random, now) {
  const state = stateOf(status, fields, now);
  const age = secondsOf(fieldOf(fields, "age"));
  const wait = waitOf(fields, inVain, random, now);
  return { state, age: state === "degraded" ? (age ?? null) : null, wait };
}

/** @param {number} status @param {string} fields @param {number} now */
function stateOf(status, fields, now) {
  const verdict = fieldOf(fields, "lastgood-verdict").trim();
  const label = fieldOf(fields, "cache-status");
  if (!status || verdict === "failing") return "failing";
  if (STANDS_IN.test(label)) return "degraded";
  if (verdict === "copy" && !SAID.test(label)) return "degraded";
  if (verdict) return "well";
  const failure = failureOf({ status, fields, now }, policyFor(0, "/"));
  return failure ? "failing" : "well";
}

/** @param {string} fields @param {number} inVain @param {number} random @param {number} now */
function waitOf(fields, inVain, random, now) {
  const told = retryAfter(fields, now);
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, inVain - 1));
  const drawn =
    told === undefined
      ? random * ceiling
      : Math.max(
          Math.min(LONGEST_MS, told) * (1 + random / 2),
          random * BASE_MS,
        );
  return Math.max(SHORTEST_MS, drawn);
}

/** @param {string} cause */
export const blames_origin = (cause) =>
  Object.hasOwn(tables.causes, cause) && tables.causes[cause].blames;

export const news = () => new Float64Array([-1, -1]);

export const learn = () => {};
