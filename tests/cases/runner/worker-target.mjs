// @ts-check
/**
 * A built worker in the Workers runtime, a fresh one with an empty store for
 * each case, behind the local runtime's own simulation of the Cache API.
 *
 * The client talks to the worker's own socket, not to the local runtime's
 * front, which would recode bodies and make error pages.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";
import { configurationFor, originsFor } from "./settings.mjs";

/** @typedef {import("./load.mjs").Case} Case */
/** @typedef {import("./target.mjs").Target} Target */
/** @typedef {import("./target.mjs").Session} Session */

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const DEFAULT_WORKER = path.join(ROOT, "dist/worker");

const DEFAULT_DATE = "2026-04-24";
/** Lines of the worker's log that are kept per case. */
const LOG_LINES = 40;
/** Lines of it that are shown when the worker doesn't start. */
const LOG_LINES_SHOWN = 8;

/** @param {string} dir */
async function modulesIn(dir) {
  const script = await readFile(path.join(dir, "worker.js"), "utf8").catch(
    () => {
      throw new Error(`${dir} holds no worker.js: npm run build makes it`);
    },
  );
  const wasm = (await readdir(dir)).filter((name) => name.endsWith(".wasm"));
  const compiled = wasm.map(async (name) => ({
    type: /** @type {const} */ ("CompiledWasm"),
    path: name,
    contents: await readFile(path.join(dir, name)),
  }));
  const main = {
    type: /** @type {const} */ ("ESModule"),
    path: "worker.js",
    contents: script,
  };
  return [main, ...(await Promise.all(compiled))];
}

/** The runtime's date and flags, as the worker will be deployed with. */
async function compatibility() {
  const text = await readFile(path.join(ROOT, "wrangler.toml"), "utf8").catch(
    () => "",
  );
  const date =
    /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(text)?.[1] ?? DEFAULT_DATE;
  const flags =
    /^compatibility_flags\s*=\s*(\[[^\]]*\])/m.exec(text)?.[1] ?? "[]";
  return { compatibilityDate: date, compatibilityFlags: JSON.parse(flags) };
}

/** @param {string[]} log */
function logTo(log) {
  return (
    /** @type {NodeJS.ReadableStream} */ stdout,
    /** @type {NodeJS.ReadableStream} */ stderr,
  ) => {
    for (const stream of [stdout, stderr]) {
      stream.on("data", (bytes) =>
        log.push(...String(bytes).trimEnd().split("\n")),
      );
    }
  };
}

/** @param {Case} kase @param {(name: string) => string} urlOf */
function bindingsFor({ policy }, urlOf) {
  return {
    ORIGIN: originsFor(policy, urlOf),
    LASTGOOD: configurationFor(policy, urlOf).lastgood,
  };
}

/**
 * Where this process' runtimes keep what they write. The local runtime doesn't
 * always manage to remove its own directories, so all of them are made in one
 * that goes when the process does.
 */
function scratch() {
  const dir = mkdtempSync(path.join(os.tmpdir(), "lastgood-cases-"));
  process.env.TMPDIR = dir;
  process.on("exit", () =>
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  );
  return dir;
}

/** A store that outlives the worker, for cases that restart it. @param {Case} kase @param {string} dir */
function storeFor({ id, steps }, dir) {
  return steps.some((step) => "restart" in step)
    ? path.join(dir, `store-${id}`)
    : undefined;
}

/** @param {any} options @param {number} port */
async function startWorker(options, port) {
  const sockets = [{ host: "127.0.0.1", port }];
  const worker = new Miniflare({ ...options, unsafeDirectSockets: sockets });
  try {
    await worker.ready;
    const url = await worker.unsafeGetDirectURL();
    return { worker, port: Number(url.port) };
  } catch (error) {
    await worker.dispose().catch(() => {});
    throw error;
  }
}

/** @param {any} options @param {string[]} log @returns {Promise<Session>} */
async function openSession(options, log) {
  let running = await startWorker(options, 0);
  const { port } = running;
  return {
    gateway: {
      port,
      hostname: "127.0.0.1",
      host: `127.0.0.1:${port}`,
      restart: async () => {
        await running.worker.dispose();
        running = await startWorker(options, port);
      },
    },
    log: () => log.slice(-LOG_LINES),
    close: () => running.worker.dispose(),
  };
}

/** Starts a worker; if it doesn't start, says what it logged. @param {any} options */
async function open(options) {
  /** @type {string[]} */
  const log = [];
  try {
    return await openSession(
      { ...options, handleRuntimeStdio: logTo(log) },
      log,
    );
  } catch (error) {
    const said = log.slice(-LOG_LINES_SHOWN).join("\n");
    throw new Error(`${/** @type {Error} */ (error).message}\n${said}`);
  }
}

/** @param {string} dir */
async function fixedOptions(dir) {
  const modules = await modulesIn(dir);
  const log = new Log(LogLevel.NONE);
  return {
    ...(await compatibility()),
    modules,
    modulesRoot: "/",
    cache: true,
    cf: false,
    log,
  };
}

/**
 * @param {{ dir: string, force: boolean }} options `force` runs a case although
 *   its policy can't be expressed
 * @returns {Promise<Target>}
 */
export async function workerTarget({ dir, force }) {
  const fixed = await fixedOptions(dir);
  const dirOfRun = scratch();
  return {
    name: `the worker in ${path.relative(process.cwd(), dir) || dir}`,
    portOf: () => undefined,
    prefixFor: () => "",
    skip: ({ policy }) => {
      const { missing } = configurationFor(policy);
      return missing.length > 0 && !force
        ? `no setting for ${missing.join(", ")}`
        : null;
    },
    open: (kase, urlOf) => {
      const cachePersist = storeFor(kase, dirOfRun);
      return open({
        ...fixed,
        bindings: bindingsFor(kase, urlOf),
        cachePersist,
      });
    },
  };
}
