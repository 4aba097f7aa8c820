// @ts-check
/**
 * The Rust side: the compiler, its wasm target, and the commands that turn a
 * crate into modules and test them.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CACHE, lockedVersion, onPath, toolHome } from "./paths.mjs";
import { SetupError, indented, outputOf, run, say } from "./run.mjs";

const RUSTC_AT_LEAST = 91; // of 1.x: what the `worker` crate asks for
const TARGET = "wasm32-unknown-unknown";

/**
 * @typedef {object} CargoTool
 * @property {string} crate
 * @property {string} command
 * @property {() => string} version
 * @property {string} why
 * @property {number} minutes to compile it on two cores
 */

/** @type {Record<string, CargoTool>} */
export const CARGO_TOOLS = {
  "wasm-bindgen": {
    crate: "wasm-bindgen-cli",
    command: "wasm-bindgen",
    version: lockedBindgen,
    why: "writes the JavaScript around the wasm",
    minutes: 2,
  },
  "wasm-pack": {
    crate: "wasm-pack",
    command: "wasm-pack",
    version: () => "0.15.1",
    why: "runs the tests that are wasm themselves",
    minutes: 3,
  },
};

/** The command and the library must be of one version, to the last digit. */
function lockedBindgen() {
  const version = lockedVersion("wasm-bindgen");
  if (version) return version;
  throw new SetupError(
    "Cargo.lock names no version of wasm-bindgen: restore the Cargo.lock of this repository (git checkout Cargo.lock), then start again.",
  );
}

export function requireRust() {
  const rustc = outputOf("rustc", ["--version"]);
  const minor = Number(/^rustc 1\.(\d+)/.exec(rustc ?? "")?.[1] ?? 0);
  if (minor >= RUSTC_AT_LEAST) return;
  throw new SetupError(
    rustc
      ? `This is ${rustc}, and 1.${RUSTC_AT_LEAST} is the oldest that works: run \`rustup update stable\`, then start again.`
      : "Rust is missing: install it with rustup (https://rustup.rs), open a new shell, then start again.",
  );
}

export async function ensureTarget() {
  const sysroot = outputOf("rustc", ["--print", "sysroot"]) ?? "";
  if (existsSync(join(sysroot, "lib", "rustlib", TARGET, "lib"))) return;
  if (!onPath("rustup")) {
    throw new SetupError(
      `Rust has no ${TARGET} target here and there is no rustup to add it: install Rust with rustup (https://rustup.rs), then start again.`,
    );
  }
  say(`    Adding Rust's ${TARGET} target (a few seconds) …`);
  const { ok, tail } = await run("rustup", ["target", "add", TARGET]);
  if (ok) return;
  say(indented(tail));
  throw new SetupError(
    `rustup could not add the target: make \`rustup target add ${TARGET}\` work, then start again.`,
  );
}

/** @param {CargoTool} tool */
export const toolPath = (tool) =>
  join(toolHome(tool.crate, tool.version()), "bin", tool.command);

/** @param {CargoTool} tool */
export function toolPresent(tool) {
  const path = toolPath(tool);
  if (!existsSync(path)) return false;
  return outputOf(path, ["--version"])?.split(" ").at(-1) === tool.version();
}

/** @param {CargoTool} tool */
export async function ensureTool(tool) {
  if (toolPresent(tool)) return;
  const name = `${tool.crate} ${tool.version()}`;
  say(
    `    Compiling ${name}, which ${tool.why} (about ${tool.minutes} minutes, once) …`,
  );
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, "building-"));
  try {
    await compile(tool, name, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * With the crate's own lock file where that still works; a release whose lock
 * names a withdrawn dependency is compiled with today's versions instead.
 * @param {CargoTool} tool
 * @param {string} name
 * @param {string} scratch
 */
async function compile(tool, name, scratch) {
  const locked = await cargoInstall(tool, scratch, ["--locked"]);
  if (locked.ok) return;
  say(`      ${name} does not build with its own lock file; trying without.`);
  const { ok, tail } = await cargoInstall(tool, scratch, []);
  if (ok) return;
  say(indented(tail));
  throw new SetupError(
    `cargo could not install ${name}: see its words above, make \`cargo install ${tool.crate} --version ${tool.version()}\` work, then start again.`,
  );
}

/**
 * @param {CargoTool} tool
 * @param {string} scratch
 * @param {string[]} flags
 */
function cargoInstall(tool, scratch, flags) {
  const { crate, version } = tool;
  const root = toolHome(crate, version());
  const what = ["install", crate, "--version", version(), "--root", root];
  const env = { CARGO_TARGET_DIR: scratch };
  return run("cargo", [...what, "--force", ...flags], env);
}
