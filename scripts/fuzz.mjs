// @ts-check
/**
 * `npm run fuzz`: hostile input for every grammar, the envelope, configurations
 * and sequences of events.
 *
 *     npm run fuzz [-- TARGET …] [--seconds N]
 *
 * It needs a nightly compiler and cargo-fuzz, which nothing else here does; what
 * the targets try is tried by `cargo test` too, with less of it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "600" } },
  allowPositionals: true,
});

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const folder = new URL("../fuzz/fuzz_targets", import.meta.url);
const all = readdirSync(folder).map((file) => file.replace(/\.rs$/, ""));
const unknown = positionals.filter((target) => !all.includes(target));
if (unknown.length) stop(`no target ${unknown}; there are ${all.join(", ")}`);
if (!/^[1-9]\d*$/.test(values.seconds)) {
  stop(`--seconds ${values.seconds}: use a whole number from 1`);
}
if (spawnSync("cargo", ["+nightly", "fuzz", "--version"]).status !== 0) {
  stop(
    "cargo-fuzz is not there. To install it:\n" +
      "    rustup toolchain install nightly && cargo install cargo-fuzz",
  );
}

let failed = 0;
for (const target of all)
  mkdirSync(`fuzz/corpus/${target}`, { recursive: true });
for (const target of positionals.length ? positionals : all) {
  const limit = `-max_total_time=${values.seconds}`;
  const { status, stderr } = spawnSync(
    "cargo",
    [
      ...["+nightly", "fuzz", "run", target],
      ...[`fuzz/corpus/${target}`, `fuzz/seeds/${target}`],
      ...["--", limit, "-dict=fuzz/dictionary"],
    ],
    { encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  const done = /Done (\d+) runs in (\d+) second/.exec(stderr ?? "");
  if (status === 0 && done) {
    console.log(`ok   ${target}: ${done[1]} runs in ${done[2]} s, none failed`);
  } else {
    failed++;
    console.log(`FAIL ${target}\n${stderr}`);
  }
}
process.exitCode = failed ? 1 : 0;

/** @param {string} why @returns {never} */
function stop(why) {
  console.error(why);
  process.exit(2);
}
