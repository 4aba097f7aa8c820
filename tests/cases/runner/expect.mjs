// @ts-check
/** Judges what came back by what a step expects of it. */

import { gunzipSync } from "node:zlib";
import { mismatch } from "../../origin/matchers.mjs";

/** @typedef {import("./client.mjs").Exchange} Exchange */
/** @typedef {import("./client.mjs").Reply} Reply */
/** @typedef {import("../../origin/matchers.mjs").Matcher} Matcher */
/** @typedef {Record<string, any>} Expectation as the schema has it */
/** @typedef {(wanted: any, reply: Reply, exchange: Exchange, before: Exchange[]) => (string | null)[]} Check */

/** Longest stretch of a body that a message quotes. */
const QUOTE = 120;

/** The body as text, uncompressed. @param {Reply} reply */
export function textOf({ body, headers }) {
  if (headers["content-encoding"] !== "gzip") return body.toString("utf8");
  try {
    return gunzipSync(body).toString("utf8");
  } catch {
    return body.toString("utf8");
  }
}

/** Which scripted answer a body is. @param {Reply} reply */
export function sourceOf(reply) {
  return /\[\[([\w.-]+#[\w.-]+)\]\]/.exec(textOf(reply))?.[1] ?? null;
}

/** @param {Record<string, Matcher>} wanted @param {Record<string, string>} headers */
export function headerMismatches(wanted, headers) {
  return Object.entries(wanted).map(([name, matcher]) =>
    mismatch(`header ${name}`, matcher, headers[name.toLowerCase()]),
  );
}

/** @param {string | string[]} parts @param {Reply} reply @param {boolean} there */
function contains(parts, reply, there) {
  const text = textOf(reply);
  return [parts].flat().map((part) => {
    if (text.includes(part) === there) return null;
    const quote = JSON.stringify(text.slice(0, QUOTE));
    return `body: ${JSON.stringify(part)} ${there ? "is missing from" : "is in"} ${quote}`;
  });
}

/** @param {string} text @returns {any} undefined when it isn't JSON */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {boolean | Record<string, Matcher>} wanted @param {Reply} reply */
function json(wanted, reply) {
  const value = parsed(textOf(reply));
  if (typeof wanted === "boolean")
    return [mismatch("body is JSON", wanted, value !== undefined)];
  if (typeof value !== "object" || value === null)
    return ["body: not a JSON object"];
  return Object.entries(wanted).map(([key, matcher]) =>
    mismatch(`member ${key}`, matcher, value[key]),
  );
}

/** @param {number} lifetime @param {Reply} reply */
function labelledStale(lifetime, { headers }) {
  const says = Object.entries(headers).some(
    ([name, value]) =>
      /cache/.test(name) &&
      name !== "cache-control" &&
      /stale|ttl=-\d/i.test(value),
  );
  if (says || Number(headers.age) > lifetime) return [];
  return [
    `not labelled stale: Age ${headers.age ?? "none"}, no cache status that says so`,
  ];
}

/** @param {number} index @param {Exchange[]} before @returns {Reply} */
function earlier(index, before) {
  const reply = before[index]?.reply;
  if (!reply) throw new Error(`answer ${index} doesn't exist`);
  return reply;
}

/** @param {Record<string, number>} wanted @param {Reply} reply @param {Exchange[]} before */
function sameHeader(wanted, reply, before) {
  return Object.entries(wanted).map(([name, index]) => {
    const [now, then] = [reply, earlier(index, before)].map(
      ({ headers }) => headers[name.toLowerCase()],
    );
    return now === then
      ? null
      : `header ${name}: ${now} instead of ${then} as in answer ${index}`;
  });
}

/** @param {number} index @param {Reply} reply @param {Exchange[]} before */
function sameBody(index, reply, before) {
  return [
    reply.body.equals(earlier(index, before).body)
      ? null
      : `body: not that of answer ${index}`,
  ];
}

/** Needs an answer to judge. @type {Record<string, Check>} */
const OF_REPLY = {
  from: (wanted, reply) => [mismatch("from", wanted, sourceOf(reply))],
  headers: (wanted, reply) => headerMismatches(wanted, reply.headers),
  interimHeaders: (wanted, reply) =>
    headerMismatches(wanted, Object.assign({}, ...reply.interim)),
  bodyBytes: (wanted, reply) => [
    mismatch("body bytes", wanted, reply.body.length),
  ],
  extra: (wanted, reply) => [
    mismatch("bytes after the answer", wanted, reply.extra),
  ],
  body: (wanted, reply) => [mismatch("body", wanted, textOf(reply))],
  bodyHas: (wanted, reply) => contains(wanted, reply, true),
  bodyLacks: (wanted, reply) => contains(wanted, reply, false),
  json: (wanted, reply) => json(wanted, reply),
  labelledStale: (wanted, reply) => labelledStale(wanted, reply),
  sameHeader: (wanted, reply, _, before) => sameHeader(wanted, reply, before),
  sameBody: (wanted, reply, _, before) => sameBody(wanted, reply, before),
};

/** @type {Record<string, (wanted: any, exchange: Exchange, before: Exchange[]) => (string | null)[]>} */
const OF_EXCHANGE = {
  status: (wanted, { reply }) => [mismatch("status", wanted, reply?.status)],
  ms: (wanted, { ms }) => [mismatch("milliseconds", wanted, Math.round(ms))],
  complete: (wanted, { reply }) => [
    mismatch("complete", wanted, reply?.complete ?? false),
  ],
  either: (wanted, exchange, before) => either(wanted, exchange, before),
};

/** @param {Expectation[]} choices @param {Exchange} exchange @param {Exchange[]} before */
function either(choices, exchange, before) {
  const whys = choices.map((choice) => judge(choice, exchange, before));
  if (whys.some((why) => why.length === 0)) return [];
  return [`none of: ${whys.map((why) => why.join(", ")).join(" / ")}`];
}

/**
 * What is wrong with an answer; nothing when all is as expected.
 * @param {Expectation} wanted @param {Exchange} exchange @param {Exchange[]} before
 * @returns {string[]}
 */
export function judge(wanted, exchange, before) {
  const { reply, note } = exchange;
  const all = Object.entries(wanted).flatMap(([key, value]) => {
    if (Object.hasOwn(OF_EXCHANGE, key))
      return OF_EXCHANGE[key](value, exchange, before);
    if (!Object.hasOwn(OF_REPLY, key))
      throw new Error(`unknown expectation ${JSON.stringify(key)}`);
    return reply
      ? OF_REPLY[key](value, reply, exchange, before)
      : [`${key}: no answer came`];
  });
  const wrong = all.filter((why) => why !== null);
  if (wrong.length > 0 && !reply)
    wrong.push(`no answer${note ? ` (${note})` : ""}`);
  return wrong;
}
