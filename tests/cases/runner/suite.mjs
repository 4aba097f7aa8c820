// @ts-check
/** Many cases: which to run, several at a time, and what their verdicts mean. */

import { runCase } from "./case.mjs";
import { failuresOf, traceOf } from "./report.mjs";

/** @typedef {import("./load.mjs").Loaded} Loaded */
/** @typedef {import("./load.mjs").Expected} Expected */
/** @typedef {import("./target.mjs").Target} Target */
/** @typedef {import("./report.mjs").Row} Row */
/** @typedef {import("./report.mjs").Result} Result */
/** @typedef {{ row: Row, trace: string[] }} Verdict */

/** @param {string[]} only @param {string} id */
function wanted(only, id) {
  return only.some((word) =>
    word.endsWith("*") ? id.startsWith(word.slice(0, -1)) : id === word,
  );
}

/** @param {Loaded[]} loaded @param {string[] | null} only */
export function choose(loaded, only) {
  if (!only) return loaded;
  const unknown = only.filter(
    (word) => !loaded.some(({ id }) => wanted([word], id)),
  );
  if (unknown.length > 0)
    throw new Error(`--only ${unknown.join(",")}: no such case`);
  return loaded.filter(({ id }) => wanted(only, id));
}

/** What a verdict means for a case that is, or isn't, listed as failing. @param {Result} result @param {boolean} listed @returns {Result} */
function weighed(result, listed) {
  if (!listed) return result;
  if (result === "pass") return "surprise";
  return result === "skip" ? "skip" : "expected";
}

/** @param {Target} target @param {Loaded} loaded @param {{ control: string }} options */
async function judgeOne(target, { id, about, faults, kase }, options) {
  /** @param {Result} result @param {string} why @param {number} [ms] */
  const row = (result, why, ms = 0) => ({ id, about, result, why, ms });
  if (!kase)
    return { row: row("fail", `not a case: ${faults.join("; ")}`), trace: [] };
  const reason = target.skip(kase);
  if (reason) return { row: row("skip", reason), trace: [] };
  const outcome = await runCase(target, kase, options);
  const shown =
    outcome.result === "pass" || outcome.result === "skip"
      ? []
      : traceOf(outcome);
  return { row: row(outcome.result, outcome.why, outcome.ms), trace: shown };
}

/** @param {Verdict} verdict @param {Expected} expected @returns {Verdict} */
function against({ row, trace }, expected) {
  const listed = expected.get(row.id);
  const result = weighed(row.result, listed !== undefined);
  const why =
    listed && result === "expected"
      ? `${listed.why} (until ${listed.until})`
      : row.why;
  return {
    row: { ...row, result, why },
    trace: result === "expected" ? [] : trace,
  };
}

/** How long a case waits by itself: the longest ones begin first. @param {Loaded} loaded */
function waiting({ kase }) {
  return (kase?.steps ?? []).reduce((sum, { wait = 0 }) => sum + wait, 0);
}

/**
 * Runs cases; the verdicts are in the order of the cases.
 * @param {Target} target @param {Loaded[]} chosen @param {Expected} expected
 * @param {{ jobs: number, control: string, told: (verdict: Verdict) => void }} options
 */
export async function runSuite(
  target,
  chosen,
  expected,
  { jobs, control, told },
) {
  const queue = [...chosen].sort((a, b) => waiting(b) - waiting(a));
  /** @type {Map<string, Row>} */
  const rows = new Map();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const verdict = against(
        await judgeOne(target, next, { control }),
        expected,
      );
      rows.set(next.id, verdict.row);
      told(verdict);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return chosen.map(({ id }) => /** @type {Row} */ (rows.get(id)));
}

/** More failures than that are no accident. */
const FEW = 3;

/**
 * Few failures once more, one after the other: a machine that stood still for a
 * second is no fault of the gateway. What passes then says what was wrong at first.
 * @param {Row[]} first
 * @param {(only: string[]) => Promise<Row[]>} run
 * @returns {Promise<Row[]>}
 */
export async function onceMore(first, run) {
  const failing = failuresOf(first);
  if (failing.length === 0 || failing.length > FEW) return first;
  const second = await run(failing.map(({ id }) => id));
  return first.map((row) => {
    const again = second.find(({ id }) => id === row.id);
    if (again?.result === "pass") return { ...again, late: row.why };
    return again && failuresOf([again]).length > 0 ? again : row;
  });
}
