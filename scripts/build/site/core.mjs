// @ts-check
/** The playground's module in Node: pages are made of what the core itself says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * The module of a build, ready to be used.
 * @param {string} folder
 * @returns {Promise<typeof import("lastgood-playground")>}
 */
export async function loadCore(folder) {
  const wasm = readFileSync(join(folder, "lastgood_bg.wasm"));
  // One process may build it, and use what it built.
  const address = pathToFileURL(join(folder, "lastgood.js"));
  address.searchParams.set("bytes", String(wasm.length));
  const core = await import(address.href);
  core.initSync({ module: wasm });
  return core;
}
