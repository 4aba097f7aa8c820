// @ts-check
/** What `node --test --test-reporter=tap` printed of one file. */

/** A test that passed, with what is said of it: nothing that anybody wants to read. */
const PASSED =
  /^( *)# Subtest: [^\n]*\n\1ok \d+ - [^\n]*\n\1 {2}---\n(?:\1 [^\n]*\n)*?\1 {2}\.\.\.\n/gm;

/** @param {string} output */
export const withoutPassed = (output) => output.replaceAll(PASSED, "");

/**
 * The tests and suites that passed and that failed, by name; none of those that are
 * skipped or todo.
 * @param {string} output
 */
export function namesIn(output) {
  const lines = [...output.matchAll(/^ *((?:not )?ok) \d+ - ([^\n]*)$/gm)];
  const namesOf = (/** @type {string} */ word) =>
    lines
      .filter(
        ([, found, name]) => found === word && !/ # (SKIP|TODO)/.test(name),
      )
      .map(([, , name]) => name);
  return { passed: namesOf("ok"), failed: namesOf("not ok") };
}

/** What was counted, by the closing lines. @param {string} output */
export function countsIn(output) {
  const end = output.slice(output.lastIndexOf("\n1.."));
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(end)?.[1] ?? 0);
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
  };
}
