// @ts-check
/**
 * The worker in the local Workers runtime, as `wrangler dev` runs it: with
 * this repository's wrangler.toml and wrangler's own cache, kept on disk from
 * one start to the next. Its log lines are how the switchboard knows why.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { WRANGLER_ENV } from "../setup.mjs";
import { ROOT } from "../setup/paths.mjs";

/**
 * @typedef {object} Trailed one attempt, as the worker tells it
 * @property {number} origin
 * @property {number} ms
 * @property {number} [status]
 * @property {string} [cause]
 * @property {string} [phase]
 * @property {string} [verdict]
 */

/**
 * @typedef {object} LogLine what the worker says about a degraded request
 * @property {string} [id] absent when it was noticed after the reply had begun
 * @property {string} method
 * @property {string} url path and query
 * @property {Trailed[]} trail
 * @property {string} [cause] what was noticed after the reply had begun
 * @property {"origin" | "copy" | "answer"} shown
 * @property {string} [why] why the origin was spared
 * @property {number} [status]
 * @property {number} [age]
 * @property {number} [ms]
 */

/**
 * @typedef {object} WorkerOptions
 * @property {number} port
 * @property {string} origin
 * @property {(line: LogLine) => void} onLog
 * @property {string} [persistTo] where copies are kept; wrangler's own place if absent
 * @property {string} [config] another wrangler.toml
 */

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
const KEPT_LINES = 40;

/**
 * Starts the worker and resolves when it listens.
 * @param {WorkerOptions} options
 */
export async function startWorker(options) {
  // A process group of its own: Ctrl-C reaches us first, and we end all of it.
  const child = spawn(process.execPath, [wranglerScript(), ...flags(options)], {
    cwd: ROOT,
    env: { ...process.env, ...WRANGLER_ENV, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const sweep = () => signal(child, "SIGKILL");
  process.once("exit", sweep);
  const stop = async () => {
    await end(child);
    sweep(); // whatever wrangler left behind in its group
    process.off("exit", sweep);
  };
  try {
    return { url: await ready(child, options.onLog), child, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/**
 * The address it listens on, once it does; log lines for as long as it runs.
 * @param {ChildProcess} child
 * @param {(line: LogLine) => void} onLog
 * @returns {Promise<string>}
 */
function ready(child, onLog) {
  /** @type {string[]} */
  const said = [];
  return new Promise((resolve, reject) => {
    eachLine(child, (line) => {
      said.push(line);
      said.splice(0, said.length - KEPT_LINES);
      const address = /Ready on (http:\/\/\S+)/.exec(line)?.[1];
      if (address) resolve(address);
      if (!line.startsWith('{"lastgood"')) return;
      const log = parseLog(line);
      if (log) onLog(log);
      else process.stderr.write(`${line}\n`); // about its configuration
    });
    child.once("exit", () => reject(new Error(ended(said))));
    setTimeout(() => reject(new Error(late(said))), READY_WITHIN_MS).unref();
  });
}

/**
 * @param {ChildProcess} child
 * @param {(line: string) => void} onLine
 */
function eachLine({ stdout, stderr }, onLine) {
  for (const input of [stdout, stderr]) {
    if (input) createInterface({ input }).on("line", onLine);
  }
}

/** @param {WorkerOptions} options */
function flags({ port, origin, persistTo, config }) {
  return [
    "dev",
    "--local",
    ...["--ip", "127.0.0.1", "--port", String(port)],
    ...["--inspector-port", "0"],
    ...["--var", `ORIGIN:${origin}`],
    "--show-interactive-dev-session=false",
    ...(persistTo ? ["--persist-to", persistTo] : []),
    ...(config ? ["--config", config] : []),
  ];
}

function wranglerScript() {
  const require = createRequire(import.meta.url);
  const home = dirname(require.resolve("wrangler/package.json"));
  return join(home, "bin", "wrangler.js");
}

/**
 * @param {string} line
 * @returns {LogLine | undefined}
 */
function parseLog(line) {
  try {
    const log = JSON.parse(line);
    return log.lastgood === "degraded" ? { trail: [], ...log } : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string[]} said */
const ended = (said) => `wrangler dev ended by itself:\n${said.join("\n")}`;

/** @param {string[]} said */
const late = (said) =>
  `wrangler dev was not ready within ${READY_WITHIN_MS / 1000} s:\n${said.join("\n")}`;

/** @param {ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  signal(child, "SIGTERM");
  const hard = setTimeout(() => signal(child, "SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(hard);
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} name
 */
function signal(child, name) {
  if (!child.pid) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is already gone.
  }
}
