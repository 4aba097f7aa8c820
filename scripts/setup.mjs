// @ts-check
/**
 * Makes a fresh machine ready, so that the first thing anybody types in a new
 * clone works. Uses nothing but Node's own modules, because it runs before
 * there are any others. What is already there costs milliseconds.
 */
import { delimiter, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { ensurePackages, requireNode } from "./setup/node.mjs";
import { SYSTEM, ensureSystem } from "./setup/packages.mjs";
import { inRoot } from "./setup/paths.mjs";
import { SetupError, say } from "./setup/run.mjs";
import {
  CARGO_TOOLS,
  ensureTarget,
  ensureTool,
  requireRust,
  toolPath,
  toolPresent,
} from "./setup/rust.mjs";

export { SetupError };

/** @typedef {"wasm-bindgen" | "wasm-pack" | "chromium" | "nginx" | "php" | "requests"} Need */

/** What the local worker and the switchboard need. @type {Need[]} */
export const FOR_START = ["wasm-bindgen", "wasm-pack"];

/** What the whole test run needs. @type {Need[]} */
export const FOR_TEST = [...FOR_START, "chromium", "nginx", "php", "requests"];

/**
 * Makes everything in `needs` ready, besides Node, its packages, Rust and the
 * wasm target, which everything needs. Throws a {@link SetupError} whose
 * message says what to do.
 * @param {Need[]} needs
 */
export async function ensure(needs) {
  requireNode();
  await ensurePackages();
  requireRust();
  const tools = needs.filter((need) => need in CARGO_TOOLS);
  const absent = tools.filter((need) => !toolPresent(CARGO_TOOLS[need]));
  await ensureSystem(systemNeeds(needs, absent));
  await ensureTarget();
  await ensureTools(absent.map((need) => CARGO_TOOLS[need]));
}

/** @param {import("./setup/rust.mjs").CargoTool[]} absent */
async function ensureTools(absent) {
  const minutes = absent.reduce((sum, tool) => sum + tool.minutes, 0);
  if (absent.length > 1) {
    say(
      `    ${absent.length} tools to compile, about ${minutes} minutes in all.`,
    );
  }
  for (const tool of absent) await ensureTool(tool);
}

/**
 * @param {Need[]} needs
 * @param {Need[]} absent tools that have to be compiled
 */
function systemNeeds(needs, absent) {
  return ["linker", ...needs.filter((need) => need in SYSTEM)];
}

/**
 * The environment in which the build's tools find each other and nothing is
 * fetched behind anybody's back.
 * @returns {NodeJS.ProcessEnv}
 */
export function env() {
  const tools = Object.values(CARGO_TOOLS).map(toolPath);
  const folders = [...tools.map(dirname), inRoot("node_modules", ".bin")];
  return {
    ...process.env,
    PATH: [...folders, process.env.PATH].join(delimiter),
    WASM_BINDGEN_BIN: toolPath(CARGO_TOOLS["wasm-bindgen"]),
    WASM_OPT_BIN: inRoot("node_modules", ".bin", "wasm-opt"),
    ESBUILD_BIN: esbuildBinary(),
    ...WRANGLER_ENV,
  };
}

/** Quiet, offline, and asking nothing. */
export const WRANGLER_ENV = {
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

function esbuildBinary() {
  const name = `${process.platform}-${process.arch}`;
  return inRoot("node_modules", "@esbuild", name, "bin", "esbuild");
}

/**
 * For the commands: set-up with its messages, ending the process in one
 * sentence when something is in the way.
 * @param {Need[]} needs
 */
export async function ensureOrExit(needs) {
  try {
    await ensure(needs);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

async function main() {
  const began = Date.now();
  say("Making this machine ready to build and test lastgood:");
  await ensureOrExit(FOR_TEST);
  say(
    `    Everything is there (${((Date.now() - began) / 1000).toFixed(1)} s).`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
