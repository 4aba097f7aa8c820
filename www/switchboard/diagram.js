// @ts-check
/** The picture at the top: visitor, lastgood and origin, at a glance. */
import { byId, setText } from "./dom.js";
import { ageOf, ageWords, msWords, originBrief, outcome } from "./words.js";

/** @typedef {import("./words.js").Row} Row */
/** @typedef {import("./words.js").Kind} Kind */
/** @typedef {import("../../examples/demo/faults.mjs").Fault} Fault */

/** @type {Record<Kind, string>} */
const DOING = {
  waiting: "is asking the origin",
  origin: "passes it through",
  copy: "shows the last good page",
  answer: "answers itself",
  error: "passes the error on",
  broken: "could not save this one",
};

/** @type {number | undefined} */
let shownRow;

/** Lets a dot run along the links, as the request does. */
function pass() {
  for (const link of document.querySelectorAll(".link")) {
    link.classList.remove("passing");
    link.getBoundingClientRect(); // the animation starts over only after a layout
    link.classList.add("passing");
  }
}

/**
 * @param {Fault | undefined} fault
 * @param {Row | undefined} row the latest page somebody asked for
 */
export function drawDiagram(fault, row) {
  if (row && row.n !== shownRow) pass();
  shownRow = row?.n;
  const out = row && outcome(row);
  node("origin", fault?.health ?? "", fault ? originWords(fault) : "");
  node("visitor", out?.kind ?? "", visitorWords(row));
  node(
    "lastgood",
    out?.kind ?? "",
    out ? DOING[out.kind] : "stands in between",
  );
  link("site", out?.kind ?? "", row ? siteLink(row) : "");
  const asked = row && row.fault === fault?.name ? row : undefined;
  link(
    "origin",
    linkHealth(fault, asked),
    asked ? originBrief(asked) || "…" : "",
  );
}

/** @param {Fault} fault */
const originWords = ({ name, label }) =>
  /^\d/.test(name) ? `answers ${name}` : `is ${label.toLowerCase()}`;

/** @param {Row | undefined} row */
function visitorWords(row) {
  if (!row) return "has not come by yet";
  const { kind } = outcome(row);
  const age = ageOf(row);
  const ago =
    age === undefined
      ? "an earlier page"
      : `the page from ${ageWords(age)} ago`;
  /** @type {Record<Kind, string>} */
  const words = {
    waiting: "is waiting",
    origin: "sees the fresh page",
    copy: `sees ${ago}`,
    answer: "sees an honest answer",
    error: "sees the origin’s error",
    broken: "sees a broken page",
  };
  return words[kind];
}

/** @param {Row} row */
function siteLink(row) {
  const { status, ms } = outcome(row);
  const parts = [status?.toString(), ms === undefined ? "" : msWords(ms)];
  return parts.filter(Boolean).join(" · ") || "…";
}

/**
 * @param {Fault | undefined} fault
 * @param {Row | undefined} row
 */
const linkHealth = (fault, row) =>
  row || fault?.health === "down" ? (fault?.health ?? "") : "";

/**
 * @param {string} name
 * @param {string} state
 * @param {string} words
 */
function node(name, state, words) {
  const element = byId(`node-${name}`);
  element.dataset.state = state;
  const line = element.querySelector("p");
  if (line) setText(line, words);
}

/**
 * @param {string} name
 * @param {string} state
 * @param {string} words
 */
function link(name, state, words) {
  const element = byId(`link-${name}`);
  element.dataset.state = state;
  const label = element.querySelector("span");
  if (label) setText(label, words);
}
