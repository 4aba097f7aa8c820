// @ts-check
/** What a response, or the lack of one, means: the cause, the phase, and what follows. */
import tables from "lastgood-tables";
import { fieldOf, retryAfter, secondsOf } from "./times.js";

/**
 * A failed attempt, understood.
 * @typedef {object} Failure
 * @property {string} cause
 * @property {string} phase
 * @property {number} [status] where the server answered at all
 * @property {number} [retryAfter]
 * @property {boolean} meant the server means it: nothing is repeated
 */

/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {{ status: number, fields: string, problem?: unknown, now: number }} Reply */

const CAUSES = /** @type {Record<string, string>} */ (tables.statuses);
const SAFE = ["GET", "HEAD", "OPTIONS"];

/** @param {string} method */
export const isSafe = (method) => SAFE.includes(method);

/**
 * A failure without an answer.
 * @param {string} cause
 * @returns {Failure}
 */
export const without = (cause) => ({
  cause,
  phase: tables.causes[cause].phase,
  meant: false,
});

/**
 * What a response means; nothing if it is a good one.
 * @param {Reply} reply
 * @param {Policy} policy
 * @returns {Failure | undefined}
 */
export function failureOf({ status, fields, problem, now }, policy) {
  const has = (/** @type {string | undefined} */ name) =>
    !!name && fieldOf(fields, name) !== "";
  if (!has(policy.retryHeader) && !isFailure(status, policy)) return undefined;
  const told = problemOf(problem, fields);
  const wait = retryAfter(fields, now);
  const cause = told.cause ?? CAUSES[status] ?? "listed";
  const meant = status >= 500 && lifetimeOf(fields) > 0;
  return {
    cause,
    phase: told.phase ?? provenPhase(CAUSES[status] ?? "listed", fields),
    status,
    retryAfter: wait ?? told.retryAfter,
    meant: meant || has(policy.retryStopHeader) || told.stop,
  };
}

/** @param {number} status @param {Policy} policy */
const isFailure = (status, policy) =>
  status >= 400 &&
  (tables.failing.includes(status) || policy.retryOn.has(status));

/**
 * That nothing was sent is a word of Cloudflare's edge; of any other server it is a word
 * like another.
 * @param {string} cause
 * @param {string} fields
 */
function provenPhase(cause, fields) {
  const { phase } = tables.causes[cause];
  const unproven = phase === "nothing-sent" && !fieldOf(fields, "cf-ray");
  return unproven ? "maybe-processed" : phase;
}

/**
 * The lifetime that a server set for its answer, in seconds.
 * @param {string} fields
 */
function lifetimeOf(fields) {
  const said = elements(fieldOf(fields, "cache-control"));
  const named = (/** @type {string} */ wanted) =>
    said.find(([name]) => name.toLowerCase() === wanted);
  const pair = named("s-maxage") ?? named("max-age");
  return pair ? (secondsOf(pair[1]) ?? 0) : 0;
}

/**
 * The elements of a list, each as a name and a value without quotes.
 * @param {string} list
 */
function elements(list) {
  const found = list.match(/(?:"(?:\\.|[^"\\])*"?|[^",])+/g) ?? [];
  return found.map((element) => {
    const [name, ...value] = element.split("=");
    return [
      name.trim(),
      value
        .join("=")
        .trim()
        .replace(/^"(.*)"$/, "$1"),
    ];
  });
}

/** A failure that is described may be so in a body of one of these types. */
const DESCRIBED = /^\s*application\/(problem\+)?json\s*(;|$)/i;
const PLAIN = /^\s*application\/json\s*(;|$)/i;

/**
 * Whether a response is a failure that its body may describe (RFC 9457), as JSON.
 * @param {Reply} reply
 * @param {Policy} policy
 */
export const isDescribed = (reply, policy) =>
  DESCRIBED.test(fieldOf(reply.fields, "content-type")) &&
  failureOf(reply, policy) !== undefined;

/**
 * The members of a described problem (RFC 9457). Plain JSON is one only where its type is
 * one of ours.
 * @param {unknown} problem
 * @param {string} fields
 */
function membersOf(problem, fields) {
  const told = /** @type {Record<string, unknown>} */ (
    isTable(problem) ? problem : {}
  );
  const { type } = told;
  const own = typeof type === "string" && type.startsWith(tables.types);
  const ignored = !own && PLAIN.test(fieldOf(fields, "content-type"));
  return { told: ignored ? {} : told, own };
}

/**
 * What a described problem tells, and the field that is before it.
 * @param {unknown} problem
 * @param {string} fields
 */
function problemOf(problem, fields) {
  const { told, own } = membersOf(problem, fields);
  const { retryable, retry_after: wait, cause: name } = told;
  const applied = fieldOf(fields, tables.applied) || told.applied;
  const phases = { no: "nothing-sent", unknown: "maybe-processed" };
  const seconds = typeof wait === "number" && wait >= 0 ? wait : undefined;
  const known =
    own && typeof name === "string" && Object.hasOwn(tables.causes, name);
  const cause = known ? name : undefined;
  return {
    cause,
    phase:
      phases[/** @type {keyof typeof phases} */ (applied)] ??
      (cause && tables.causes[cause].phase),
    retryAfter:
      seconds === undefined ? undefined : Math.floor(seconds * 1000 + 1e-6),
    stop: retryable === false && applied !== "unknown",
  };
}

/** @param {unknown} value */
const isTable = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The id under which those who run the site find a response.
 * @param {string} fields
 * @param {unknown} problem
 * @returns {string | undefined}
 */
export function idOf(fields, problem) {
  const named = ["x-request-id", "cf-ray"].map((name) => fieldOf(fields, name));
  const { told } = membersOf(problem, fields);
  const ids = Object.entries(told).filter(
    ([name, id]) =>
      ["request_id", "ray_id"].includes(name) && typeof id === "string",
  );
  const id = /** @type {string | undefined} */ (ids.at(-1)?.[1]);
  return named.find(Boolean) ?? id;
}

/**
 * Whether a failed request is sent again: by the table, as far as the policy lists it.
 * @param {Failure} failure
 * @param {string} method
 * @param {string} fields of the request
 * @param {Policy} policy
 */
export function isRepeated(failure, method, fields, policy) {
  if (failure.meant || !isListed(failure, policy)) return false;
  const keyed = fieldOf(fields, "idempotency-key") !== "";
  const unsafe = keyed
    ? policy.retryUnsafe
      ? COLUMNS.keyedAndOptedIn
      : COLUMNS.keyed
    : policy.retryUnsafe
      ? COLUMNS.optedIn
      : COLUMNS.unsafe;
  const column = isSafe(method) ? COLUMNS.safe : unsafe;
  const row = tables.phases.indexOf(failure.phase);
  const told = tables.causes[failure.cause].again[row][column];
  return told === "y" || (told === "w" && failure.retryAfter !== undefined);
}

/** How freely a request may be repeated, in the order of the tables' columns. */
const COLUMNS = {
  safe: 0,
  keyed: 1,
  optedIn: 2,
  keyedAndOptedIn: 3,
  unsafe: 4,
};

/** @param {Failure} failure @param {Policy} policy */
function isListed({ status, cause }, { retryOn }) {
  if (status !== undefined && status >= 400) return retryOn.has(status);
  return retryOn.has(
    status === undefined && cause === "timeout" ? "timeout" : "network",
  );
}
