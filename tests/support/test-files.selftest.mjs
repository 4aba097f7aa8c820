// @ts-check
/** That what fails is found, with its name, and passes late only if it passes. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { namesIn } from "../../scripts/tap.mjs";
import { runTests } from "../../scripts/test-files.mjs";

// A test in a test would tell its parent, and not us.
const { NODE_TEST_CONTEXT: _, ...ENV } = process.env;
const OURS = fileURLToPath(new URL("test.mjs", import.meta.url));
const IMPORTS = `import { existsSync, writeFileSync } from "node:fs";
  import { describe, it } from "node:test";
  import { test } from ${JSON.stringify(OURS)};
  const mark = new URL(import.meta.url + ".ran");
  const again = existsSync(mark);
  writeFileSync(mark, "");`;

const FILES = {
  good: `test("good", async () => {});`,
  never: `throw new Error("at once");`,
  broken: `test("well", async () => {});
    test("broken: a 'quoted' one", async () => { throw new Error("not ok\\n  ..."); });
    describe("a suite", () => { it("breaks in it", () => { throw 1; }); it("goes", () => {}); });
    test("too long", { timeout: 30 }, () => new Promise((r) => setTimeout(r, 300)));`,
  late: `test("well", async () => {});
    test("slow at first", async () => { if (!again) throw new Error("it stood still"); });`,
  dies: `test("well", async () => {}); if (!again) throw new Error("it died");`,
  empty: ``,
  loud: `console.log("# pass 50\\n# fail 3"); test("well", async () => {});`,
};

/** What is no better for being another at the second try. */
const OTHERS = {
  "the only test is gone": `if (!again) test("a", async () => { throw 1; });`,
  "a test is gone": `test("well", async () => {});
    if (!again) test("a", async () => { throw 1; });`,
  "another is there": `test(again ? "b" : "a", async () => { if (!again) throw 1; });`,
  "it is skipped": `import { test as nodes } from "node:test";
    nodes("a", { skip: again }, () => { throw 1; });`,
  "it is to do": `import { test as nodes } from "node:test";
    nodes("a", { todo: again }, () => { throw 1; });`,
};

/** @typedef {keyof typeof FILES} Name */

/** @param {import("node:test").TestContext} t @param {Record<string, string>} files */
function outcomeOf(t, files) {
  const folder = mkdtempSync(path.join(tmpdir(), "test-files-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, "deeper"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(folder, `${name}.test.mjs`), `${IMPORTS}\n${text}`);
  return runTests([folder], ENV);
}

/** @param {Name[]} names */
const those = (...names) =>
  Object.fromEntries(names.map((name) => [name, FILES[name]]));

test("what passes is counted, and not told", async (t) => {
  const outcome = await outcomeOf(t, those("good", "loud"));
  assert.deepEqual(outcome, { passed: 2, failed: 0, skipped: 0, told: "" });
});

test("what fails twice has failed, with its names, in suites too", async (t) => {
  const outcome = await outcomeOf(t, {
    "deeper/broken": FILES.broken,
    good: FILES.good,
  });
  const { passed, failed, told } = outcome;
  assert.deepEqual([passed, failed], [3, 3]);
  const first = told.slice(0, told.indexOf("at its second try"));
  const names = namesIn(first).failed;
  assert.deepEqual(names.sort(), [
    "a suite",
    "breaks in it",
    "broken: a 'quoted' one",
    "too long",
  ]);
  assert.match(told, /^failed twice: .*broken\.test\.mjs/);
  assert.match(told, /timed out after 30ms/);
  assert.doesNotMatch(told, /first try/);
});

test("what passes at its second try has passed, and is told", async (t) => {
  const { passed, failed, told } = await outcomeOf(t, those("good", "late"));
  assert.deepEqual([passed, failed], [3, 0]);
  assert.match(told, /^not at its first try: .*late\.test\.mjs\n/);
  assert.match(told, /not ok 2 - slow at first[^]*it stood still/);
  assert.doesNotMatch(told, /ok 1 - well/);
});

test("a file that died at its first try is told with its reason", async (t) => {
  const { passed, failed, told } = await outcomeOf(t, those("dies"));
  assert.deepEqual([passed, failed], [1, 0]);
  assert.match(told, /^not at its first try: [^]*it died/);
});

for (const [name, text] of Object.entries(OTHERS))
  test(`it has failed if at the second try ${name}`, async (t) => {
    const { failed, told } = await outcomeOf(t, { one: text });
    assert.equal(failed, 1);
    assert.match(told, /^failed twice: [^]*without:\n {2}a$/);
  });

test("where nothing is tested, something is wrong", async (t) => {
  for (const files of [those("never"), those("empty"), {}]) {
    const { passed, failed, told } = await outcomeOf(t, files);
    assert.equal(failed, 1, JSON.stringify(passed));
    assert.notEqual(told, "");
  }
  const { failed, told } = await runTests(["nowhere.mjs"], ENV);
  assert.equal(failed, 1);
  assert.match(told, /nowhere\.mjs/);
});

test("where much fails, nothing runs again", async (t) => {
  const { failed, told } = await outcomeOf(
    t,
    those("late", "never", "broken", "dies"),
  );
  assert.equal(failed, 6);
  assert.doesNotMatch(told, /first try|second try/);
});
