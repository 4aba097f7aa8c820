#!/usr/bin/env node
// @ts-check
/**
 * How to call an HTTP API that stands behind lastgood, with plain `fetch`.
 *
 *   node with-fetch.mjs URL [--method POST] [--data TEXT] [--key IDEMPOTENCY_KEY]
 *                       [--elsewhere URL] [--deadline SECONDS]
 *
 * Prints the body and ends with 0. Otherwise says why on stderr and ends with
 * 1 (gave up), 2 (called wrongly) or 3 (it may have been carried out).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const ACCEPT = "application/problem+json, application/json";

/** With these something in between says that it failed; others are an answer. */
const PASSING = [429, 502, 503, 504, 520, 521, 522, 523, 524];

/** With these there was no connection, so nothing was sent. `fetch` waits 10 s for
 * one; another limit needs an `Agent` of the package `undici`. */
const UNSENT = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
];

/**
 * - `applied`: "no", or "unknown" if it may have been; a read changes nothing
 * - `again`: whether the same server may be asked the same once more
 * - `retryAfter`: when, in seconds
 * - `final`: the service itself said so, and another server would say the same
 * @typedef {{ applied: string, again: boolean, retryAfter?: number, final?: boolean,
 *   status?: number, requestId?: string }} Facts
 * @typedef {{ method: string, data?: string, key?: string, safe: boolean }} Call
 */

/** An attempt that came to nothing, and what that allows. */
export class Failure extends Error {
  /** @param {string} title @param {string} cause @param {Facts} facts */
  constructor(title, cause, facts) {
    super(title);
    this.cause = cause;
    this.facts = facts;
  }

  get advice() {
    const { applied, again, retryAfter } = this.facts;
    if (applied === "unknown")
      return "It may have been carried out: check before you send it again.";
    if (!again) return "Look into it before you send it again.";
    const when = retryAfter ? `in ${Math.ceil(retryAfter)} seconds` : "later";
    return `Nothing was changed: you may send it again ${when}.`;
  }

  /** Two lines for a person. */
  toString() {
    const { status, requestId } = this.facts;
    const known = [this.cause];
    if (status) known.push(`status ${status}`);
    if (requestId) known.push(`request ${requestId}`);
    return `${this.message} (${known.join(", ")}).\n${this.advice}`;
  }
}

/**
 * The body of a good answer. Without one until the deadline, throws a Failure.
 * @param {string} url
 * @param {{ method?: string, data?: string, key?: string, elsewhere?: string,
 *   deadline?: number }} [options] `deadline` in seconds
 */
export async function call(url, options = {}) {
  const { method = "GET", data, key, elsewhere, deadline = 30 } = options;
  const request = { method, data, key, safe: /^(GET|HEAD)$/.test(method) };
  const end = performance.now() + deadline * 1000;
  /** @type {Failure | undefined} */
  let failure, doubt;
  for (const server of elsewhere ? [url, elsewhere] : [url]) {
    // The first of two may have half of the time.
    const left = end - performance.now();
    const until = elsewhere && !failure ? end - left / 2 : end;
    for (let pause = 1; ; pause *= 2) {
      try {
        // To stop waiting for a write would leave it in doubt.
        const limit = (request.safe ? until : end) - performance.now();
        return await attempt(server, request, Math.max(1, Math.ceil(limit)));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failure = error;
      }
      if (failure.facts.applied === "unknown") doubt ??= failure;
      const { again, retryAfter = pause } = failure.facts;
      // All who were sent away together should not come back together.
      const wait = retryAfter * 1000 * (1 + Math.random() / 4);
      if (!again || performance.now() + wait >= until) break;
      await sleep(wait);
    }
    // Another server need not know the key, and cannot tell what this one did.
    if (doubt || failure.facts.final || performance.now() >= end) break;
  }
  throw doubt ?? failure;
}

/** @param {string} url @param {Call} request @param {number} ms */
async function attempt(url, request, ms) {
  const { method, data, key, safe } = request;
  const headers = new Headers({ accept: ACCEPT });
  if (data !== undefined) headers.set("content-type", "application/json");
  if (key) headers.set("idempotency-key", key);
  const signal = AbortSignal.timeout(ms);
  let answer, body;
  try {
    answer = await fetch(url, {
      ...{ method, headers, body: data, signal },
      // A failure after a redirect would say nothing about the write before it.
      redirect: safe ? "follow" : "manual",
    });
    // Fails if it breaks off before its Content-Length.
    body = Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    throw withoutAnswer(error, answer !== undefined, request);
  }
  if (answer.ok) return body;
  throw fromAnswer(answer, body, request);
}

/** @param {any} error @param {boolean} begun @param {Call} request */
function withoutAnswer(error, begun, { safe, key }) {
  const unsent = !begun && UNSENT.includes(error.cause?.code);
  const applied = safe || unsent ? "no" : "unknown";
  const may = { applied, again: applied === "no" || Boolean(key) };
  if (error.name === "TimeoutError")
    return new Failure("No whole answer came in time", "timeout", may);
  if (begun)
    return new Failure("The answer broke off in the middle", "truncated", may);
  const title = unsent
    ? "There is no connection to the server"
    : "The connection broke before an answer came";
  return new Failure(title, "network", may);
}

/** @param {Response} answer @param {Buffer} body @param {Call} request */
function fromAnswer({ status, headers }, body, { safe, key }) {
  const said = problemIn(headers.get("content-type"), body);
  const facts = {
    status,
    requestId: said?.request_id ?? headers.get("x-request-id"),
    // A page of another site may not see the field: it is in the body as well.
    retryAfter: seconds(headers.get("retry-after") ?? said?.retry_after),
  };
  if (said) {
    const applied = safe || said.applied === "no" ? "no" : "unknown";
    const again = applied === "no" ? said.retryable : Boolean(key);
    return new Failure(said.title, said.cause, { ...facts, applied, again });
  }
  // The service's own error, or that of something in between that says no more.
  const refused = status >= 400 && status < 500;
  const applied = safe || refused ? "no" : "unknown";
  const again = PASSING.includes(status) && (safe || Boolean(key));
  const may = { applied, again, final: !again };
  const title = "The server answered with an error";
  return new Failure(title, "unexplained", { ...facts, ...may });
}

/** Problem details (RFC 9457), if it is lastgood that gives them. @param {string | null} type @param {Buffer} body */
function problemIn(type, body) {
  if (!/^application\/(problem\+)?json\b/i.test(type ?? "")) return undefined;
  try {
    const said = JSON.parse(body.toString());
    const texts = [said?.title, said?.cause, said?.request_id];
    const ours =
      typeof said?.retryable === "boolean" &&
      texts.every((text) => typeof text === "string");
    return ours ? said : undefined;
  } catch {
    return undefined;
  }
}

/** Retry-After is a number of seconds or a date. @param {unknown} value */
function seconds(value) {
  if (value === undefined) return undefined;
  const text = String(value);
  const untilDate = (Date.parse(text) - Date.now()) / 1000;
  const span = /^\d+$/.test(text) ? Number(text) : untilDate;
  return Number.isNaN(span) ? undefined : Math.max(1, span);
}

function readCommandLine() {
  const text = /** @type {const} */ ({ type: "string" });
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      method: text,
      data: text,
      key: text,
      elsewhere: text,
      deadline: text,
    },
  });
  const { data, key, elsewhere } = values;
  const method = values.method ?? (data === undefined ? "GET" : "POST");
  const deadline = Number(values.deadline ?? 30);
  const [url = "", ...rest] = positionals;
  const proper =
    rest.length === 0 &&
    [url, elsewhere ?? url].every((one) => /^https?:\/\/./.test(one)) &&
    /^[A-Z]+$/.test(method) &&
    !(data !== undefined && /^(GET|HEAD)$/.test(method)) &&
    /^[\x21-\x7e]+$/.test(key ?? "none") &&
    deadline > 0;
  if (!proper) throw new Error("see the first lines of this file");
  return { url, options: { method, data, key, elsewhere, deadline } };
}

async function main() {
  let asked;
  try {
    asked = readCommandLine();
  } catch (error) {
    console.error(`Called wrongly: ${/** @type {Error} */ (error).message}`);
    return 2;
  }
  try {
    process.stdout.write(await call(asked.url, asked.options));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(String(error));
    return error.facts.applied === "unknown" ? 3 : 1;
  }
}

process.exitCode = await main();
