// @ts-check
/** What the runner tells a person: a line per case, and everything about one that failed. */

import { textOf } from "./expect.mjs";

/** @typedef {import("./case.mjs").Outcome} Outcome */
/** @typedef {import("./client.mjs").Exchange} Exchange */
/** @typedef {import("./client.mjs").Reply} Reply */
/** @typedef {import("../../origin/server.mjs").ScriptedOrigin} ScriptedOrigin */
/** @typedef {"pass" | "fail" | "expected" | "surprise" | "skip" | "setup"} Result */
/** @typedef {{ id: string, about: string, result: Result, why: string, ms: number, late?: string }} Row `late`: what was wrong at its first try */

const SHOWN_EXCHANGES = 8;
const SHOWN_CALLS = 8;
const SHOWN_LOG = 8;
const SHOWN_BODY = 160;
const LINE = 400;

/** @param {Buffer | null} body */
function bodyNote(body) {
  return body && body.length > 0 ? `, ${body.length} bytes of body` : "";
}

/** @param {[string, string][]} list */
const headerNote = (list) =>
  list.map(([name, value]) => `${name}: ${value}`).join(" | ");

/** @param {Exchange} exchange */
function sentLine({ out }) {
  const headers = out.headers.length > 0 ? ` | ${headerNote(out.headers)}` : "";
  return `  sent      ${out.method} ${out.target}${bodyNote(out.body)}${headers}`;
}

/** @param {Reply} reply */
function replyLines(reply) {
  const { status, reason, list, body, complete, extra } = reply;
  const end = `${complete ? "" : ", broken off"}${extra ? `, ${extra} bytes after it` : ""}`;
  const text = JSON.stringify(textOf(reply).slice(0, SHOWN_BODY));
  return [
    `  came back ${status} ${reason}, ${body.length} bytes${end} | ${headerNote(list)}`,
    ...(body.length > 0 ? [`            ${text}`] : []),
  ];
}

/** @param {Exchange} exchange */
function exchangeLines(exchange) {
  const { reply, note, ms } = exchange;
  const none = `  came back nothing${note ? ` (${note})` : ""}`;
  const after = `            after ${Math.round(ms)} ms`;
  return [sentLine(exchange), ...(reply ? replyLines(reply) : [none]), after];
}

/** @param {ScriptedOrigin} origin @param {number} from */
function originLines({ name, calls, count, connections }, from) {
  const lines = calls.slice(-SHOWN_CALLS).map((call) => {
    const when = `${Math.round(call.at - from)} ms`;
    const what = `${call.method} ${call.target}${bodyNote(call.body)}`;
    return `            ${when}: ${what} -> ${call.behaviour} | ${headerNote(call.list)}`;
  });
  return [
    `  ${name} saw    ${count} calls on ${connections} connections`,
    ...lines,
  ];
}

/** Everything about a case that did not pass, bounded. @param {Outcome} outcome */
export function traceOf({ run, log }) {
  if (!run) return log.slice(-SHOWN_LOG);
  const from = run.exchanges[0]?.sentAt ?? 0;
  const left = run.exchanges.length - SHOWN_EXCHANGES;
  return [
    ...(left > 0 ? [`  (${left} exchanges before these)`] : []),
    ...run.exchanges.slice(-SHOWN_EXCHANGES).flatMap(exchangeLines),
    ...[...run.origins.values()].flatMap((origin) => originLines(origin, from)),
    ...log.slice(-SHOWN_LOG).map((line) => `  log       ${line}`),
  ].map((line) => line.slice(0, LINE));
}

/** @param {Row} row */
export function rowLine({ id, about, result, why, ms }) {
  const took = result === "skip" ? "" : ` (${(ms / 1000).toFixed(1)} s)`;
  return `${result.padEnd(8)} ${id.padEnd(5)} ${about}${took}${why ? `\n         ${why}` : ""}`;
}

/** @param {Row[]} rows */
export function countsOf(rows) {
  /** @param {...Result} results */
  const count = (...results) =>
    rows.filter(({ result }) => results.includes(result)).length;
  return {
    passed: count("pass"),
    failed: count("fail", "setup", "surprise"),
    skipped: count("skip"),
    expected: count("expected"),
  };
}

/** @param {Row[]} rows */
export const failuresOf = (rows) =>
  rows.filter(({ result }) => result === "fail" || result === "setup");

/** @param {{ id: string, why: string }[]} chosen @param {string} title */
function list(chosen, title) {
  if (chosen.length === 0) return [];
  return [
    `${title}:`,
    ...chosen.map(
      ({ id, why }) =>
        `  ${id.padEnd(5)} ${why.replaceAll("\n", "\n        ")}`,
    ),
    "",
  ];
}

/** @param {Row[]} rows @param {Result} result @param {string} title */
function group(rows, result, title) {
  return list(
    rows.filter((row) => row.result === result),
    title,
  );
}

/** @param {Row[]} rows */
const lateOf = (rows) =>
  rows.flatMap(({ id, late }) => (late === undefined ? [] : { id, why: late }));

/** The end of the output; its last line is what a program may look for. @param {Row[]} rows */
export function summary(rows) {
  const { passed, failed, skipped, expected } = countsOf(rows);
  return [
    "",
    ...group(rows, "skip", "skipped"),
    ...group(rows, "expected", "failed as expected"),
    ...group(rows, "surprise", "passed although listed in expected.json"),
    ...group(rows, "setup", "could not be judged"),
    ...group(rows, "fail", "failed"),
    ...list(lateOf(rows), "not at their first try"),
    ...(expected > 0 ? [`${expected} failed as expected`] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join("\n");
}
