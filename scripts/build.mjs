// @ts-check
/**
 * Builds what runs: the worker, the browser module, the playground's and the project's
 * site, into dist/.
 *
 * Each is built only if something it is made of changed since; a digest of the
 * sources beside the result tells. Everything is local: the
 * tools are those that set-up installed, and nothing is fetched.
 */
import { build as bundle } from "esbuild";
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
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import {
  MODULES,
  WASM,
  inlined,
  loadedWith,
  pack,
  writePackage,
  writeSingle,
  writeTables,
} from "./build/package.mjs";
import { writeQueueTexts } from "./build/queue-texts.mjs";
import { run } from "./build/run.mjs";
import {
  optimise,
  prune,
  refuseWords,
  shorten,
  stub,
} from "./build/shrink.mjs";
import { buildSite } from "./build/site.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (/** @type {string[]} */ ...parts) => join(root, ...parts);

/**
 * The site has the playground's module in it, and of the package its service worker.
 * @param {{ worker?: boolean, browser?: boolean, playground?: boolean, site?: boolean, quiet?: boolean }} what
 */
export async function build({
  worker = true,
  browser = true,
  site = false,
  playground = site,
  quiet = false,
} = {}) {
  const unlock = await lock();
  try {
    if (worker) await once("worker", buildWorker, quiet);
    if (browser || site) await once("browser", buildBrowser, quiet);
    if (playground) await once("playground", buildPlayground, quiet);
    if (site)
      await once("www", buildSite, quiet, [
        ...within("www"),
        ...within("docs"),
        "README.md",
        ...within("scripts/build").filter((file) => OF_SITE.test(file)),
      ]);
  } finally {
    unlock();
  }
}

/** What makes the site makes nothing else. */
const OF_SITE = /^scripts\/build\/site\b/;

/** Two builds at a time would write into each other's files. */
async function lock() {
  const file = at("dist", ".lock");
  mkdirSync(at("dist"), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch {
      if (!isHeld(file)) rmSync(file, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/**
 * Whether the build that made a lock still runs.
 * @param {string} file
 */
function isHeld(file) {
  try {
    return process.kill(Number(readFileSync(file, "utf8")), 0);
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {(out: string) => Promise<void>} make
 * @param {boolean} quiet
 * @param {string[]} also files that it is made of besides
 */
async function once(name, make, quiet, also = []) {
  const digest = sources(also);
  const stamp = at("dist", name, ".digest");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  if (!quiet)
    console.log(
      `building the ${name} (${name === "www" ? "seconds" : "about a minute the first time"}) …`,
    );
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
  if (!quiet) console.log(`built the ${name} in ${seconds} s: ${sizeOf(name)}`);
}

/** @param {string} out */
async function buildWorker(out) {
  const made = compile("edge", ["--target", "module", ...RESET], "edge");
  asWorkersImport(join(made, "lastgood.js"));
  const script = join(out, "worker.js");
  await bundle({
    ...BUNDLE,
    entryPoints: [at("src", "edge", "entry.js")],
    outfile: script,
    bundle: true,
    alias: { "lastgood-core": join(made, "lastgood.js") },
    external: ["cloudflare:*"],
    define: EXPLICIT_FREE,
    plugins: [besideTheWorker],
  });
  prune(join(made, "lastgood_bg.wasm"), readFileSync(script, "utf8"));
  optimise(join(made, "lastgood_bg.wasm"), join(out, "lastgood.wasm"));
}

/**
 * What pages load of the core: what requests need; and, when it is wanted, what decides
 * about queued writes, and what is said to people. Only the last composes texts.
 * @param {string} out
 */
async function buildBrowser(out) {
  const whole = pack("browser", "browser");
  const wordless = pack("browser", "browser-wordless", [
    "--no-default-features",
  ]);
  const tables = await writeTables(whole);
  stub(join(whole, WASM), { mute: true });
  stub(join(wordless, WASM), { mute: true, wordless: true });
  const parts = {
    lastgood: part("lastgood", wordless),
    queue: part("queue", wordless),
    words: part("words", whole),
  };
  const own = (/** @type {string} */ name) => at("src", "browser", name);
  const options = {
    ...BUNDLE,
    alias: {
      "lastgood-core": parts.lastgood.glue,
      "lastgood-queue": parts.queue.glue,
      "lastgood-words": parts.words.glue,
      "lastgood-tables": tables,
      "lastgood-texts": writeTexts(whole, join(whole, "languages")),
      "lastgood-queue-texts": writeQueueTexts(
        whole,
        join(out, "queue-languages"),
      ),
    },
    define: EXPLICIT_FREE,
  };
  await bundle({
    ...options,
    entryPoints: MODULES.map(own),
    outdir: out,
    bundle: true,
    splitting: true,
    chunkNames: "[name]-[hash]",
    alias: { ...options.alias, "lastgood-wasm": own("wasm.js") },
    external: ["./languages/*", "./queue-languages/*"],
  });
  cpSync(join(whole, "languages"), join(out, "languages"), { recursive: true });
  const scripts = readdirSync(out).filter((name) => name.endsWith(".js"));
  const script = scripts.map((name) => readFileSync(join(out, name), "utf8"));
  for (const [name, { wasm }] of Object.entries(parts)) {
    prune(wasm, script.join("\n"));
    if (name !== "words") refuseWords(wasm);
    optimise(wasm, join(out, `${name}.wasm`));
  }
  await writeSingle(out, options, part("single", whole));
  await buildServiceWorker(out);
  writePackage(out);
}

/**
 * A copy of what was compiled, with names that are its own, of which unused functions can
 * be left out.
 * @param {string} name
 * @param {string} made
 */
function part(name, made) {
  const [wasm, glue] = [`${name}.wasm`, `${name}.js`].map((file) =>
    at("build", "browser-parts", file),
  );
  mkdirSync(dirname(wasm), { recursive: true });
  cpSync(join(made, WASM), wasm);
  cpSync(join(made, "lastgood.js"), glue);
  shorten(wasm, glue, `${name[0]}$`);
  return { wasm, glue };
}

/**
 * The service worker: one script with its wasm in it, which the browser keeps with the
 * registration, so that it starts when the network is down.
 * @param {string} out
 */
async function buildServiceWorker(out) {
  const made = compile("service-worker", ["--target", "web"]);
  const [glue, wasm] = ["lastgood.js", "lastgood_bg.wasm"].map((name) =>
    join(made, name),
  );
  const own = (/** @type {string} */ name) =>
    at("src", "browser", "service-worker", name);
  const version = JSON.parse(readFileSync(at("package.json"), "utf8")).version;
  const bundled = (/** @type {string} */ outfile, /** @type {string} */ wasm) =>
    bundle({
      ...BUNDLE,
      format: "iife",
      entryPoints: [own("sw.js")],
      outfile,
      bundle: true,
      alias: { "lastgood-core": glue },
      charset: "utf8",
      plugins: [inlined("lastgood-wasm", wasm)],
      define: {
        ...EXPLICIT_FREE,
        LASTGOOD_VERSION: JSON.stringify(version),
        "import.meta.url": '""',
      },
    });
  const script = join(out, "sw.js");
  const draft = join(made, "draft.js");
  await bundled(draft, "");
  prune(wasm, readFileSync(draft, "utf8"));
  optimise(wasm, wasm);
  await bundled(script, readFileSync(wasm, "latin1"));
  for (const name of ["register.js", "sw-off.js"])
    await bundle({ ...BUNDLE, entryPoints: [own(name)], outdir: out });
  cpSync(at("src", "browser", "register.d.ts"), join(out, "register.d.ts"));
}

/**
 * Writes the texts of all languages as modules, and one that imports each by its tag.
 * @param {string} made where the latter goes
 * @param {string} out
 */
function writeTexts(made, out) {
  const folder = at("src", "answer", "languages");
  mkdirSync(out, { recursive: true });
  const tags = readdirSync(folder)
    .map((file) => file.replace(".txt", ""))
    .filter((tag) => tag !== "aliases");
  writeFileSync(join(out, "administrators.js"), asModule(administrators()));
  for (const tag of tags) {
    const lines = readFileSync(join(folder, `${tag}.txt`), "utf8").split("\n");
    const text = lines.filter((line) => line && !line.startsWith("#"));
    writeFileSync(join(out, `${tag}.js`), asModule(text.join("\n")));
    writeFileSync(join(out, `${tag}.txt`), text.join("\n"));
  }
  const importing = (/** @type {string} */ name) =>
    `  ${JSON.stringify(name)}: () => import("./languages/${name}.js"),`;
  const aliases = readFileSync(join(folder, "aliases.txt"), "utf8").matchAll(
    /^([\w-]+) = ([\w-]+)$/gm,
  );
  const usual = Object.fromEntries(
    [...aliases].map(([, alias, tag]) => [alias.toLowerCase(), tag]),
  );
  const file = join(made, "texts.js");
  writeFileSync(
    file,
    `export const files = {\n${[...tags, "administrators"].map(importing).join("\n")}\n};
export const usual = ${JSON.stringify(usual)};\n`,
  );
  return file;
}

/** @param {unknown} value */
const asModule = (value) => `export default ${JSON.stringify(value)};\n`;

/** The lines about each cause and number for those who run a site. */
function administrators() {
  const text = readFileSync(at("src", "answer", "causes.md"), "utf8");
  const sections = text.split("\n## ").slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [name, ...lines] = section.split("\n").filter(Boolean);
      return [name, lines.map((line) => line.replace(/^- /, ""))];
    }),
  );
}

/** @param {string} out */
async function buildPlayground(out) {
  const made = compile("playground", ["--target", "web"]);
  cpSync(join(made, "lastgood.js"), join(out, "lastgood.js"));
  optimise(join(made, "lastgood_bg.wasm"), join(out, "lastgood_bg.wasm"));
}

/** @type {import("esbuild").BuildOptions} */
const BUNDLE = {
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
};

const TARGET = "wasm32-unknown-unknown";

/**
 * Compiles the crate for a host and writes the glue beside it; returns where.
 * @param {string} feature
 * @param {string[]} glue how wasm-bindgen is to write it
 * @param {string} [profile] of Cargo's
 */
function compile(feature, glue, profile = "release") {
  const made = at("build", feature);
  const cargo = ["build", "--profile", profile, "--lib", "--target", TARGET];
  run("cargo", [...cargo, "--features", feature]);
  const wasm = at("target", TARGET, profile, "lastgood.wasm");
  run("wasm-bindgen", [...glue, "--out-dir", made, wasm]);
  stub(join(made, "lastgood_bg.wasm"), { mute: feature !== "edge" });
  return made;
}

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
 * A digest of everything that the builds read.
 * @param {string[]} also
 */
function sources(also) {
  const hash = createHash("sha256");
  const files = [
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "build.rs",
    "scripts/build.mjs",
    ...within("scripts/build").filter((file) => !OF_SITE.test(file)),
    "package-lock.json",
    ...within("src"),
    ...also,
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

/** @param {string} name of a folder in dist/ */
const sizeOf = (name) =>
  name === "www"
    ? `${within(join("dist", name)).length} files`
    : `${gzipped(name)} bytes gzipped`;

/** Files of the package that are counted by themselves. @type {Record<string, string[]>} */
const PARTS = {
  queue: ["queue.wasm"],
  words: ["words.wasm"],
  "service-worker": ["sw.js"],
  single: ["lastgood.single.js"],
};

/**
 * The bytes that a build puts on the wire: all of the worker; of the package what a page
 * loads before its first request, and each other wasm; of the service worker and of the
 * package in one file the script.
 * @param {string} name of a folder in dist/, or of a part of the package
 */
export function gzipped(name) {
  const apart = PARTS[name];
  const folder = at("dist", apart ? "browser" : name);
  const all = readdirSync(folder).filter((file) => /\.(js|wasm)$/.test(file));
  const files =
    name === "browser" ? loadedWith(folder, "lastgood.js") : (apart ?? all);
  return files.reduce(
    (sum, file) =>
      sum + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length,
    0,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv[2]?.replace("--", "");
  const wants = (/** @type {string} */ part) => !only || only === part;
  await build({
    worker: wants("worker"),
    browser: wants("browser"),
    playground: wants("playground") || wants("site"),
    site: wants("site"),
  });
}
