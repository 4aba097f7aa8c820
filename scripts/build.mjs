// @ts-check
/**
 * Builds what runs: the worker and the browser module, into dist/.
 *
 * Each is built only if something it is made of changed since; a digest of the
 * sources beside the result tells. Everything is local: worker-build and
 * wasm-pack are pointed at tools that set-up installed, so nothing is fetched.
 */
import binaryenModule from "binaryen";
import { build as bundle } from "esbuild";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { env } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (/** @type {string[]} */ ...parts) => join(root, ...parts);

/**
 * @param {{ worker?: boolean, browser?: boolean, quiet?: boolean }} what
 */
export async function build({
  worker = true,
  browser = true,
  quiet = false,
} = {}) {
  if (worker) await once("worker", buildWorker, quiet);
  if (browser) await once("browser", buildBrowser, quiet);
}

/**
 * @param {string} name
 * @param {(out: string) => Promise<void>} make
 * @param {boolean} quiet
 */
async function once(name, make, quiet) {
  const digest = sources();
  const stamp = at("dist", name, ".digest");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  if (!quiet)
    console.log(`building the ${name} (about a minute the first time) …`);
  const start = performance.now();
  // Built aside and swapped in, so that a failed build leaves the last good one.
  const aside = at("dist", `${name}.new`);
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  await make(aside);
  writeFileSync(join(aside, ".digest"), digest);
  rmSync(at("dist", name), { recursive: true, force: true });
  renameSync(aside, at("dist", name));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (!quiet)
    console.log(
      `built the ${name} in ${seconds} s: ${gzipped(name)} bytes gzipped`,
    );
}

/** @param {string} out */
async function buildWorker(out) {
  const made = at("build", "edge");
  run("cargo", [
    "build",
    "--release",
    "--lib",
    "--target",
    TARGET,
    "--features",
    "edge",
  ]);
  const wasm = at("target", TARGET, "release", "lastgood.wasm");
  run("wasm-bindgen", [
    "--target",
    "module",
    ...RESET,

    "--out-dir",
    made,
    wasm,
  ]);
  asWorkersImport(join(made, "lastgood.js"));
  const script = join(out, "worker.js");
  await bundle({
    entryPoints: [at("src", "edge", "entry.js")],
    outfile: script,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    alias: { "lastgood-core": join(made, "lastgood.js") },
    external: ["cloudflare:*"],
    define: EXPLICIT_FREE,
    plugins: [besideTheWorker],
    logLevel: "warning",
  });
  const pruned = join(made, "pruned.wasm");
  stub(join(made, "lastgood_bg.wasm"));
  prune(join(made, "lastgood_bg.wasm"), readFileSync(script, "utf8"), pruned);
  stripped(pruned, join(out, "lastgood.wasm"));
}

const TARGET = "wasm32-unknown-unknown";

/**
 * What we make we free. Without finalisers, classes that libraries export and
 * nobody uses are dead code, and go.
 */
const EXPLICIT_FREE = {
  FinalizationRegistry: "undefined",
  "Symbol.dispose": "undefined",
};

/** Lets the glue start a new instance after a trap. */
const RESET = [
  "--experimental-reset-state-function",
  "--force-enable-abort-handler",
];

/**
 * Workers import a compiled module by an ordinary import.
 * @param {string} glue
 */
function asWorkersImport(glue) {
  const script = readFileSync(glue, "utf8");
  writeFileSync(glue, script.replace("import source ", "import "));
}

/** The wasm is a module of its own, beside the script. */
const besideTheWorker = {
  name: "wasm",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, () => ({
      path: "./lastgood.wasm",
      external: true,
    }));
  },
};

/**
 * Drops what only unused exports reach: libraries export classes of their own,
 * which the bundled script does not mention.
 * @param {string} from
 * @param {string} script
 * @param {string} to
 */
function prune(from, script, to) {
  const names = exportNames(from);
  const used = names.filter((name) => script.includes(name));
  const graph = names.map((name) => ({ name: `export ${name}`, export: name }));
  const outside = {
    name: "outside",
    root: true,
    reaches: used.map((name) => `export ${name}`),
  };
  const file = `${to}.graph.json`;
  writeFileSync(file, JSON.stringify([outside, ...graph]));
  binaryen("wasm-metadce", ["--graph-file", file, from, "-o", to]);
}

/**
 * Functions that are linked because something could reach them as far as the
 * linker knows, and that nothing does: the exact printing of floats and of
 * quoted strings, which only messages of our dependencies compose; and futures,
 * for nothing here is asynchronous Rust. Should one be called all the same, it
 * traps, like the panic it would have become.
 */
const UNREACHED =
  /^<?(core|str as core|char as core)\b.*::(num::flt2dec|fmt::float|str::slice_error_fail_rt|fmt::Debug>::fmt)|^<?(js_sys::futures|wasm_streams|futures_)/;

/** Prints a panic to a standard error that does not exist. */
const SILENT = /^std\b.*::panicking::default_hook$/;

/** @param {string} file */
function stub(file) {
  /** @type {any} the package's types leave half of it out */
  const binaryen = binaryenModule;
  const module = binaryen.readBinary(readFileSync(file));
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const fn = module.getFunctionByIndex(index);
    const { name } = binaryen.getFunctionInfo(fn);
    if (UNREACHED.test(name))
      binaryen.Function.setBody(fn, module.unreachable());
    if (SILENT.test(name)) binaryen.Function.setBody(fn, module.nop());
  }
  writeFileSync(file, module.emitBinary());
  module.dispose();
}

/** @param {string} wasm */
function exportNames(wasm) {
  const listed = binaryen("wasm-dis", [wasm]);
  return [...listed.matchAll(/^ \(export "([^"]+)"/gm)].map(
    (found) => found[1],
  );
}

/** @param {string} out */
async function buildBrowser(out) {
  const made = at("build", "browser");
  run("wasm-pack", [
    "build",
    "--release",
    "--target",
    "web",
    "--out-dir",
    made,
    "--out-name",
    "lastgood",
    "--no-pack",
    "--mode",
    "no-install",
    "--",
    "--features",
    "browser",
  ]);
  cpSync(join(made, "lastgood.d.ts"), join(out, "lastgood.d.ts"));
  await bundle({
    entryPoints: [join(made, "lastgood.js")],
    outfile: join(out, "lastgood.js"),
    minify: true,
    format: "esm",
    target: "es2022",
  });
  stub(join(made, "lastgood_bg.wasm"));
  stripped(join(made, "lastgood_bg.wasm"), join(out, "lastgood_bg.wasm"));
}

/** Features that every runtime in question has; newer ones stay out. */
const FEATURES = [
  "mutable-globals",
  "sign-ext",
  "nontrapping-float-to-int",
  "bulk-memory",
  "multivalue",
  "reference-types",
  "exception-handling",
];

/**
 * Optimises for size and leaves names out, which are a quarter of the file.
 * @param {string} from
 * @param {string} to
 */
function stripped(from, to) {
  binaryen("wasm-opt", [
    "-Oz",
    "--converge",
    "--strip-debug",
    "--strip-producers",
    from,
    "-o",
    to,
  ]);
}

/**
 * @param {string} tool
 * @param {string[]} parameters
 */
function binaryen(tool, parameters) {
  const script = createRequire(import.meta.url).resolve(`binaryen/bin/${tool}`);
  const features = FEATURES.map((name) => `--enable-${name}`);
  return run(process.execPath, [script, ...features, ...parameters]);
}

/**
 * @param {string} command
 * @param {string[]} parameters
 */
function run(command, parameters) {
  const done = spawnSync(command, parameters, {
    cwd: root,
    env: env(),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.status === 0) return done.stdout;
  process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`);
  throw new Error(
    `${command} failed; its output is above${done.error ? ` (${done.error.message})` : ""}`,
  );
}

/** A digest of everything that the builds read. */
function sources() {
  const hash = createHash("sha256");
  const files = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "scripts/build.mjs",
    "package-lock.json",
    ...within("src"),
  ];
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(at(file)));
  return hash.digest("hex");
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function within(folder) {
  return readdirSync(at(folder))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(at(path)).isDirectory() ? within(path) : [path];
    });
}

/**
 * The bytes that a build puts on the wire.
 * @param {string} name of a folder in dist/
 */
export function gzipped(name) {
  return readdirSync(at("dist", name))
    .filter((file) => /\.(js|wasm)$/.test(file))
    .reduce(
      (sum, file) =>
        sum +
        gzipSync(readFileSync(at("dist", name, file)), { level: 9 }).length,
      0,
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv[2];
  await build({ worker: only !== "--browser", browser: only !== "--worker" });
}
