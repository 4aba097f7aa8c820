// @ts-check
/**
 * How a site is doing by a reply, as in `status.rs`. What tabs saw of an origin is not
 * shared, since nothing in here remembers it.
 */
import { failureOf, fieldOf } from "./failure.js";
import { policyFor } from "./policy.js";
import { retryAfter, secondsOf } from "./times.js";

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
  const told = retryAfter(fieldOf(fields, "retry-after"), now);
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, inVain - 1));
  const drawn =
    told === undefined
      ? random * ceiling
      : Math.min(LONGEST_MS, told) * (1 + random / 2);
  return Math.max(SHORTEST_MS, drawn);
}

const NOT_ITS_FAULT = /^(rate-limited|server-error|listed|loop|maintenance)$/;

/** @param {string} cause */
export const blames_origin = (cause) => !NOT_ITS_FAULT.test(cause);

export const news = () => new Float64Array([-1, -1]);

export const learn = () => {};
