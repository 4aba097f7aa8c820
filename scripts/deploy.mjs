// @ts-check
/**
 * `npm run deploy`: checks the configuration, builds, and hands over to
 * wrangler. Everything after `--` goes to wrangler, `--dry-run` for instance.
 */
import { spawnSync } from "node:child_process";
import { FOR_START, ensure, env } from "./setup.mjs";

await ensure(FOR_START);
const parameters = process.argv.slice(2);
const steps = [
  [process.execPath, "scripts/check.mjs"],
  ["npx", "wrangler", "deploy", ...parameters],
];
for (const [command, ...rest] of steps) {
  const { status } = spawnSync(command, rest, { stdio: "inherit", env: env() });
  if (status) process.exit(status);
}
