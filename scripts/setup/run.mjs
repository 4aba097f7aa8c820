// @ts-check
/**
 * Running other programs during set-up: quietly when all goes well, with the
 * end of their output when it does not, and never silent for long.
 */
import { spawn, spawnSync } from "node:child_process";
import { ROOT } from "./paths.mjs";

/** What stops set-up: one sentence that says what to do. */
export class SetupError extends Error {}

const SIGN_OF_LIFE_MS = 20_000;
const TAIL_LINES = 15;

/** @param {string} line */
export const say = (line) => process.stdout.write(`${line}\n`);

/**
 * What a quick command prints, or undefined when it is missing or fails.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | undefined}
 */
export function outputOf(command, args) {
  const done = spawnSync(command, args, { encoding: "utf8", cwd: ROOT });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** @param {number} ms */
export function spoken(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Runs a command to its end. Resolves to its last lines of output and whether
 * it succeeded; says every so often that it is still at it.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [extraEnv]
 * @returns {Promise<{ ok: boolean, tail: string[] }>}
 */
export function run(command, args, extraEnv = {}) {
  const started = Date.now();
  /** @type {string[]} */
  const tail = [];
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...extraEnv },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const keep = keepTail(tail);
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const alive = setInterval(
    () => say(`      … ${spoken(Date.now() - started)}: ${tail.at(-1) ?? ""}`),
    SIGN_OF_LIFE_MS,
  );
  return new Promise((resolve) => {
    /** @param {boolean} ok */
    const end = (ok) => {
      clearInterval(alive);
      resolve({ ok, tail });
    };
    child.on("error", (error) => {
      tail.push(error.message);
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

/** @param {string[]} tail */
function keepTail(tail) {
  let partial = "";
  return (/** @type {Buffer} */ chunk) => {
    const lines = (partial + chunk.toString()).split(/\r?\n/);
    partial = lines.pop() ?? "";
    tail.push(...lines.map((line) => line.trim()).filter(Boolean));
    tail.splice(0, tail.length - TAIL_LINES);
  };
}

/** @param {string[]} tail */
export const indented = (tail) =>
  tail.map((line) => `      ${line}`).join("\n");
