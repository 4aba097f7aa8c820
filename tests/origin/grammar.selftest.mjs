// @ts-check
/** A misspelt behaviour is an error with a name. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBehaviour, parseScript } from "./grammar.mjs";

const NO_BEHAVIOURS = [
  ...[
    "20",
    "nonsense",
    "200 slwo(3)",
    "200 slow",
    "200 slow(x)",
    "200 chunked(3)",
    "hang slow(3)",
  ],
  ...[
    "200 cut(1) torn(1)",
    "200 early early",
    "200 disguised(iis)",
    "200[ma 60]",
    "200[X-A: 1",
    "101",
  ],
  ...[
    "200]",
    "200[ | ma=1]",
    "200 empty echo",
    { when: [] },
    { early103: {} },
    { then: "200" },
    200,
  ],
  ...[
    { when: [{ header: "a", do: "refuse" }], else: "200" },
    { early103: { A: "b" }, then: "200", x: 1 },
  ],
];

for (const behaviour of NO_BEHAVIOURS) {
  test(`${JSON.stringify(behaviour)} is refused`, () => {
    assert.throws(() => parseBehaviour(behaviour), /behaviour .*: ./);
  });
}

for (const script of [
  [],
  {},
  "200",
  ["refuse", "200"],
  ["200", "drop-reused"],
  { "/a": ["refuse"] },
  { a: ["200"] },
]) {
  test(`the script ${JSON.stringify(script)} is refused`, () => {
    assert.throws(() => parseScript(script), /script|behaviour/);
  });
}
