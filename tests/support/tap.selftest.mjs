// @ts-check
/** That failing tests are found in what the runner prints. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { failuresIn } from "../../scripts/tap.mjs";

test("failures are found with their names and files, in suites too", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "tap-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (/** @type {string} */ name, /** @type {string} */ text) =>
    writeFileSync(path.join(folder, name), text);
  const imports = `import { describe, it, test } from "node:test";`;
  write(
    "some.test.mjs",
    `${imports}
    test("well", () => {});
    test("broken: a 'quoted' one", () => { throw new Error("not ok\\n  ..."); });
    describe("a suite", () => { it("breaks in it", () => { throw 1; }); it("goes", () => {}); });
    test("too long", { timeout: 30 }, () => new Promise((r) => setTimeout(r, 300)));`,
  );
  write("never.test.mjs", "throw new Error('at once');");
  write("good.test.mjs", `${imports} test("good", () => {});`);
  // A test in a test would tell its parent, and not us.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = spawnSync(
    process.execPath,
    ["--test", "--test-reporter=tap", folder],
    { encoding: "utf8", env },
  );
  const failures = failuresIn(stdout);
  const found = failures.map(({ name, file }) =>
    [path.basename(file), path.basename(name)].join(": "),
  );
  assert.deepEqual(found.sort(), [
    "never.test.mjs: never.test.mjs",
    "some.test.mjs: breaks in it",
    "some.test.mjs: broken: a 'quoted' one",
    "some.test.mjs: too long",
  ]);
  const late = failures.find(({ name }) => name === "too long");
  assert.match(String(late?.text), /timed out after 30ms[^]*\.\.\.$/);
});
