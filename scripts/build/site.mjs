// @ts-check
/**
 * The project's site, as files to be served: pages filled in, scripts and styles bundled
 * under names that change with them, so that browsers may keep them for ever.
 */
import { build as bundle } from "esbuild";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { inRoot } from "../setup/paths.mjs";
import { causesPage } from "./site/causes.mjs";
import { loadCore } from "./site/core.mjs";
import { headers } from "./site/headers.mjs";
import { fill } from "./site/html.mjs";
import { outagePicture } from "./site/outage.mjs";
import { readmeTable } from "./site/tables.mjs";
import { languages, textsPages } from "./site/texts.mjs";

/** Every page but those of the texts, by where it is served. */
const PAGES = {
  "/": "index.html",
  "/playground/": "playground/index.html",
  "/causes/": "causes/index.html",
  "/404": "404.html",
};

/**
 * @typedef {object} Site what the pages are filled with
 * @property {Record<string, string>} assets addresses of styles and scripts by their names
 * @property {Record<string, string>} parts
 * @property {any} core
 */

/** @param {string} out */
export async function buildSite(out) {
  const core = await loadCore(inRoot("dist", "playground"));
  const site = { assets: await assets(out), parts: parts(), core };
  const known = languages();
  const filled = {
    outage: () => outagePicture(core),
    cases: () =>
      readmeTable("cannot be expressed", {
        id: "cases",
        caption: "Failing origins, 148 cases",
        first: "Gateway",
      }),
    suite: () =>
      readmeTable("optimal", {
        id: "suite",
        caption: "As a shared cache, public suite",
        first: "Cache",
      }),
    causes: () => causesPage(core).main,
    contents: () => causesPage(core).contents,
    languages: () => String(known.length),
  };
  for (const [address, file] of Object.entries(PAGES))
    write(out, address, page(site, address, source(file), filled));
  for (const { address, values } of textsPages(core, known))
    write(out, address, page(site, address, source("texts/page.html"), values));
  writeFileSync(join(out, "_headers"), headers(Object.keys(PAGES)));
  copyServiceWorker(out);
}

/** The site's own service worker, and what it takes from the package. @param {string} out */
function copyServiceWorker(out) {
  const shipped = inRoot("dist", "browser");
  const languages = readdirSync(join(shipped, "languages"));
  cpSync(inRoot("www", "sw.js"), join(out, "sw.js"));
  for (const file of [
    "sw.js",
    ...languages
      .filter((file) => file.endsWith(".txt"))
      .map((file) => join("languages", file)),
  ])
    cpSync(join(shipped, file), join(out, "lastgood", file));
}

/** @param {string} file in www/ */
const source = (file) => readFileSync(inRoot("www", file), "utf8");

/**
 * @param {Site} site
 * @param {string} address
 * @param {string} text
 * @param {Record<string, () => string>} values
 */
function page({ assets, parts }, address, text, values) {
  const here = (/** @type {string} */ top) =>
    top.replaceAll(
      `href="/${address.split("/")[1]}/"`,
      (link) => `${link} aria-current="page"`,
    );
  return fill(text, {
    ...Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        () => fill(part, addressed(assets)),
      ]),
    ),
    top: () => here(parts.top ?? ""),
    ...addressed(assets),
    ...values,
  });
}

/** @param {Record<string, string>} assets */
const addressed = (assets) =>
  Object.fromEntries(
    Object.entries(assets).map(([name, address]) => [name, () => address]),
  );

/**
 * @param {string} out
 * @param {string} address
 * @param {string} html
 */
function write(out, address, html) {
  const path = address.endsWith("/")
    ? `${address}index.html`
    : `${address}.html`;
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), html);
}

/** What all pages have in common, by the names of the files in www/parts. */
function parts() {
  const files = readdirSync(inRoot("www", "parts"));
  return Object.fromEntries(
    files.map((file) => [
      basename(file, ".html"),
      source(`parts/${file}`).trim(),
    ]),
  );
}

/**
 * Bundles and copies what pages refer to; addresses by names such as `playground.js`.
 * @param {string} out
 */
async function assets(out) {
  const wasm = kept(out, inRoot("dist", "playground", "lastgood_bg.wasm"));
  const picture = kept(out, inRoot("docs", "switchboard.png"));
  const thread = await bundled(
    out,
    { worker: inRoot("www", "playground", "worker.js") },
    { WASM: wasm },
  );
  const rest = await bundled(
    out,
    {
      site: inRoot("www", "site", "site.css"),
      playground: inRoot("www", "playground", "main.js"),
      "playground-look": inRoot("www", "playground", "playground.css"),
      "reading-look": inRoot("www", "site", "reading.css"),
      reading: inRoot("www", "site", "reading.js"),
      offline: inRoot("www", "site", "offline.js"),
    },
    { WORKER: thread["worker.js"] },
  );
  return { ...thread, ...rest, wasm, "switchboard.png": picture };
}

/**
 * Bundles under names that change with what is in them; returns their addresses.
 * @param {string} out
 * @param {Record<string, string>} entryPoints
 * @param {Record<string, string>} known addresses that they refer to
 */
async function bundled(out, entryPoints, known) {
  const { metafile } = await bundle({
    entryPoints,
    outdir: join(out, "assets"),
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    metafile: true,
    logLevel: "warning",
    alias: {
      "lastgood-playground": inRoot("dist/playground/lastgood.js"),
      "lastgood/register": inRoot("dist/browser/register.js"),
    },
    define: Object.fromEntries(
      Object.entries(known).map(([name, at]) => [name, JSON.stringify(at)]),
    ),
  });
  const made = Object.keys(metafile.outputs).map((file) => {
    const name = basename(file).replace(/-[^-]+(?=\.\w+$)/, "");
    return [name, `/assets/${basename(file)}`];
  });
  return Object.fromEntries(made);
}

/**
 * Copies a file under a name that changes with it; returns its address.
 * @param {string} out
 * @param {string} file
 */
function kept(out, file) {
  const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
  const ending = extname(file);
  const name = `${basename(file, ending)}-${hash.slice(0, 8)}${ending}`;
  mkdirSync(join(out, "assets"), { recursive: true });
  cpSync(file, join(out, "assets", name));
  return `/assets/${name}`;
}
