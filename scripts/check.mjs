// @ts-check
/**
 * `npm run check`: names every wrong field of the configuration, before it is
 * deployed. The rules are the core's own, run as the playground's module.
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
await build({
  worker: false,
  browser: false,
  playground: true,
  quiet: true,
});

const configuration = await read(values.config, values.env);
const { vars } = configuration;
const { check } = await core();
/** @type {{ field: string, value: string, remedy: string }[]} */
const wrong = check(vars.ORIGIN, vars.LASTGOOD).concat(unbound(configuration));
for (const { field, value, remedy } of wrong) {
  console.error(`${field} = ${value}\n    use ${remedy}`);
}
const fields = wrong.length === 1 ? "1 field is" : `${wrong.length} fields are`;
if (wrong.length) console.error(`\n${values.config}: ${fields} wrong.`);
else console.log(`${values.config}: the configuration is right.`);
process.exitCode = wrong.length ? 1 : 0;

/**
 * The configuration, with the variables as the worker will see them. Wrangler reads the file, so that
 * environments and formats mean what they mean to it.
 * @param {string} config
 * @param {string} [env]
 * @returns {Promise<any>}
 */
async function read(config, env) {
  const wrangler = await import("wrangler");
  try {
    return wrangler.unstable_readConfig({ config, env });
  } catch (error) {
    console.error(
      `${config}: ${error instanceof Error ? error.message : error}`,
    );
    process.exit(2);
  }
}

/**
 * Tiers and templates whose bindings the configuration does not have: at run time they
 * would be left out.
 * @param {any} configuration
 */
function unbound({ vars, kv_namespaces, r2_buckets, assets }) {
  const names = (/** @type {any} */ bound) =>
    [bound ?? []].flat().map(({ binding }) => binding);
  /** @type {[string, string, string[]][]} */
  const kinds = [
    ["kv", "[[kv_namespaces]]", names(kv_namespaces)],
    ["r2", "[[r2_buckets]]", names(r2_buckets)],
    ["assets", "[assets]", names(assets)],
  ];
  const all = [vars.LASTGOOD, Object(vars.LASTGOOD).routes].flat().map(Object);
  const places = all.flatMap(({ tiers, page }) => [
    ...[tiers ?? []].flat().map((named) => ({ place: "tiers", named })),
    { place: "page.template", named: Object(page).template },
  ]);
  return places.flatMap(({ place, named }) =>
    kinds.flatMap(([kind, table, bound]) => {
      const name = Object(named)[kind];
      if (typeof name !== "string" || bound.includes(name)) return [];
      const remedy = `a name that is bound: ${table} has no binding = "${name}"`;
      return [{ field: `LASTGOOD.${place}.${kind}`, value: name, remedy }];
    }),
  );
}

async function core() {
  const folder = new URL("../dist/playground/", import.meta.url);
  const module = await import(new URL("lastgood.js", folder).href);
  module.initSync({
    module: readFileSync(new URL("lastgood_bg.wasm", folder)),
  });
  return module;
}
