// @ts-check
/** What the core says of a reply. */

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
