// @ts-check
/**
 * What stands in for the core where a security policy forbids wasm.
 *
 * Whether a failure is repeated, and when, it looks up in tables that the build got from
 * the core: attempts, time-outs, deadlines, pauses, `Retry-After`, keys and described
 * problems are as there, step by step. It has no budget, no breaker and no second attempt
 * beside a slow one, and it looks at no body: of a page in disguise, and of one that
 * breaks off, it knows nothing. Fields of a policy about these are taken and ignored.
 */
import tables from "lastgood-tables";
import { timer } from "./fallback/exchange.js";
import { failureOf, idOf, isRepeated, without } from "./fallback/failure.js";
import { policyFor, takeOwn, forgetOwn, take } from "./fallback/policy.js";

export { Exchange } from "./fallback/exchange.js";
export { blames_origin, heard, learn, news } from "./fallback/status.js";

/** @param {unknown} written */
export const configure = (written) => take(written);

/** @param {unknown} written */
export const own_policy = (written) => takeOwn(written);

export const forget_own_policies = () => forgetOwn();

/**
 * The name of the text that is the title of an answer about a cause.
 * @param {string} cause
 * @returns {string | undefined}
 */
export const title_of = (cause) =>
  Object.hasOwn(tables.causes, cause) ? tables.causes[cause].title : undefined;

/**
 * What a reply means, or the lack of one. Bodies are not looked at.
 * @param {{ status?: number, headers?: [string, string][], problem?: unknown, error?: string }} seen
 * @param {string} method
 * @param {number} now
 */
export function explain(seen, method, now) {
  const policy = policyFor(0, "/");
  const lines = (seen.headers ?? []).map(([name, value]) => `${name}:${value}`);
  const reply = { status: seen.status ?? 0, fields: lines.join("\n") };
  const failure = seen.status
    ? failureOf({ ...reply, problem: seen.problem, now }, policy)
    : without(seen.error === "timeout" ? "timeout" : "network");
  const retryable = !!failure && isRepeated(failure, method, "", policy);
  return {
    verdict: failure ? (retryable ? "retryable" : "final") : "good",
    cause: failure?.cause ?? null,
    phase: failure?.phase ?? null,
    retryable,
    retryAfter: timer(failure?.retryAfter) ?? null,
    requestId: idOf(reply.fields, seen.problem) ?? null,
    number: null,
  };
}
