// @ts-check
/**
 * Node itself and the packages of package-lock.json. Everything else in this
 * repository may be imported only after this has run.
 */
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { SetupError, indented, run, say } from "./run.mjs";

const NODE_AT_LEAST = [20, 3];

export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantMajor, wantMinor] = NODE_AT_LEAST;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new SetupError(
    `This is Node ${process.versions.node}, and ${NODE_AT_LEAST.join(".")} is the oldest that works: install a newer one (https://nodejs.org), then start again.`,
  );
}

export async function ensurePackages() {
  if (packagesMatchLock()) return;
  say("    Installing the Node packages (npm ci, about a minute) …");
  const args = ["ci", "--no-audit", "--no-fund"];
  const { ok, tail } = await run("npm", args);
  if (ok) return;
  say(indented(tail));
  throw new SetupError(
    "npm ci failed: see its words above, make `npm ci` work in this folder, then start again.",
  );
}

/** npm writes what it really installed beside the packages: compare the two. */
function packagesMatchLock() {
  const wanted = readPackages(inRoot("package-lock.json"));
  const present = readPackages(inRoot("node_modules", ".package-lock.json"));
  if (!wanted || !present) return false;
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== "" && !entry.optional)
    .every(([path, entry]) => present[path]?.version === entry.version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function readPackages(file) {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
