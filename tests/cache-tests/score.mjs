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
/**
 * How a `check` test ended; it has no right answer. `gated`: a test that it depends on
 * did not pass.
 * @typedef {{ id: string, answer: string, gated: boolean, why: string }} Answer
 */
/**
 * @typedef {Counts & { groups: Record<string, Counts>, misses: Miss[],
 *   answers: Answer[] }} Score
 */

const UNJUDGED = "unjudged";
const ANSWERS = ["yes", "no", UNJUDGED];

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
  const all = { ...none(), groups: {}, misses: [], answers: [] };
  for (const { id: group, tests } of suites) {
    const counts = (all.groups[group] = none());
    for (const { id, kind = "required", browser_only } of tests) {
      if (browser_only) continue;
      const name = names.get(determineTestResult(suites, id, results)) ?? "";
      const why = told(results[id]);
      if (kind === "check") all.answers.push(answered(id, name, why));
      if (name === "pass" || name === "yes") {
        counts[kind]++;
        all[kind]++;
      } else if (kind !== "check") {
        all.misses.push({ id, kind, why: `${name} ${why}`.trim() });
      }
    }
  }
  return all;
}

/** @param {string} id @param {string} name @param {string} why @returns {Answer} */
const answered = (id, name, why) => ({
  id,
  answer: ANSWERS.includes(name) ? name : UNJUDGED,
  gated: name === "dependency_fail",
  why,
});

/** @param {unknown} result */
const told = (result) => (Array.isArray(result) ? result.join(": ") : "");

/**
 * The ids in a list of expected misses: `id  reason`, one per line; behind `~` those
 * that miss now and then.
 * @param {string} text
 */
export function readExpected(text) {
  const lines = linesOf(text);
  const [may, must] = [true, false].map((now) =>
    lines.filter(({ varies }) => varies === now).map(({ words: [id] }) => id),
  );
  return { must: new Set(must), may: new Set(may) };
}

/**
 * The answers that are meant: `id  answer  sentence`, one per line. Behind `~` is one
 * that cannot be judged now and then.
 * @param {string} text
 */
export function readAnswers(text) {
  return new Map(
    linesOf(text).map(({ varies, words: [id, answer, ...sentence] }) => {
      if (!ANSWERS.includes(answer) || sentence.length === 0)
        throw new Error(`checks.txt: no answer, or no sentence: ${id}`);
      return [id, { answer, varies }];
    }),
  );
}

/**
 * What is not as it is meant, by test: an answer that is another one, a test that has
 * no line, and a line that has no test. That a test on which others depend has failed
 * is said once, of that test.
 * @param {Answer[]} answers
 * @param {ReturnType<typeof readAnswers>} meant
 * @returns {Map<string, string>}
 */
export function changed(answers, meant) {
  const lines = new Map();
  for (const id of meant.keys()) lines.set(id, `no check test ${id}`);
  for (const answer of answers) {
    const { id, why } = answer;
    const before = meant.get(id)?.answer ?? "in checks.txt";
    const line = `answered ${answer.answer} to ${id}, and not ${before} ${why}`;
    if (isMeant(answer, meant)) lines.delete(id);
    else lines.set(id, line.trim());
  }
  return lines;
}

/** @param {Answer} answer @param {ReturnType<typeof readAnswers>} meant */
function isMeant({ id, answer, gated }, meant) {
  const line = meant.get(id);
  if (!line) return false;
  const open = answer === UNJUDGED && (gated || line.varies);
  return answer === line.answer || open;
}

/** @param {string} text */
function linesOf(text) {
  const lines = text.split("\n").filter((line) => !/^(#|\s*$)/.test(line));
  return lines.map((line) => {
    const varies = line.startsWith("~ ");
    const words = line.slice(varies ? 2 : 0).trim();
    return { varies, words: words.split(/\s+/) };
  });
}
