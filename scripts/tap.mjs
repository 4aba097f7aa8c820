// @ts-check
/** What failed, in what `node --test --test-reporter=tap` printed. */

/** @typedef {{ name: string, text: string }} Failure `text`: all that was said of it */

const NOT_OK =
  /^( *)not ok \d+ - (?<name>.*)\n\1 {2}---\n(?<said>(?:\1 .*\n|\n)*?)\1 {2}\.\.\.$/gm;

/** Each once: a suite that fails for a test in it is not told. @param {string} output @returns {Failure[]} */
export function failuresIn(output) {
  return [...output.matchAll(NOT_OK)].flatMap(([text, , name, said]) =>
    said.includes("failureType: 'subtestsFailed'") ? [] : [{ name, text }],
  );
}

/** What was counted, by the closing lines. @param {string} output */
export function countsIn(output) {
  const sum = (/** @type {string} */ word) =>
    [...output.matchAll(new RegExp(`^# ${word} (\\d+)$`, "gm"))].reduce(
      (total, [, number]) => total + Number(number),
      0,
    );
  return {
    tests: sum("tests"),
    passed: sum("pass"),
    failed: sum("fail") + sum("cancelled"),
    skipped: sum("skipped") + sum("todo"),
  };
}
