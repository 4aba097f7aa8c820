// @ts-check
/** The worker as built, and one that only passes requests on, in the Workers runtime. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.mjs";
import { startWorker } from "../../tests/support/worker.mjs";

/** @typedef {import("./replay.mjs").Gateway} Gateway */
/** @typedef {import("../../tests/support/worker.mjs").Code} Code */

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @param {string} dir @returns {Code} */
const codeIn = (dir) => ({
  script: readFileSync(join(dir, "worker.js"), "utf8"),
  wasm: readFileSync(join(dir, "lastgood.wasm")),
});

/** @param {string} [dir] */
async function readCode(dir) {
  const built = here("../../dist/worker");
  if (!dir && !existsSync(join(built, "worker.js"))) await build();
  return codeIn(dir ?? built);
}

/** @param {string} name @param {Code} code @param {object} lastgood @returns {Gateway} */
const inRuntime = (name, code, lastgood) => ({
  name,
  start: (originPort) => {
    const ORIGIN = `http://127.0.0.1:${originPort}`;
    return startWorker({ code, bindings: { ORIGIN, LASTGOOD: lastgood } });
  },
});

/**
 * With the settings it is shipped with, but for what the command line asks for.
 * @param {{ worker?: string, mode: string, rescue: string }} options
 */
export async function lastgood({ worker, mode, rescue }) {
  const settings = {
    ...(mode !== "standby" && { mode }),
    ...(rescue !== "auto" && { rescue }),
  };
  const name = `worker, ${mode}${rescue === "auto" ? "" : `, rescue ${rescue}`}`;
  return inRuntime(name, await readCode(worker), settings);
}

/** @param {{ worker?: string }} options */
export async function passThrough({ worker }) {
  const { wasm } = await readCode(worker);
  const script = readFileSync(here("../plain.js"), "utf8");
  return inRuntime("fetch, passed on", { script, wasm }, {});
}
