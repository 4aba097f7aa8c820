// @ts-check
/**
 * The npm package: what can be imported from it, and what lies beside that.
 */
import { build as bundle } from "esbuild";
import {
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inRoot } from "../setup/paths.mjs";
import { run } from "./run.mjs";
import { optimise, prune } from "./shrink.mjs";

/**
 * What can be imported from the package, by its file in `src/browser/`; the types are
 * the file of the same name that ends in `.d.ts`. A new entry needs a line here.
 * @type {Record<string, string>}
 */
const EXPORTS = {
  ".": "lastgood.js",
  "./queue": "queue.js",
  "./status": "status.js",
};

/** The files of all entries, to be bundled together. */
export const MODULES = Object.values(EXPORTS);

/** All of it in one file, for who copies one to a server of their own. */
const SINGLE = "lastgood.single.js";

/** The types of each file in `queue-languages/`. */
const LANGUAGE_TYPES = "queue-language.d.ts";

const own = (/** @type {string[]} */ ...parts) =>
  inRoot("src", "browser", ...parts);

/** What wasm-pack calls the wasm. */
export const WASM = "lastgood_bg.wasm";

/**
 * Compiles the crate for pages by wasm-pack; returns where.
 * @param {string} feature
 * @param {string} name of the folder
 * @param {string[]} [more] what cargo is told besides
 */
export function pack(feature, name, more = []) {
  const made = inRoot("build", name);
  rmSync(made, { recursive: true, force: true });
  const where = [
    "--target",
    "web",
    "--out-dir",
    made,
    "--out-name",
    "lastgood",
  ];
  const how = ["--mode", "no-install", "--no-opt", "--no-pack", "--release"];
  const which = ["--features", feature, ...more];
  run("wasm-pack", ["build", ...how, ...where, "--", ...which]);
  return made;
}

/**
 * Asks the wasm for the tables of its decisions, and writes them as a module.
 * @param {string} made where the wasm is
 * @returns {Promise<string>} the module
 */
export async function writeTables(made) {
  const glue = join(made, "lastgood.js");
  const core = await import(
    `${pathToFileURL(glue)}?${process.hrtime.bigint()}`
  );
  core.initSync({ module: readFileSync(join(made, WASM)) });
  const file = join(made, "tables.js");
  writeFileSync(file, `export default ${JSON.stringify(core.tables())};\n`);
  return file;
}

/**
 * The package in one file, with one wasm in it that has the words as well.
 * @param {string} out
 * @param {import("esbuild").BuildOptions} options as for the modules
 * @param {{ wasm: string, glue: string }} whole
 */
export async function writeSingle(out, options, { wasm, glue }) {
  const bundled = (/** @type {string} */ outfile, /** @type {string} */ text) =>
    bundle({
      ...options,
      entryPoints: [own("lastgood.js")],
      outfile,
      bundle: true,
      charset: "utf8",
      alias: {
        ...options.alias,
        "lastgood-core": glue,
        "lastgood-wasm": own("inlined.js"),
      },
      plugins: [inlined("lastgood-bytes", text), withWords],
    });
  const draft = `${wasm}.draft.js`;
  await bundled(draft, "");
  prune(wasm, readFileSync(draft, "utf8"));
  optimise(wasm, wasm);
  await bundled(join(out, SINGLE), readFileSync(wasm, "latin1"));
}

/** @type {import("esbuild").Plugin} */
const withWords = {
  name: "with words",
  setup({ onResolve }) {
    const path = own("inlined-words.js");
    onResolve({ filter: /^\.\/words\.js$/ }, () => ({ path }));
  },
};

/**
 * Lets a script import wasm as a text with a character for each byte: packed on its way it
 * is a quarter smaller than in base64.
 * @param {string} name
 * @param {string} text
 * @returns {import("esbuild").Plugin}
 */
export const inlined = (name, text) => ({
  name: "inlined",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^${name}$`) }, ({ path }) => ({
      path,
      namespace: "inlined",
    }));
    onLoad({ filter: /.*/, namespace: "inlined" }, () => ({
      contents: `export default ${JSON.stringify(text)};`,
    }));
  },
});

/**
 * Writes what makes a folder of modules a package.
 * @param {string} out
 */
export function writePackage(out) {
  for (const file of Object.values(EXPORTS)) {
    const types = typesOf(file);
    cpSync(own(types), join(out, types));
  }
  cpSync(own(LANGUAGE_TYPES), join(out, LANGUAGE_TYPES));
  const singles = typesOf(SINGLE);
  writeFileSync(join(out, singles), 'export * from "./lastgood.js";\n');
  cpSync(own("README.md"), join(out, "README.md"));
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"])
    cpSync(inRoot(licence), join(out, licence));
  const manifest = `${JSON.stringify(manifestOf(readdirSync(out)), null, 2)}\n`;
  writeFileSync(join(out, "package.json"), manifest);
}

/** @param {string[]} files */
function manifestOf(files) {
  const entries = {
    ...EXPORTS,
    "./single": SINGLE,
    "./register": "register.js",
  };
  const exported = Object.entries(entries).map(([name, file]) => [
    name,
    { types: `./${typesOf(file)}`, default: `./${file}` },
  ]);
  return {
    name: "lastgood",
    version: field("version"),
    description:
      "fetch that knows what a failing gateway means: repeats what may be repeated, and nothing else",
    license: field("license"),
    keywords: ["fetch", "retry", "502", "gateway", "circuit-breaker", "wasm"],
    type: "module",
    // What defines an element.
    sideEffects: ["./queue.js", "./status.js"],
    main: "./lastgood.js",
    types: "./lastgood.d.ts",
    exports: {
      ...Object.fromEntries(exported),
      "./queue-languages/*": {
        types: `./${LANGUAGE_TYPES}`,
        default: "./queue-languages/*",
      },
      "./lastgood.wasm": "./lastgood.wasm",
      "./queue.wasm": "./queue.wasm",
      "./words.wasm": "./words.wasm",
      "./sw.js": "./sw.js",
      "./sw-off.js": "./sw-off.js",
      "./package.json": "./package.json",
    },
    files: files.filter((name) => !name.startsWith(".")),
  };
}

/** @param {string} file */
const typesOf = (file) => file.replace(/\.js$/, ".d.ts");

/**
 * What the crate says of itself.
 * @param {string} name
 */
function field(name) {
  const manifest = readFileSync(inRoot("Cargo.toml"), "utf8");
  const found = new RegExp(`^${name} = "([^"]+)"`, "m").exec(manifest);
  if (!found) throw new Error(`Cargo.toml has no ${name}`);
  return found[1];
}

/**
 * The files that a page loads before its first request: a module, what it imports
 * by all means, and the wasm.
 * @param {string} folder
 * @param {string} entry
 * @returns {string[]}
 */
export function loadedWith(folder, entry) {
  const known = new Set([entry]);
  for (const file of known) {
    const script = readFileSync(join(folder, file), "utf8");
    for (const [, name] of script.matchAll(/(?:from|import)"\.\/([^"]+)"/g))
      known.add(name);
  }
  return [...known, "lastgood.wasm"];
}
