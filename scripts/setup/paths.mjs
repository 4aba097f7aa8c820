// @ts-check
/**
 * Where things live. The tools that cargo builds are kept per user and per
 * version, outside the checkout: a fresh clone, or a second one, finds them
 * ready, and two versions never overwrite each other.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const CACHE = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "lastgood",
);

/** @param {...string} parts */
export const inRoot = (...parts) => join(ROOT, ...parts);

/**
 * The folder a cargo tool is installed into.
 * @param {string} name
 * @param {string} version
 */
export const toolHome = (name, version) => join(CACHE, `${name}-${version}`);

/**
 * The first folder on the PATH that holds a command, as the command's path.
 * @param {string} command
 * @param {string[]} [also] folders to look into after the PATH
 * @returns {string | undefined}
 */
export function onPath(command, also = []) {
  const folders = (process.env.PATH ?? "").split(delimiter).concat(also);
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path));
}

/**
 * The version Cargo.lock has settled on for a crate.
 * @param {string} crate
 * @returns {string | undefined}
 */
export function lockedVersion(crate) {
  const lock = inRoot("Cargo.lock");
  if (!existsSync(lock)) return undefined;
  const entry = new RegExp(`name = "${crate}"\\r?\\nversion = "([^"]+)"`);
  return entry.exec(readFileSync(lock, "utf8"))?.[1];
}
