// @ts-check
/**
 * Test files of Node, each in a process of its own, so that it is known which one
 * failed. Tests in real time may fail on a machine that stands still for a second:
 * where few files fail, they run once more, alone. A file has passed then if all
 * passes that ran at first, and is told with what was wrong.
 */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { countsIn, namesIn, withoutPassed } from "./tap.mjs";

/** They wait most of their time: two of them at once. */
const AT_ONCE = 2;
/** More failing files than that are no accident. */
const FEW = 3;
/** A file that never ends has failed. */
const LONGEST_MS = 15 * 60_000;

/** @typedef {{ file: string, ok: boolean, output: string }} Run */

/** @typedef {{ run: Run, told: string }} Verdict of a file; `told`: what was wrong, also what was so once */

/** @typedef {{ passed: number, failed: number, skipped: number, told: string }} Outcome */

/** The command by which anyone runs these. @param {string[]} where */
export function commandFor(where) {
  const options = ["--test", "--test-reporter=tap"];
  return ["node", ...options, `--test-concurrency=${AT_ONCE}`, ...where];
}

/** What isn't there is left to Node, which says so. @param {string[]} where @returns {string[]} */
function filesOf(where) {
  return where.flatMap((place) =>
    statSync(place, { throwIfNoEntry: false })?.isDirectory()
      ? readdirSync(place, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".test.mjs"))
          .map((name) => path.join(place, name))
          .sort()
      : [place],
  );
}

/** Node tells a file as a test of its own if it dies, or holds none. @param {string} file */
const isItself = (file) => (/** @type {string} */ name) =>
  path.resolve(name) === path.resolve(file);

/** @param {string} file @param {NodeJS.ProcessEnv} env @returns {Promise<Run>} */
function ran(file, env) {
  const child = spawn(
    process.execPath,
    ["--test", "--test-reporter=tap", file],
    { env, stdio: ["ignore", "pipe", "pipe"], timeout: LONGEST_MS },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const holdsNone = namesIn(output).passed.some(isItself(file));
      resolve({ file, ok: code === 0 && !holdsNone, output });
    });
  });
}

/** @param {string[]} files @param {number} atOnce @param {NodeJS.ProcessEnv} env */
async function allOf(files, atOnce, env) {
  const left = files.entries();
  /** @type {Run[]} */
  const runs = [];
  const work = async () => {
    for (const [place, file] of left) runs[place] = await ran(file, env);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return runs;
}

/** What ran at first, and did not pass later. @param {Run} first @param {Run} second */
function leftOut(first, second) {
  const { passed, failed } = namesIn(first.output);
  const later = namesIn(second.output).passed;
  return [...passed, ...failed].filter((name) => {
    if (isItself(first.file)(name)) return false;
    const place = later.indexOf(name);
    if (place !== -1) later.splice(place, 1);
    return place === -1;
  });
}

/** @param {Run} first @param {Run} [second] @returns {Verdict} */
function verdictOf(first, second) {
  const { file, output } = first;
  if (first.ok) return { run: first, told: "" };
  const atFirst = withoutPassed(output);
  if (!second) return { run: first, told: `failed: ${file}\n${atFirst}` };
  const missing = leftOut(first, second);
  const ok = second.ok && missing.length === 0;
  const run = { ...second, ok };
  if (ok) return { run, told: `not at its first try: ${file}\n${atFirst}` };
  const told = `failed twice: ${file}\n${atFirst}\nat its second try: ${withoutPassed(second.output)}`;
  return { run, told: [told, "without:", ...missing].join("\n  ") };
}

/**
 * @param {string[]} where files, and folders of `*.test.mjs`
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Outcome>}
 */
export async function runTests(where, env) {
  const files = filesOf(where);
  if (files.length === 0)
    return { passed: 0, failed: 1, skipped: 0, told: "no test file is there" };
  const first = await allOf(files, AT_ONCE, env);
  const failing = first.filter(({ ok }) => !ok).map(({ file }) => file);
  const second = await allOf(failing.length > FEW ? [] : failing, 1, env);
  const verdicts = first.map((run) =>
    verdictOf(
      run,
      second.find(({ file }) => file === run.file),
    ),
  );
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { run } of verdicts) {
    const { passed, failed, skipped } = countsIn(run.output);
    total.passed += passed;
    total.failed += run.ok ? 0 : failed || 1;
    total.skipped += skipped;
  }
  const told = verdicts.map(({ told }) => told).filter(Boolean);
  return { ...total, told: told.join("\n") };
}
