// @ts-check
/** The tables of the README that compare us, so that the site never says anything else. */
import { readFileSync } from "node:fs";
import { inRoot } from "../../setup/paths.mjs";
import { prose } from "./html.mjs";

/**
 * The table whose heading has these words, as HTML.
 * @param {string} words
 * @param {{ id: string, caption: string, first: string }} told
 */
export function readmeTable(words, { id, caption, first }) {
  const lines = readFileSync(inRoot("README.md"), "utf8").split("\n");
  const start = lines.findIndex(
    (line) => line.startsWith("| |") && line.includes(words),
  );
  if (start < 0) throw new Error(`the README has no table with "${words}"`);
  const rest = lines.slice(start);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  const [heading, , ...rows] = rest.slice(0, end).map(cells);
  const columns = [first, ...heading.slice(1)];
  const head = columns.map((name) => `<th scope="col">${prose(name)}</th>`);
  return `<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table><caption id="${id}">${caption}</caption><thead><tr>${head.join("")}</tr></thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
}

/** @param {string} line */
const cells = (line) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** @param {string[]} cells */
function row(cells) {
  const ours = cells[0].startsWith("**");
  const [name, ...values] = cells.map((cell) =>
    prose(cell.replaceAll("**", "")),
  );
  const told = values.map((value) => `<td>${value}</td>`).join("");
  return `<tr${ours ? ' class="ours"' : ""}><th scope="row">${name}</th>${told}</tr>`;
}
