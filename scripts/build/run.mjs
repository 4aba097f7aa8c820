// @ts-check
/**
 * Runs a tool of the build; quiet as long as it succeeds.
 */
import { spawnSync } from "node:child_process";
import { inRoot } from "../setup/paths.mjs";
import { env } from "../setup.mjs";

/**
 * @param {string} command
 * @param {string[]} parameters
 */
export function run(command, parameters) {
  const done = spawnSync(command, parameters, {
    cwd: inRoot(),
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
