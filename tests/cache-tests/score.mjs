// @ts-check
/**
 * How the suite's own site counts: a test whose precondition failed counts as
 * not passed, whatever it gave by itself.
 */

/** @typedef {"required" | "optimal" | "check"} Kind */
/** @typedef {{ id: string, kind?: Kind, browser_only?: boolean }} Test */
/**
 * @typedef {object} Rules
 * @property {{ id: string, tests: Test[] }[]} suites
 * @property {Record<string, unknown>} resultTypes
 * @property {(suites: unknown, id: string, results: unknown) => unknown} determineTestResult
 */
/** @typedef {Record<Kind, number>} Counts */
/** @typedef {{ id: string, kind: Kind, why: string }} Miss */
/** @typedef {Counts & { groups: Record<string, Counts>, misses: Miss[] }} Score */

/** @returns {Counts} */
const none = () => ({ required: 0, optimal: 0, check: 0 });

/**
 * @param {Rules} rules
 * @param {Record<string, unknown>} results by test
 * @returns {Score}
 */
export function score(rules, results) {
  const { suites, resultTypes, determineTestResult } = rules;
  const names = new Map(
    Object.entries(resultTypes).map(([name, type]) => [type, name]),
  );
  /** @type {Score} */
  const all = { ...none(), groups: {}, misses: [] };
  for (const { id: group, tests } of suites) {
    const counts = (all.groups[group] = none());
    for (const { id, kind = "required", browser_only } of tests) {
      if (browser_only) continue;
      const name = names.get(determineTestResult(suites, id, results)) ?? "";
      if (name === "pass" || name === "yes") {
        counts[kind]++;
        all[kind]++;
      } else if (kind !== "check") {
        all.misses.push({
          id,
          kind,
          why: `${name} ${told(results[id])}`.trim(),
        });
      }
    }
  }
  return all;
}

/** @param {unknown} result */
const told = (result) => (Array.isArray(result) ? result.join(": ") : "");

/**
 * The ids in a list of expected misses: `id  reason`, one per line; behind `~` those
 * that miss now and then.
 * @param {string} text
 */
export function readExpected(text) {
  const lines = text
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
  const [may, must] = [true, false].map((now) =>
    lines.filter((line) => line.startsWith("~ ") === now).map(idOf),
  );
  return { must: new Set(must), may: new Set(may) };
}

/** @param {string} line */
const idOf = (line) => line.replace(/^~ /, "").split(/\s/)[0];
