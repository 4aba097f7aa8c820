// @ts-check
/** The timeline, newest first. A row is drawn again only when it changed. */
import { byId, el, setText } from "./dom.js";
import {
  clock,
  msWords,
  originBrief,
  originBytes,
  outcome,
  why,
} from "./words.js";

/** @typedef {import("./words.js").Row} Row */

const DRAWN_ROWS = 80;
const CELLS = ".what, .did, .got, .took, .why";

/** @type {Map<number, HTMLLIElement>} */
const drawn = new Map();

/**
 * @param {Row} row
 * @param {(row: Row) => void} onSelect
 */
export function drawRow(row, onSelect) {
  const item = drawn.get(row.n) ?? addRow(row, onSelect);
  const { kind, label, status, ms } = outcome(row);
  item.dataset.kind = kind;
  const [what, did, got, took, reason] = item.querySelectorAll(CELLS);
  setText(what, `${row.method} ${row.path}`);
  setText(
    did,
    [originBrief(row), originBytes(row)].filter(Boolean).join(" · "),
  );
  setText(got, status && kind !== "origin" ? `${label} · ${status}` : label);
  setText(took, tookWords(row, ms));
  setText(reason, why(row));
  const plain = kind === "origin" && row.fault === "healthy";
  reason.classList.toggle("unseen", plain);
}

/**
 * @param {Row} row
 * @param {number | undefined} ms
 */
const tookWords = (row, ms) =>
  ms === undefined
    ? `${Math.floor((Date.now() - row.at) / 1000)} s`
    : msWords(ms);

/**
 * @param {Row} row
 * @param {(row: Row) => void} onSelect
 */
function addRow(row, onSelect) {
  const at = new Date(row.at).toISOString();
  const button = el(
    "button",
    { type: "button" },
    el("time", { datetime: at }, clock(row.at)),
    el("span", { class: "what" }),
    el("span", { class: "did" }),
    el("span", { class: "got" }),
    el("span", { class: "took" }),
    el("span", { class: "why" }),
  );
  if (row.by === "browser")
    button.append(el("span", { class: "by" }, "another browser"));
  button.addEventListener("click", () => onSelect(row));
  const item = el("li", { "data-part": row.part }, button);
  drawn.set(row.n, item);
  insertInOrder(item, row.n);
  return item;
}

/**
 * @param {HTMLLIElement} item
 * @param {number} n
 */
function insertInOrder(item, n) {
  const newer = [...drawn.keys()].filter((one) => one > n);
  const next = newer.length ? drawn.get(Math.min(...newer)) : undefined;
  if (next) next.after(item);
  else byId("rows").prepend(item);
  for (const [oldest, old] of drawn) {
    if (drawn.size <= DRAWN_ROWS) break;
    old.remove();
    drawn.delete(oldest);
  }
}

export function clearRows() {
  drawn.clear();
  byId("rows").replaceChildren();
}

/** @param {number | undefined} n */
export function markRow(n) {
  for (const [one, item] of drawn) {
    const current = one === n ? "true" : "false";
    item.firstElementChild?.setAttribute("aria-current", current);
  }
}
