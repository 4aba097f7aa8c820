// @ts-check
/** What visitors got so far, counted: the point of it all in one line. */
import { byId, el } from "./dom.js";
import { outcome } from "./words.js";

/** @typedef {import("./words.js").Row} Row */
/** @typedef {import("./words.js").Kind} Kind */

/** @type {[Kind, string][]} */
const COUNTED = [
  ["origin", "fresh"],
  ["copy", "from a copy"],
  ["answer", "answered"],
  ["error", "with the origin’s error"],
  ["broken", "broken"],
];

/** @param {Row[]} rows */
export function drawTally(rows) {
  const kinds = rows.filter((row) => !row.part).map((row) => outcome(row).kind);
  const items = COUNTED.map(([kind, words]) => {
    const n = kinds.filter((one) => one === kind).length;
    return n
      ? el("span", { "data-kind": kind }, el("b", {}, String(n)), ` ${words}`)
      : undefined;
  });
  byId("tally").replaceChildren(...items.filter((item) => item !== undefined));
}
