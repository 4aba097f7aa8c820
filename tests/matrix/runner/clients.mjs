// @ts-check
/** The clients: what they are called, what they are made of, and their bundles. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The column that has to be right everywhere. */
export const OURS = "lastgood";

/** Each client with the packages it stands for. */
const PACKAGES = {
  [OURS]: [],
  fetch: [],
  ky: ["ky"],
  "axios-retry": ["axios-retry", "axios"],
  "p-retry": ["p-retry"],
  cockatiel: ["cockatiel"],
  workbox: ["workbox-strategies", "workbox-background-sync"],
};

export const CLIENTS = Object.keys(PACKAGES);

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The versions of a client's packages, for the record. @param {string} client */
export function versionOf(client) {
  const names = PACKAGES[/** @type {keyof typeof PACKAGES} */ (client)];
  return names.map((name) => `${name} ${packageVersion(name)}`).join(", ");
}

/** As the lock file has it: not every package lets its manifest be read. @param {string} name */
function packageVersion(name) {
  const lock = JSON.parse(
    readFileSync(here("../../../package-lock.json"), "utf8"),
  );
  return lock.packages[`node_modules/${name}`].version;
}

/** @param {string} entry @param {Record<string, string>} alias */
async function bundled(entry, alias) {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    alias,
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** A page's script that asks through this client. @param {string} client */
export const pageScript = (client) =>
  bundled("../page/entry.js", {
    "the-client": here(`../clients/${client}.js`),
  });

/** The page's script for measuring time, with all that are compared. */
export const costScript = () => bundled("../page/cost.js", {});

/** What `/sw.js` is, if the client needs it. @param {string} client */
export const workerScript = async (client) =>
  client === "workbox" ? bundled("../clients/workbox-worker.js", {}) : "";
