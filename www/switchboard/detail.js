// @ts-check
/** Everything about one request: its way, its meaning, and what was seen. */
import { byId, el, setText } from "./dom.js";
import { meaningOf } from "./explain.js";
import { clock, msWords, outcome, trailWords, why } from "./words.js";

/** @typedef {import("./words.js").Row} Row */
/** @typedef {import("./explain.js").Meaning} Meaning */

const TOLD_HEADERS = [
  "cache-status",
  "proxy-status",
  "age",
  "retry-after",
  "x-request-id",
  "cache-control",
  "etag",
  "content-type",
];

/** What is drawn already: it must not flicker. @type {Row | undefined} */
let drawn;
let framed = 0;

/** @param {Row} row */
export function drawDetail(row) {
  if (row === drawn) return;
  drawn = row;
  byId("detail").hidden = false;
  setText(byId("detail-title"), `${row.method} ${row.path}`);
  setText(byId("detail-time"), clock(row.at));
  setText(byId("story"), why(row));
  byId("detail").dataset.kind = outcome(row).kind;
  byId("hops").replaceChildren(...attemptHops(row), replyHop(row));
  drawHeaders(row);
  drawSeen(row);
  void drawMeaning(row);
}

/** @param {Row} row */
function attemptHops(row) {
  const { length } = row.log?.trail.length ? row.log.trail : row.attempts;
  return Array.from({ length }, (_, index) => attemptHop(row, index));
}

/**
 * @param {Row} row
 * @param {number} index
 */
function attemptHop(row, index) {
  const attempt = row.attempts[index];
  const trailed = row.log?.trail[index];
  const words = trailed ? trailWords(trailed, attempt) : attempt.did;
  const sent = attempt && !attempt.open ? `${attempt.bytes} bytes` : "";
  return hop(attemptState(trailed, attempt), `Origin ${words}`, [
    !trailed && attempt.open ? "" : msWords(trailed?.ms ?? attempt.ms),
    sent,
    trailed?.cause?.replaceAll("-", " ") ?? "",
    trailed?.phase?.replaceAll("-", " ") ?? "",
  ]);
}

/**
 * @param {import("./words.js").Trailed | undefined} trailed
 * @param {import("./words.js").Attempt | undefined} attempt
 */
function attemptState(trailed, attempt) {
  if (trailed?.cause || attempt?.fault === "cutting") return "bad";
  return attempt?.open ? "waiting" : "good";
}

/** @param {Row} row */
function replyHop(row) {
  const { kind, label, status, ms } = outcome(row);
  if (kind === "waiting") return hop(kind, "Visitor is waiting", []);
  const bytes = row.reply ? `${row.reply.bytes} bytes` : "";
  const took = ms === undefined ? "" : `${msWords(ms)} in all`;
  return hop(kind, `Visitor got: ${label.toLowerCase()}`, [
    status?.toString() ?? "",
    took,
    bytes,
  ]);
}

/**
 * @param {string} state
 * @param {string} words
 * @param {string[]} facts
 */
const hop = (state, words, facts) =>
  el(
    "li",
    { "data-state": state },
    el("b", {}, words),
    el("small", {}, facts.filter(Boolean).join(" · ")),
  );

/** @param {Row} row */
function drawHeaders(row) {
  const told = (row.reply?.headers ?? []).filter(([name]) =>
    TOLD_HEADERS.includes(name),
  );
  const items = told.flatMap(([name, value]) => [
    el("dt", {}, name),
    el("dd", {}, value),
  ]);
  byId("headers").replaceChildren(...items);
  const log = row.log
    ? JSON.stringify(row.log, null, 2)
    : "No log line: nothing went wrong.";
  setText(byId("log"), log);
}

/** @param {Row} row */
function drawSeen(row) {
  const known = row.reply?.status !== undefined;
  const { label, status } = outcome(row);
  setText(byId("seen-address"), row.path);
  setText(byId("seen-label"), [label, status].filter(Boolean).join(" · "));
  byId("seen").hidden = !known;
  if (!known || framed === row.n) return;
  framed = row.n;
  byId("window").replaceChildren(frameOf(row));
}

/**
 * A new frame for each reply: one that is sent elsewhere while it still loads
 * is now and then left unpainted.
 * @param {Row} row
 */
const frameOf = (row) =>
  el("iframe", {
    src: `/seen/${row.n}`,
    title: "The reply as the visitor saw it",
    tabindex: "-1",
    sandbox: true,
  });

/** @param {Row} row */
async function drawMeaning(row) {
  const meaning = await meaningOf(row);
  if (row !== drawn) return;
  byId("meaning").hidden = !meaning;
  if (meaning) byId("meaning-body").replaceChildren(...meaningParts(meaning));
}

/** @param {Meaning} meaning */
function meaningParts({
  verdict,
  cause,
  phase,
  title,
  advice,
  administrators,
}) {
  const tags = [verdict, cause, phase].filter((tag) => tag !== null);
  const items = administrators.map((line) => el("li", {}, line));
  return [
    el("p", { class: "title" }, title),
    el("p", {}, advice),
    el(
      "p",
      { class: "tags" },
      ...tags.map((tag) => el("span", {}, tag.replaceAll("-", " "))),
    ),
    ...(items.length
      ? [el("h4", {}, "For whoever runs the origin"), el("ul", {}, ...items)]
      : []),
  ];
}
