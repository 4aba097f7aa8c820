// @ts-check
/**
 * `npm run check`: names every wrong field of the configuration, before it is
 * deployed. The rules are the core's own, run as the browser module.
 *
 *     npm run check [-- --config FILE] [--env NAME]
 *
 * Exit code: 0 if all is right, 1 if something is wrong, 2 if there is no
 * configuration to read.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FOR_START, ensure } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    config: { type: "string", default: "wrangler.toml" },
    env: { type: "string" },
  },
});

await ensure(FOR_START);
const { build } = await import("./build.mjs");
await build({ worker: false, quiet: true });

const vars = await read(values.config, values.env);
const { check } = await core();
/** @type {{ field: string, value: string, remedy: string }[]} */
const wrong = check(vars.ORIGIN, vars.LASTGOOD);
for (const { field, value, remedy } of wrong) {
  console.error(`${field} = ${value}\n    use ${remedy}`);
}
const fields = wrong.length === 1 ? "1 field is" : `${wrong.length} fields are`;
if (wrong.length) console.error(`\n${values.config}: ${fields} wrong.`);
else console.log(`${values.config}: the configuration is right.`);
process.exitCode = wrong.length ? 1 : 0;

/**
 * The variables as the worker will see them. Wrangler reads the file, so that
 * environments and formats mean what they mean to it.
 * @param {string} config
 * @param {string} [env]
 * @returns {Promise<Record<string, unknown>>}
 */
async function read(config, env) {
  const wrangler = await import("wrangler");
  try {
    return wrangler.unstable_readConfig({ config, env }).vars;
  } catch (error) {
    console.error(
      `${config}: ${error instanceof Error ? error.message : error}`,
    );
    process.exit(2);
  }
}

async function core() {
  const folder = new URL("../dist/browser/", import.meta.url);
  const module = await import(new URL("lastgood.js", folder).href);
  module.initSync({
    module: readFileSync(new URL("lastgood_bg.wasm", folder)),
  });
  return module;
}
