// @ts-check
/** What failed, in what `node --test --test-reporter=tap` printed. */

/** @typedef {{ name: string, file: string, text: string }} Failure `text`: all that was said of it */

const NOT_OK =
  /^( *)not ok \d+ - (?<name>.*)\n\1 {2}---\n(?<said>(?:\1 .*\n|\n)*?)\1 {2}\.\.\.$/gm;

/** Each once: a suite that fails for a test in it is not told. @param {string} output @returns {Failure[]} */
export function failuresIn(output) {
  return [...output.matchAll(NOT_OK)].flatMap(([text, , name, said]) => {
    if (said.includes("failureType: 'subtestsFailed'")) return [];
    const file = /^ *location: '(.*):\d+:\d+'$/m.exec(said)?.[1] ?? "";
    return [{ name, file: file.replace(/^file:\/\//, ""), text }];
  });
}
