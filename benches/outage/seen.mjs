// @ts-check
/** What a visitor saw, judged by the bytes and not by what a gateway says of them. */
import { brokeOff, isOwnError, markOf } from "./pages.mjs";
import { FRESH_MS, MAX_AGE_MS, replacedAt } from "./plan.mjs";

/** @typedef {import("./plan.mjs").Plan} Plan */
/** @typedef {import("./plan.mjs").Asked} Asked */
/** @typedef {import("./pages.mjs").Mark} Mark */

/**
 * - `fresh`: the page asked for, or the answer of a POST, as it should be now
 * - `stale`: an old version of it
 * - `proper`: an error answer that says when to come back
 * - `raw`: a broken connection, a broken body, a bare error
 * - `timeout`: nothing whole while the visitor waited
 * @typedef {"fresh" | "stale" | "proper" | "raw" | "timeout"} Seen
 */

/**
 * @typedef {object} Reply
 * @property {number} sent
 * @property {number} end
 * @property {number} [status]
 * @property {boolean} [retryAfter]
 * @property {string} [body] if it came whole
 * @property {string} [broken] why it didn't
 */

/**
 * @typedef {object} Verdict
 * @property {Seen} seen
 * @property {string} [why] of a raw error
 * @property {boolean} [old] older than `max-age`
 */

/** Between the origin's answer and its last byte at the visitor's. */
const ON_ITS_WAY_MS = 250;

export const SEEN = /** @type {Seen[]} */ ([
  "fresh",
  "stale",
  "proper",
  "raw",
  "timeout",
]);

/**
 * @param {Plan} plan
 * @param {Asked} asked
 * @param {Reply} reply
 * @returns {Verdict}
 */
export function judge(plan, asked, reply) {
  const { status = 0, body, broken } = reply;
  if (broken === "time-out") return { seen: "timeout" };
  if (body === undefined) return { seen: "raw", why: broken };
  if (status >= 500) return judgeError(status, body, reply.retryAfter);
  if (status !== 200) return { seen: "raw", why: `status ${status}` };
  const mark = markOf(body);
  if (mark?.id === asked.id) return judgeAge(plan, asked, reply, mark);
  const why = brokeOff(body) ? "cut, and ended as if whole" : "another body";
  return { seen: "raw", why };
}

/**
 * @param {number} status
 * @param {string} body
 * @param {boolean} [retryAfter]
 * @returns {Verdict}
 */
function judgeError(status, body, retryAfter) {
  if (isOwnError(body)) return { seen: "raw", why: `origin's own ${status}` };
  return retryAfter
    ? { seen: "proper" }
    : { seen: "raw", why: `bare ${status}` };
}

/**
 * Only a cacheable page may be older than the request for it.
 * @param {Plan} plan
 * @param {Asked} asked
 * @param {Reply} reply
 * @param {Mark} mark
 * @returns {Verdict}
 */
function judgeAge(plan, { what }, { sent, end }, { id, version, made }) {
  if (made >= sent) return { seen: "fresh", old: false };
  if (what !== "page") return { seen: "stale", old: true };
  const fresh = replacedAt(plan, Number(id), version) + FRESH_MS > end;
  const old = end - made > MAX_AGE_MS + ON_ITS_WAY_MS;
  return { seen: fresh ? "fresh" : "stale", old };
}
