// @ts-check
/** What a response, or the lack of one, means, and what can be said about it. */
import { readSmall } from "./bodies.js";
import { core } from "./core.js";
import { LastgoodError } from "./error.js";
import { administratorsOf, textsIn } from "./language.js";

/** Of a body so much is looked at, and it is waited for so long. */
const LONGEST = 64 * 1024;
const WAIT_MS = 1000;

/**
 * Verdict, cause and advice. A response is left as it is.
 * @param {unknown} seen a response, or what a request was rejected with
 * @param {{ method?: string, language?: string }} [options]
 * @returns {Promise<import("./lastgood").Explanation>}
 */
export async function explain(seen, { method = "GET", language } = {}) {
  const told =
    seen instanceof LastgoodError ? ofError(seen) : await meaning(seen, method);
  const advice = told.cause
    ? await adviceFor(told.cause, { language, number: told.number })
    : undefined;
  return { ...told, advice };
}

/**
 * What it says of itself. In an outage nothing more may be had from the site.
 * @param {LastgoodError} error
 */
function ofError(error) {
  const { cause, phase, retryable } = error;
  const { retryAfter = null, requestId = null } = error;
  const verdict = retryable ? "retryable" : "final";
  const number = null;
  return { verdict, cause, phase, retryable, retryAfter, requestId, number };
}

/**
 * @param {unknown} seen
 * @param {string} method
 */
async function meaning(seen, method) {
  const { words } = await import("./words.js");
  const rules = await words();
  if (seen instanceof Response) return ofResponse(rules, seen, method);
  const error = isTimeout(seen) ? "timeout" : "network";
  return rules.explain({ error }, method, Date.now());
}

/** @param {unknown} error */
const isTimeout = (error) =>
  error instanceof DOMException && error.name === "TimeoutError";

/**
 * @param {import("./words.js").Words} rules
 * @param {Response} response
 * @param {string} method
 */
async function ofResponse(rules, response, method) {
  const { status, headers } = response;
  const body = await textOf(response);
  const type = headers.get("content-type") ?? "";
  // Whether plain JSON is one of ours the core tells.
  const isProblem = /^application\/(problem\+)?json\b/i.test(type);
  const problem = isProblem ? parsed(body) : undefined;
  const seen = { status: status || 200, headers: [...headers], body, problem };
  return rules.explain(seen, method, Date.now());
}

/** @param {Response} response */
async function textOf(response) {
  if (response.bodyUsed) return undefined;
  const { signal } = new AbortController();
  const read = readSmall(response, LONGEST, WAIT_MS, signal);
  const bytes = await read.catch(() => undefined);
  return bytes && new TextDecoder().decode(bytes);
}

/** @param {string | undefined} text */
function parsed(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/**
 * What can be said about a cause: to a visitor in their language, to administrators in
 * English.
 * @param {import("./lastgood").Cause} cause
 * @param {{ language?: string, number?: string | null }} [options]
 * @returns {Promise<import("./lastgood").Advice>}
 */
export async function adviceFor(cause, { language, number } = {}) {
  const rules = await core();
  const title = rules.title_of(cause);
  if (!title) throw new TypeError(`${cause} is no cause: see the type Cause`);
  const texts = await textsIn(language);
  return {
    language: texts.tag,
    title: texts[title],
    text: texts.fault,
    administrators: [
      ...(number ? await administratorsOf(number) : []),
      ...(await administratorsOf(cause)),
    ],
  };
}
