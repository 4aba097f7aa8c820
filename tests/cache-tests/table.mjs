// @ts-check
/** Our counts beside those of every cache whose results the suite stores. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { score } from "./score.mjs";

const KINDS = /** @type {const} */ (["required", "optimal", "check"]);

/**
 * @param {import("./score.mjs").Rules} rules
 * @param {string} dir of the stored results
 * @param {import("./score.mjs").Score} ours
 */
export function table(rules, dir, ours) {
  const stored = readdirSync(dir).filter((file) => file.endsWith(".json"));
  /** @type {[string, import("./score.mjs").Score][]} */
  const others = stored.map((file) => [
    path.basename(file, ".json"),
    score(rules, JSON.parse(readFileSync(path.join(dir, file), "utf8"))),
  ]);
  others.sort(([, one], [, other]) => other.required - one.required);
  const rows = [["lastgood", ours], ...others];
  const line = (/** @type {unknown[]} */ ...cells) =>
    cells
      .map((cell, i) =>
        i ? String(cell).padStart(9) : String(cell).padEnd(18),
      )
      .join("");
  return [
    line("", ...KINDS),
    ...rows.map(([name, counts]) =>
      line(name, ...KINDS.map((kind) => /** @type {any} */ (counts)[kind])),
    ),
    "",
    line("group", ...KINDS),
    ...Object.entries(ours.groups).map(([group, counts]) =>
      line(group, ...KINDS.map((kind) => counts[kind])),
    ),
  ].join("\n");
}
