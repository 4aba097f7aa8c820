// @ts-check
/**
 * The built worker in the Workers runtime, with whatever bindings a test wants,
 * behind the local runtime's own simulation of the Cache API.
 */
import { SCRATCH, scratchPath } from "./scratch.mjs";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare, Response } from "miniflare";
import { WorkerLog } from "./log.mjs";
import { childrenOf } from "./processes.mjs";

/**
 * @typedef {object} WorkerOptions
 * @property {Record<string, unknown>} [bindings]
 * @property {Code} [code] another build than the one in dist/
 * @property {string} [zone] address (host:port) of what `fetch(request)` reaches
 * @property {boolean} [keepsStore] the store outlives a restart, and so do objects
 * @property {"own" | "slow" | "broken"} [state] the object behind LASTGOOD_STATE:
 *   the worker's own class, or one that never answers or always throws
 * @property {Tiers} [tiers] what its further tiers are bound to
 * @property {number} [beside] so many more of the same, with the same object: each
 *   is a worker, as local isolates cannot be told apart
 */
/**
 * - `kv`, `r2`: names of the runtime's own
 * - `assets`: the files behind ASSETS
 * - `odd`: stores that are not as they should be, by their names
 * @typedef {{ kv?: string[], r2?: string[], assets?: Record<string, string>,
 *   odd?: Record<string, "hangs" | "throws" | "counts"> }} Tiers
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
function runtimeOptions(options, log) {
  return {
    workers: [
      ...sites(options),
      ...otherStates(options),
      ...oddStores(options),
    ],
    cachePersist: options.keepsStore ? scratchPath("store") : undefined,
    durableObjectsPersist: options.keepsStore
      ? scratchPath("objects")
      : undefined,
    cf: false,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (
      /** @type {NodeJS.ReadableStream} */ stdout,
      /** @type {NodeJS.ReadableStream} */ stderr,
    ) => [stdout, stderr].forEach((stream) => log.follow(stream)),
  };
}

/** The worker, and those beside it. @param {WorkerOptions} options */
function sites({ bindings, code, zone, state, tiers, beside = 0 }) {
  const [script, className] =
    state === "own" ? ["site", "LastgoodState"] : ["state", state];
  const site = {
    ...compatibility(),
    modules: modules(code ?? builtCode()),
    modulesRoot: "/",
    bindings,
    cache: true,
    ...bindingsOf(tiers),
    outboundService: zone && { external: { address: zone, http: {} } },
  };
  return Array.from({ length: beside + 1 }, (_, index) => {
    const scriptName = index || script !== "site" ? script : undefined;
    const durableObjects = state && {
      LASTGOOD_STATE: { className, scriptName },
    };
    const name = index ? `site-${index}` : "site";
    return { ...site, name, durableObjects };
  });
}

/** @param {Tiers} [tiers] */
function bindingsOf({ kv, r2, assets, odd = {} } = {}) {
  const bound = Object.entries(odd).map(([name, entrypoint]) => [
    name,
    { name: "stores", entrypoint },
  ]);
  return {
    kvNamespaces: kv,
    r2Buckets: r2,
    assets: assets && shipped(assets),
    serviceBindings: Object.fromEntries(bound),
  };
}

/** @param {Record<string, string>} files */
function shipped(files) {
  const directory = scratchPath("assets");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
  const routerConfig = {
    has_user_worker: true,
    invoke_user_worker_ahead_of_assets: true,
  };
  return { directory, binding: "ASSETS", routerConfig };
}

/** Stores that hang, throw, or tell of each write. @param {WorkerOptions} options */
function oddStores({ tiers }) {
  if (!tiers?.odd) return [];
  const script = `import { WorkerEntrypoint } from "cloudflare:workers";
    const store = (act) => class extends WorkerEntrypoint {
      get(key) { return act("get", key); }
      getWithMetadata(key) { return act("get", key); }
      put(key) { return act("put", key); }
      delete(key) { return act("delete", key); }
    };
    // The runtime would notice a promise that nothing can resolve.
    export const hangs = store(() => scheduler.wait(60_000));
    export const throws = store(() => { throw new Error("out of order"); });
    export const counts = store((what, key) => {
      console.log(JSON.stringify({ lastgood: "store", what, key }));
      return null;
    });
    export default {};`;
  return [{ ...compatibility(), name: "stores", modules: true, script }];
}

/** Objects that are not as they should be. @param {WorkerOptions} options */
function otherStates({ state }) {
  if (!state || state === "own") return [];
  const script = `import { DurableObject } from "cloudflare:workers";
    export class slow extends DurableObject {
      merge() { return new Promise(() => {}); }
      purge() { return new Promise(() => {}); }
      purges() { return new Promise(() => {}); }
    }
    export class broken extends DurableObject {
      merge() { throw new Error("out of order"); }
    }
    export default {};`;
  const durableObjects = { STATE: state };
  return [
    {
      ...compatibility(),
      name: "state",
      modules: true,
      script,
      durableObjects,
    },
  ];
}

/** @param {any} options @param {number} port */
async function startRuntime({ workers, ...options }, port) {
  const before = childrenOf(process.pid);
  const listening = workers.map((/** @type {any} */ worker) => {
    const own = worker.name === "site" ? port : 0;
    const sockets = [{ host: "127.0.0.1", port: own }];
    return { ...worker, unsafeDirectSockets: sockets };
  });
  const runtime = new Miniflare({ ...options, workers: listening });
  await runtime.ready;
  const names = workers.map((/** @type {any} */ worker) => worker.name);
  const ports = await Promise.all(
    names.map(async (/** @type {string} */ name) =>
      Number((await runtime.unsafeGetDirectURL(name)).port),
    ),
  );
  const born = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  return { runtime, ports, pid: born[0] };
}

/** @param {WorkerOptions} [options] */
export async function startWorker(options = {}) {
  process.env.TMPDIR = SCRATCH;
  const log = new WorkerLog();
  const fixed = runtimeOptions(options, log);
  let running = await startRuntime(fixed, 0);
  const [port] = running.ports;
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
    /** The runtime's own stores. */
    kv: (/** @type {string} */ name) =>
      running.runtime.getKVNamespace(name, "site"),
    r2: (/** @type {string} */ name) =>
      running.runtime.getR2Bucket(name, "site"),
    /** Removes what is stored under a URL, in this data centre only. @param {string} url */
    async lose(url) {
      const store = await (await running.runtime.getCaches()).open("lastgood");
      await store.delete(url);
    },
    /**
     * Puts something into its store.
     * @param {string} url @param {string} body @param {Record<string, string>} headers
     */
    async store(url, body, headers) {
      const store = await (await running.runtime.getCaches()).open("lastgood");
      const lasting = { "cache-control": "max-age=600", ...headers };
      await store.put(url, new Response(body, { headers: lasting }));
    },
    /** Where those beside it listen. */
    portBeside: (/** @type {number} */ index) => running.ports[index + 1],
    /** Runs the cron trigger; resolves when all of it is over. */
    async cron() {
      const worker = await running.runtime.getWorker();
      return worker.scheduled({ cron: "* * * * *" });
    },
    async restart() {
      await running.runtime.dispose();
      running = await startRuntime(fixed, port);
    },
    stop: () => running.runtime.dispose(),
  };
}
