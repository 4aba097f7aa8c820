// @ts-check
/**
 * `npm run outage`: an outage as visitors see it, replayed in front of the
 * worker and of others. README.md above this says what is measured.
 */
import { writeFileSync } from "node:fs";
import { BenchError } from "../harness/children.mjs";
import { readOptions, USAGE } from "./args.mjs";
import { figuresOf } from "./figures.mjs";
import { installed } from "./listening.mjs";
import { nginx } from "./nginx.mjs";
import { FULL, PHASES, QUICK } from "./plan.mjs";
import { replay } from "./replay.mjs";
import * as report from "./report.mjs";
import { varnish, VARNISHD } from "./varnish.mjs";
import { lastgood, passThrough } from "./worker.mjs";

/** @typedef {ReturnType<typeof readOptions>} Options */
/** @typedef {import("./replay.mjs").Gateway} Gateway */

/** @type {Record<string, (options: Options) => Promise<Gateway> | Gateway | string>} or why not */
const GATEWAYS = {
  worker: lastgood,
  fetch: passThrough,
  nginx: () => (installed("nginx", "-v") ? nginx : "nginx is not installed"),
  varnish: () =>
    installed(VARNISHD, "-V") ? varnish : "Varnish is not installed",
};

/** @param {Options} options */
async function gatewaysFor(options) {
  /** @type {Gateway[]} */
  const all = [];
  for (const name of options.against) {
    const found = await GATEWAYS[name](options);
    if (typeof found === "string") console.log(`skipped: ${found}`);
    else all.push(found);
  }
  return all;
}

/** @param {Options} options */
function paceOf({ quick, scale, seed, service, leave }) {
  const base = quick ? QUICK : FULL;
  const seconds = { ...base };
  for (const phase of PHASES) seconds[phase] = base[phase] * scale;
  return { seed, service, seconds, leave };
}

/** @param {Options} options */
async function measure(options) {
  /** @type {report.Result[]} */
  const results = [];
  for (const gateway of await gatewaysFor(options)) {
    for (const kind of options.kinds) {
      const figures = figuresOf(await replay(gateway, kind, paceOf(options)));
      const result = { gateway: gateway.name, kind, figures };
      console.log(report.resultOf(result));
      results.push(result);
    }
  }
  return results;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const results = await measure(options);
  const judged = report.verdicts(results, ({ wanted, quick }) =>
    options.quick ? quick : wanted,
  );
  console.log(`\n${report.verdictLines(judged)}`);
  if (options.json) {
    writeFileSync(options.json, report.forPrograms(results, judged));
  }
  if (options.quick && judged.some(({ met }) => !met)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  const foreseen = error instanceof BenchError || Object(error).code;
  console.error(foreseen ? Object(error).message : error);
  process.exitCode = 2;
}
process.exit();
