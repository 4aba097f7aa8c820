// @ts-check
/**
 * Workers in plain workerd, one process each and nothing in between: no
 * wrangler, no simulated cache in the same process, so that the CPU time of the
 * process is the cost of the worker.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { BenchError, start, temporaryFolder } from "./children.mjs";

/** @type {string} */
const WORKERD = createRequire(import.meta.url)("workerd").default;

/**
 * @typedef {object} Build
 * @property {string} name
 * @property {{ file: string, content: Buffer }[]} modules the entry first
 * @property {string[]} flags of the runtime
 */
/** @typedef {Record<string, unknown>} Bindings */
/** @typedef {{ name: string, port: number, child: import("./children.mjs").ChildProcess }} Worker */

/** What `wrangler.toml` deploys lastgood with; the date holds for all. */
const DEPLOYED = compatibility(
  readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8"),
);

/** @param {string} toml */
function compatibility(toml) {
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(toml)?.[1];
  const flags = /^compatibility_flags = (\[[^\]]*\])$/m.exec(toml)?.[1];
  if (!date) throw new BenchError("wrangler.toml: no compatibility_date");
  return { date, flags: /** @type {string[]} */ (JSON.parse(flags ?? "[]")) };
}

/**
 * A build as it is now: it may be built again while it is measured.
 * @param {string} name
 * @param {...string} paths the entry first
 * @returns {Build}
 */
export function readBuild(name, ...paths) {
  const modules = paths.map((path) => ({
    file: basename(path),
    content: readFileSync(path),
  }));
  return { name, modules, flags: [] };
}

/**
 * A build of lastgood, with the flags that it is deployed with.
 * @param {string} folder
 */
export function readOurs(folder) {
  const files = ["worker.js", "lastgood.wasm"].map((file) =>
    join(folder, file),
  );
  return { ...readBuild("lastgood", ...files), flags: DEPLOYED.flags };
}

/**
 * Where a worker's requests go: the zone's own origin, or the one named by
 * `ORIGIN`, which the worker itself has to write into every URL.
 * @typedef {"zone" | "origin"} Way
 */

/**
 * @param {Build} build
 * @param {import("./origin.mjs").Origin} origin
 * @param {Way} way
 * @param {Bindings} [chosen] besides `ORIGIN`
 * @returns {Promise<Worker>}
 */
export async function startWorker(build, origin, way, chosen) {
  const { name, modules } = build;
  const folder = temporaryFolder();
  for (const { file, content } of modules) {
    writeFileSync(join(folder, file), content);
  }
  const config = join(folder, "config.capnp");
  writeFileSync(config, configuration(build, origin, way, chosen ?? {}));
  const args = ["serve", config, "--control-fd=3"];
  // Degraded requests leave a line each.
  const quiet = ["ignore", "ignore", "pipe", "pipe"];
  const child = start(
    WORKERD,
    args,
    /** @type {import("node:child_process").StdioOptions} */ (quiet),
  );
  passOnComplaints(child);
  return { name, port: await listening(child, name), child };
}

/**
 * @param {Build} build
 * @param {import("./origin.mjs").Origin} origin
 * @param {Way} way
 * @param {Bindings} chosen
 */
function configuration({ modules, flags }, { port, storePort }, way, chosen) {
  const embedded = modules.map(({ file }) => embed(file));
  const named = way === "origin" ? { ORIGIN: `http://127.0.0.1:${port}` } : {};
  const bindings = Object.entries({ ...chosen, ...named }).map(bind);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${embedded}],
      compatibilityDate = "${DEPLOYED.date}",
      compatibilityFlags = ${JSON.stringify(flags)},
      globalOutbound = "${way}",
      cacheApiOutbound = "store",
      bindings = [${bindings}],
    )),
    (name = "zone", external = (address = "127.0.0.1:${port}", http = ())),
    (name = "origin", network = (allow = ["public", "private"])),
    (name = "store", external = (address = "127.0.0.1:${storePort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

/** @param {[string, unknown]} binding */
function bind([name, value]) {
  const isText = typeof value === "string";
  const text = JSON.stringify(isText ? value : JSON.stringify(value));
  return `(name = "${name}", ${isText ? "text" : "json"} = ${text})`;
}

/** @param {string} file */
function embed(file) {
  const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
  return `(name = "${file}", ${kind} = embed "${file}")`;
}

/**
 * What the runtime complains of, but not that a load went away in the middle of
 * an answer.
 * @param {import("./children.mjs").ChildProcess} child
 */
function passOnComplaints({ stderr }) {
  if (!stderr) return;
  let isOurs = false;
  createInterface({ input: stderr }).on("line", (line) => {
    const goesOn = line.startsWith("stack: ");
    if (!goesOn) isOurs = line.includes(" disconnected: ");
    if (!isOurs) console.error(line);
  });
}

/**
 * @param {import("./children.mjs").ChildProcess} child
 * @param {string} name
 * @returns {Promise<number>}
 */
function listening(child, name) {
  return new Promise((resolve, reject) => {
    let told = "";
    child.stdio[3]?.on("data", (/** @type {Buffer} */ data) => {
      told += data;
      const port = /"port":(\d+)/.exec(told)?.[1];
      if (port) resolve(Number(port));
    });
    child.once("exit", () => reject(new BenchError(`${name} did not start`)));
  });
}
