// @ts-check
/** The matrix for a person: a table, what is wrong, and a line that sums up. */
import { OURS, versionOf } from "./clients.mjs";

/** @typedef {import("./suite.mjs").Done} Done */
/** @typedef {import("./judge.mjs").Cell} Cell */

const WIDEST = 26;

/** @param {Cell | undefined} cell */
function mark(cell) {
  if (!cell) return "";
  if (cell.right === null) return "–";
  return cell.right ? "✓" : `✗ ${cell.why[0]}`;
}

/** @param {string} text @param {number} width */
const fit = (text, width) =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

/** @param {Done[]} all */
function cellsOf(all) {
  const cells = new Map(
    all.map(({ row, client, cell }) => [`${row.id} ${client}`, cell]),
  );
  return (/** @type {string} */ id, /** @type {string} */ client) =>
    cells.get(`${id} ${client}`);
}

/** A line per row and a column per client. @param {Done[]} all @param {import("./load.mjs").Row[]} rows @param {string[]} clients */
function grid(all, rows, clients) {
  const cell = cellsOf(all);
  return rows.map(({ id, fault }) => [
    fault,
    ...clients.map((client) => mark(cell(id, client))),
  ]);
}

/** @param {Done[]} all @param {import("./load.mjs").Row[]} rows @param {string[]} clients */
export function table(all, rows, clients) {
  const lines = [["", ...clients], ...grid(all, rows, clients)];
  const widths = lines[0].map((_, column) =>
    Math.min(
      column === 0 ? 60 : WIDEST,
      Math.max(...lines.map((line) => line[column].length)),
    ),
  );
  return lines
    .map((line) =>
      line
        .map((text, at) => fit(text, widths[at]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** @param {Done[]} all @param {import("./load.mjs").Row[]} rows @param {string[]} clients */
export function markdown(all, rows, clients) {
  const lines = grid(all, rows, clients).map(
    (line) => `| ${line.join(" | ")} |`,
  );
  return [
    `| fault | ${clients.join(" | ")} |`,
    `|---|${clients.map(() => "---|").join("")}`,
    ...lines,
    `| **right** | ${clients.map((client) => `**${scoreOf(all, client)}**`).join(" | ")} |`,
  ].join("\n");
}

/** @param {Done[]} all @param {string} client */
function scoreOf(all, client) {
  const judged = all.filter(
    (done) => done.client === client && done.cell.right !== null,
  );
  return `${judged.filter(({ cell }) => cell.right).length} of ${judged.length}`;
}

/** @param {Done[]} all @param {string[]} clients */
export function summary(all, clients) {
  const scores = clients.map((client) => {
    const version = versionOf(client);
    return `${client.padEnd(12)} ${scoreOf(all, client)} right${version ? `   (${version})` : ""}`;
  });
  return scores.join("\n");
}

/** What lastgood does wrong, in full. @param {Done[]} all */
export function ourFaults(all) {
  return all
    .filter(({ client, cell }) => client === OURS && cell.right === false)
    .map(({ row, cell }) => `${row.id}: ${cell.why.join("; ")} — ${cell.told}`);
}

/** @param {Done} done */
export const progress = ({ row, client, cell, ms }) =>
  `${row.id.padEnd(28)} ${client.padEnd(12)} ${mark(cell).padEnd(34)} ${cell.told}   ${(ms / 1000).toFixed(1)} s`;

/** @param {Done[]} all */
export const forPrograms = (all) =>
  all.map(({ row, client, cell, ms }) => ({
    ...{ row: row.id, client, ...cell, ms: Math.round(ms) },
  }));
