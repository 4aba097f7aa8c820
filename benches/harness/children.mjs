// @ts-check
/**
 * The programs that a benchmark starts, and what the kernel says they used.
 * Nothing that was started outlives the benchmark, however it ends.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set();

/** @type {Set<string>} */
const folders = new Set();

process.on("exit", clear);
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

/** What keeps a benchmark from running at all. */
export class BenchError extends Error {}

/**
 * Stops here if a program is missing that Debian has under the same name.
 * @param {string[]} names
 */
export function demand(...names) {
  const missing = names.filter((name) => spawnSync(name, ["-v"]).error);
  if (missing.length === 0) return;
  const list = missing.join(" ");
  throw new BenchError(
    `the benchmark needs ${list}: apt-get install -y ${list}`,
  );
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").StdioOptions} stdio
 */
export function start(command, args, stdio) {
  const child = spawn(command, args, { stdio });
  running.add(child);
  child.once("close", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/** @param {ChildProcess} child */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
}

function clear() {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true });
}

/** A folder that goes when the benchmark does. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "lastgood-bench-"));
  folders.add(folder);
  return folder;
}

/**
 * CPU time of all threads of a process, in microseconds.
 * @param {ChildProcess} child
 */
export function cpuMicros({ pid }) {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8"))
    .reduce((sum, line) => sum + Number(line.split(" ")[0]) / 1000, 0);
}

/**
 * Memory of a process in MB: now (`VmRSS`) or at its highest (`VmHWM`).
 * @param {ChildProcess} child
 * @param {"VmRSS" | "VmHWM"} field
 */
export function memoryMb({ pid }, field) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
  return Number(kb) / 1024;
}
