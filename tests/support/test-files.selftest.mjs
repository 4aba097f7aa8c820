// @ts-check
/** That what fails is found, with its name, and passes late only if it passes. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { failuresIn } from "../../scripts/tap.mjs";
import { runTests } from "../../scripts/test-files.mjs";

// A test in a test would tell its parent, and not us.
const { NODE_TEST_CONTEXT: _, ...ENV } = process.env;
const OURS = fileURLToPath(new URL("test.mjs", import.meta.url));
const IMPORTS = `import { existsSync, writeFileSync } from "node:fs";
  import { describe, it } from "node:test";
  import { test } from ${JSON.stringify(OURS)};
  const again = existsSync(import.meta.filename + ".ran");
  writeFileSync(import.meta.filename + ".ran", "");`;

const FILES = {
  good: `test("good", async () => {});`,
  never: `throw new Error("at once");`,
  broken: `test("well", async () => {});
    test("broken: a 'quoted' one", async () => { throw new Error("not ok\\n  ..."); });
    describe("a suite", () => { it("breaks in it", () => { throw 1; }); it("goes", () => {}); });
    test("too long", { timeout: 30 }, () => new Promise((r) => setTimeout(r, 300)));`,
  late: `test("well", async () => {});
    test("slow at first", async () => { if (!again) throw new Error("it stood still"); });`,
  fewer: `test("well", async () => {});
    if (!again) test("gone later", async () => { throw new Error("here"); });`,
  dies: `test("well", async () => {}); if (!again) process.exit(7);`,
};

/** @typedef {keyof typeof FILES} Name */

/** @param {import("node:test").TestContext} t @param {Name[]} names */
function outcomeOf(t, ...names) {
  const folder = mkdtempSync(path.join(tmpdir(), "test-files-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of names)
    writeFileSync(
      path.join(folder, `${name}.test.mjs`),
      `${IMPORTS}\n${FILES[name]}`,
    );
  return runTests([folder], ENV);
}

test("what passes is counted, and not told", async (t) => {
  const outcome = await outcomeOf(t, "good");
  assert.deepEqual(outcome, { passed: 1, failed: 0, skipped: 0, told: "" });
});

test("what fails twice has failed, with its names, in suites too", async (t) => {
  const { passed, failed, told } = await outcomeOf(t, "good", "broken");
  assert.deepEqual([passed, failed], [3, 3]);
  const first = told.slice(0, told.indexOf("TAP version"));
  const found = failuresIn(first).map(({ name }) => name);
  assert.deepEqual(found.sort(), [
    "breaks in it",
    "broken: a 'quoted' one",
    "too long",
  ]);
  assert.match(told, /failed: .*broken\.test\.mjs/);
  assert.match(told, /timed out after 30ms/);
  assert.doesNotMatch(told, /first try/);
});

test("what passes at its second try has passed, and is told", async (t) => {
  const { passed, failed, told } = await outcomeOf(t, "good", "late");
  assert.deepEqual([passed, failed], [3, 0]);
  assert.match(told, /^not at its first try: .*late\.test\.mjs\n/);
  assert.match(told, /not ok 2 - slow at first[^]*it stood still/);
});

test("what is left out at the second try has not passed", async (t) => {
  const { failed, told } = await outcomeOf(t, "fewer");
  assert.equal(failed, 1);
  assert.match(told, /^failed: .*fewer\.test\.mjs\n/);
});

test("a file that can't be read, or ends by itself, has failed", async (t) => {
  assert.equal((await outcomeOf(t, "never")).failed, 1);
  const { failed, told } = await outcomeOf(t, "dies");
  assert.equal(failed, 0);
  assert.match(told, /^not at its first try: .*dies\.test\.mjs\n/);
});

test("where much fails, nothing runs again", async (t) => {
  const names = /** @type {Name[]} */ (["late", "never", "broken", "fewer"]);
  const { failed, told } = await outcomeOf(t, ...names);
  assert.equal(failed, 6);
  assert.doesNotMatch(told, /first try/);
});
