// @ts-check
/** The core as pages have it, and the script that stands in for it, both in Node. */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { scratchPath } from "../support/scratch.mjs";

const made = (/** @type {string} */ name) => inRoot("build", "browser", name);

/** @returns {Promise<any>} */
export async function compiledCore() {
  const core = await import(pathToFileURL(made("lastgood.js")).href);
  core.initSync({ module: readFileSync(made("lastgood_bg.wasm")) });
  return core;
}

/** @returns {Promise<any>} */
export async function scriptInstead() {
  const outfile = `${scratchPath("fallback")}.mjs`;
  await build({
    entryPoints: [inRoot("src", "browser", "fallback.js")],
    outfile,
    bundle: true,
    format: "esm",
    alias: { "lastgood-tables": made("tables.js") },
  });
  return import(pathToFileURL(outfile).href);
}
