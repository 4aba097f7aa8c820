// @ts-check
/**
 * Workers in plain workerd, one process each and nothing in between: no
 * wrangler, no simulated cache in the same process, so that the CPU time of the
 * process is the cost of the worker.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { BenchError, start, temporaryFolder } from "./children.mjs";

/** @type {string} */
const WORKERD = createRequire(import.meta.url)("workerd").default;
const COMPATIBILITY_DATE = "2026-04-24";

/** @typedef {{ name: string, modules: { file: string, content: Buffer }[] }} Build the entry first */
/** @typedef {{ name: string, port: number, child: import("./children.mjs").ChildProcess }} Worker */

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
  return { name, modules };
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
 * @returns {Promise<Worker>}
 */
export async function startWorker({ name, modules }, origin, way) {
  const folder = temporaryFolder();
  for (const { file, content } of modules) {
    writeFileSync(join(folder, file), content);
  }
  const config = join(folder, "config.capnp");
  writeFileSync(config, configuration(modules, origin, way));
  const args = ["serve", config, "--control-fd=3"];
  const quiet = ["ignore", "inherit", "inherit", "pipe"];
  const child = start(
    WORKERD,
    args,
    /** @type {import("node:child_process").StdioOptions} */ (quiet),
  );
  return { name, port: await listening(child, name), child };
}

/**
 * @param {Build["modules"]} modules
 * @param {import("./origin.mjs").Origin} origin
 * @param {Way} way
 */
function configuration(modules, { port, storePort }, way) {
  const embedded = modules.map(({ file }) => embed(file));
  const bindings = `(name = "ORIGIN", text = "http://127.0.0.1:${port}")`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${embedded}],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      globalOutbound = "${way}",
      cacheApiOutbound = "store",
      bindings = [${way === "origin" ? bindings : ""}],
    )),
    (name = "zone", external = (address = "127.0.0.1:${port}", http = ())),
    (name = "origin", network = (allow = ["public", "private"])),
    (name = "store", external = (address = "127.0.0.1:${storePort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

/** @param {string} file */
function embed(file) {
  const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
  return `(name = "${file}", ${kind} = embed "${file}")`;
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
