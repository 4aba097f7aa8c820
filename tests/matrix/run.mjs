// @ts-check
/**
 * `npm run matrix`: faults that a page's request may meet, in a real browser
 * against scripted origins, and what each client makes of them. README.md
 * beside this says how it is judged.
 */
import { writeFile } from "node:fs/promises";
import { measureCost } from "./cost.mjs";
import { isChosen, readOptions, USAGE } from "./runner/args.mjs";
import { loadRows } from "./runner/load.mjs";
import * as report from "./runner/report.mjs";
import { runAll } from "./runner/suite.mjs";

/** @param {string | undefined} file @param {unknown} value */
async function keep(file, value) {
  if (file) await writeFile(file, `${JSON.stringify(value, null, 1)}\n`);
}

/** @param {ReturnType<typeof readOptions>} options */
async function matrix({ only, clients, json, jobs, markdown }) {
  const rows = (await loadRows()).filter(({ id }) => isChosen(id, only));
  if (rows.length === 0) throw new Error("no row is called so");
  const all = await runAll(rows, clients, {
    jobs,
    told: (done) => console.log(report.progress(done)),
  });
  const show = markdown ? report.markdown : report.table;
  console.log(
    `\n${show(all, rows, clients)}\n\n${report.summary(all, clients)}`,
  );
  await keep(json, report.forPrograms(all));
  const wrong = report.ourFaults(all);
  if (wrong.length > 0)
    console.log(`\nlastgood is wrong:\n${wrong.join("\n")}`);
  return wrong.length > 0 ? 1 : 0;
}

/** @param {ReturnType<typeof readOptions>} options */
async function cost({ json }) {
  const { figures, isWell } = await measureCost();
  await keep(json, figures);
  return isWell ? 0 : 1;
}

async function main() {
  if (process.argv.includes("--help")) return console.log(USAGE);
  try {
    const options = readOptions(process.argv.slice(2));
    process.exitCode = await (options.cost ? cost(options) : matrix(options));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}

await main();
process.exit();
