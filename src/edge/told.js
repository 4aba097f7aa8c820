// @ts-check
/** What the core says of a reply. */
import { noted, rebuilt } from "./platform.js";

/** What a reply may come from, besides us. */
export const ORIGIN = 1;
export const COPY = 2;
export const RENEWED = 4;
export const NOTED = 5;

/**
 * Cuts a reply up, which comes as one text, as `told.rs` says.
 * @param {string} told
 */
export function read(told) {
  const gap = told.indexOf(" ", 7);
  const first = told.indexOf("\n", gap);
  const empty = told.indexOf("\n\n", first);
  const last = told.indexOf("\n", empty + 2);
  return {
    source: Number(told[0]),
    full: told[1] === "1",
    outdates: told[2] === "1",
    status: Number(told.slice(3, 6)),
    patience: Number(told.slice(7, gap)),
    slice: told.slice(gap + 1, first),
    changes: told.slice(first + 1, empty),
    line: told.slice(empty + 2, last),
    text: told.slice(last + 1),
  };
}

/**
 * A copy as it goes out.
 * @param {Response} stored
 * @param {ReturnType<typeof read>} told
 */
export function copyOf(stored, { source, status, changes, full, text }) {
  return source === NOTED
    ? noted(stored, status, changes, text)
    : rebuilt(stored, status, changes, full);
}
