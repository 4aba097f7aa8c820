// @ts-check
/**
 * What is sent must stay small: a module that grew past its budget fails here,
 * and so does one that asks its runtime for something no runtime has.
 */
import { readFileSync } from "node:fs";
import { BUDGETS } from "./budgets.mjs";
import { gzipped } from "./build.mjs";

let failed = 0;
for (const [name, budget] of Object.entries(BUDGETS)) {
  const bytes = gzipped(name);
  const ok = bytes <= budget;
  if (!ok) failed++;
  console.log(
    `${name}: ${bytes} bytes gzipped, ${ok ? "within" : "OVER"} the budget of ${budget}`,
  );
}

for (const name of ["lastgood", "queue", "words"]) {
  const wasm = readFileSync(
    new URL(`../dist/browser/${name}.wasm`, import.meta.url),
  );
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const foreign = imports.filter(({ module }) => module === "env");
  if (foreign.length) {
    failed++;
    console.log(
      `${name}.wasm imports from "env": ${foreign.map((it) => it.name).join(", ")}`,
    );
  }
}
process.exitCode = failed ? 1 : 0;
