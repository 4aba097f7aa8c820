// @ts-check
/**
 * Test files of Node, each in a process of its own, so that it is known which one
 * failed. Tests in real time may fail on a machine that stands still for a second:
 * where few files fail, they run once more, alone. A file that passes then has
 * passed, if it ran as many tests, and is told with what was wrong at first.
 */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { countsIn, failuresIn } from "./tap.mjs";

/** They wait most of their time: two of them at once. */
const AT_ONCE = 2;
/** More failing files than that are no accident. */
const FEW = 3;

/** @typedef {{ file: string, ok: boolean, output: string } & ReturnType<typeof countsIn>} Run */

/** @typedef {{ passed: number, failed: number, skipped: number, told: string }} Outcome `told`: what failed, also what did so once */

/** The command by which anyone runs these. @param {string[]} where */
export function commandFor(where) {
  const options = ["--test", "--test-reporter=tap"];
  return ["node", ...options, `--test-concurrency=${AT_ONCE}`, ...where];
}

/** @param {string[]} where files, and folders of `*.test.mjs` @returns {string[]} */
function filesOf(where) {
  return where.flatMap((place) =>
    statSync(place).isDirectory()
      ? readdirSync(place)
          .filter((name) => name.endsWith(".test.mjs"))
          .map((name) => path.join(place, name))
      : [place],
  );
}

/** @param {string} file @param {NodeJS.ProcessEnv} env @returns {Promise<Run>} */
function ran(file, env) {
  const child = spawn(
    process.execPath,
    ["--test", "--test-reporter=tap", file],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ file, ok: code === 0, output, ...countsIn(output) }),
    );
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

/** @param {Run} run */
const failuresOf = ({ output }) =>
  failuresIn(output)
    .map(({ text }) => text)
    .join("\n");

/** @param {Run} run @param {Run} [second] */
function told(run, second) {
  if (run.ok) return [];
  if (second?.ok) return [`not at its first try: ${run.file}`, failuresOf(run)];
  return [`failed: ${run.file}`, failuresOf(run), (second ?? run).output];
}

/**
 * @param {string[]} where files, and folders of `*.test.mjs`
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Outcome>}
 */
export async function runTests(where, env) {
  const first = await allOf(filesOf(where), AT_ONCE, env);
  const failing = first.filter(({ ok }) => !ok);
  const again = failing.length > FEW ? [] : failing.map(({ file }) => file);
  const seconds = new Map(
    (await allOf(again, 1, env)).map((run) => [run.file, run]),
  );
  /** @param {Run} run @returns {Run} */
  const last = (run) => {
    const second = seconds.get(run.file);
    if (!second) return run;
    return { ...second, ok: second.ok && second.tests >= run.tests };
  };
  const runs = first.map(last);
  const sum = (/** @type {(run: Run) => number} */ of) =>
    runs.reduce((total, run) => total + of(run), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ ok, failed }) => (ok ? 0 : failed || 1)),
    skipped: sum(({ skipped }) => skipped),
    told: first
      .flatMap((run, place) => told(run, seconds.get(run.file) && runs[place]))
      .join("\n"),
  };
}
