// @ts-check
/**
 * Our counts beside those of every cache whose results the suite stores, and of the
 * gateways in `debian.txt`.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { score } from "./score.mjs";

const KINDS = /** @type {const} */ (["required", "optimal", "check"]);

/** @typedef {import("./score.mjs").Score} Score */
/** @typedef {{ name: string, counts: import("./score.mjs").Counts, note?: string }} Row */

/**
 * @param {import("./score.mjs").Rules} rules
 * @param {{ dir: string, own: string }} others the stored results, and our own runs
 * @param {Score} ours
 */
export function table(rules, { dir, own }, ours) {
  return [
    line("", ...KINDS),
    row({ name: "lastgood", counts: ours }),
    "",
    "results stored in the suite",
    ...stored(rules, dir).map(row),
    "",
    "own runs of Debian 12's packages",
    ...ranked(readRuns(own)).map(row),
    "",
    line("group", ...KINDS),
    ...Object.entries(ours.groups).map(([name, counts]) =>
      row({ name, counts }),
    ),
  ].join("\n");
}

/** @param {import("./score.mjs").Rules} rules @param {string} dir @returns {Row[]} */
function stored(rules, dir) {
  const files = readdirSync(dir).filter((file) => file.endsWith(".json"));
  return ranked(
    files.map((file) => {
      const text = readFileSync(path.join(dir, file), "utf8");
      const counts = score(rules, JSON.parse(text));
      return { name: path.basename(file, ".json"), counts };
    }),
  );
}

/**
 * `name  version  required  optimal  check  setting`, one run per line.
 * @param {string} text
 * @returns {Row[]}
 */
export function readRuns(text) {
  const lines = text.split("\n").filter((line) => !/^(#|\s*$)/.test(line));
  return lines.map((text) => {
    const [name, version, ...rest] = text.trim().split(/\s+/);
    const [required, optimal, check] = rest.slice(0, 3).map(Number);
    if (![required, optimal, check].every(Number.isInteger))
      throw new Error(`debian.txt: no counts: ${text}`);
    const counts = { required, optimal, check };
    return {
      name: `${name} ${version}`,
      counts,
      note: rest.slice(3).join(" "),
    };
  });
}

/** @param {Row[]} rows */
const ranked = (rows) =>
  rows.sort((one, other) => other.counts.required - one.counts.required);

/** @param {Row} row */
function row({ name, counts, note }) {
  const text = line(name, ...KINDS.map((kind) => counts[kind]));
  return note ? `${text}  ${note}` : text;
}

/** @param {unknown[]} cells */
const line = (...cells) =>
  cells
    .map((cell, i) => (i ? String(cell).padStart(9) : String(cell).padEnd(24)))
    .join("");
