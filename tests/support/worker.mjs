// @ts-check
/**
 * The built worker in the Workers runtime, with whatever bindings a test wants,
 * behind the local runtime's own simulation of the Cache API.
 */
import { SCRATCH, scratchPath } from "./scratch.mjs";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";
import { WorkerLog } from "./log.mjs";
import { childrenOf } from "./processes.mjs";

/**
 * @typedef {object} WorkerOptions
 * @property {Record<string, unknown>} [bindings]
 * @property {Code} [code] another build than the one in dist/
 * @property {string} [zone] address (host:port) of what `fetch(request)` reaches
 * @property {boolean} [keepsStore] the store outlives a restart
 */
/** @typedef {{ script: string, wasm: Uint8Array }} Code */
/** @typedef {Awaited<ReturnType<typeof startWorker>>} Worker */

const dist = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../dist/worker/${name}`, import.meta.url));

/** The worker as built. @returns {Code} */
export function builtCode() {
  try {
    return {
      script: readFileSync(dist("worker.js"), "utf8"),
      wasm: readFileSync(dist("lastgood.wasm")),
    };
  } catch {
    throw new Error("dist/worker is not there: npm run build makes it");
  }
}

/** The date and flags that the worker is deployed with. */
function compatibility() {
  const file = new URL("../../wrangler.toml", import.meta.url);
  const text = readFileSync(file, "utf8");
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(text)?.[1];
  const flags = /^compatibility_flags\s*=\s*(\[[^\]]*\])/m.exec(text)?.[1];
  return {
    compatibilityDate: date,
    compatibilityFlags: JSON.parse(flags ?? "[]"),
  };
}

/** @param {Code} code */
const modules = ({ script, wasm }) => [
  { type: "ESModule", path: "worker.js", contents: script },
  { type: "CompiledWasm", path: "lastgood.wasm", contents: wasm },
];

/** @param {WorkerOptions} options @param {WorkerLog} log @returns {any} */
function runtimeOptions({ bindings, code, zone, keepsStore }, log) {
  return {
    ...compatibility(),
    modules: modules(code ?? builtCode()),
    modulesRoot: "/",
    bindings,
    cache: true,
    cachePersist: keepsStore ? scratchPath("store") : undefined,
    outboundService: zone && { external: { address: zone, http: {} } },
    cf: false,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (
      /** @type {NodeJS.ReadableStream} */ stdout,
      /** @type {NodeJS.ReadableStream} */ stderr,
    ) => [stdout, stderr].forEach((stream) => log.follow(stream)),
  };
}

/** @param {any} options @param {number} port */
async function startRuntime(options, port) {
  const before = childrenOf(process.pid);
  const sockets = [{ host: "127.0.0.1", port }];
  const runtime = new Miniflare({ ...options, unsafeDirectSockets: sockets });
  await runtime.ready;
  const url = await runtime.unsafeGetDirectURL();
  const born = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  return { runtime, port: Number(url.port), pid: born[0] };
}

/** @param {WorkerOptions} [options] */
export async function startWorker(options = {}) {
  process.env.TMPDIR = SCRATCH;
  const log = new WorkerLog();
  const fixed = runtimeOptions(options, log);
  let running = await startRuntime(fixed, 0);
  const { port } = running;
  return {
    port,
    log,
    /** The runtime's process. */
    pid: () => running.pid,
    /**
     * What is stored under a URL, read to its end: an open body would keep the
     * runtime from stopping.
     * @param {string} url
     */
    async stored(url) {
      const store = await (await running.runtime.getCaches()).open("lastgood");
      const found = await store.match(url);
      return found ? await found.text() : null;
    },
    async restart() {
      await running.runtime.dispose();
      running = await startRuntime(fixed, port);
    },
    stop: () => running.runtime.dispose(),
  };
}
