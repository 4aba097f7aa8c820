// @ts-check
/**
 * Makes wasm smaller than the linker can: it has to keep whatever might be
 * called, and here it is known what is.
 */
import binaryenModule from "binaryen";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { run } from "./run.mjs";

/**
 * Functions that are linked because something could reach them as far as the
 * linker knows, and that nothing does: the exact printing of floats and of
 * quoted strings, which only messages of our dependencies compose; and futures,
 * for nothing here is asynchronous Rust. Should one be called all the same, it
 * traps, like the panic it would have become.
 */
const UNREACHED =
  /^<?(core|str as core|char as core)\b.*::(num::flt2dec|fmt::float|str::slice_error_fail_rt|fmt::Debug>::fmt)|^<?(js_sys::futures|wasm_streams|futures_)/;

/** Prints a panic to a standard error that does not exist. */
const SILENT = /^std\b.*::panicking::default_hook$/;

/** Where panics end. */
const PANICS =
  /^(core|alloc)\b.*::(panicking::|(option|result)::(expect|unwrap)_failed$|slice::index::slice_index_fail$|alloc::handle_alloc_error$|raw_vec::handle_error$)|^std\b.*::(panicking::panic_with_hook$|thread::local::panic_access_error$)/;

/** Composes texts. */
const WORDS =
  /\bfmt::(Debug|Display|Formatter|Write|format|write)\b|PanicPayload/;

/**
 * Replaces bodies that nothing reaches. Where no hook listens (`mute`), nobody reads what a
 * panic has to say either: it is a trap at once. Where nothing but panics composes texts
 * (`wordless`), what does goes as well.
 * @param {string} file
 * @param {{ mute?: boolean, wordless?: boolean }} [without]
 */
export function stub(file, { mute = false, wordless = false } = {}) {
  /** @type {any} the package's types leave half of it out */
  const binaryen = binaryenModule;
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(readFileSync(file));
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const fn = module.getFunctionByIndex(index);
    const { name } = binaryen.getFunctionInfo(fn);
    const goes =
      UNREACHED.test(name) ||
      (mute && PANICS.test(name)) ||
      (wordless && WORDS.test(name));
    if (goes) binaryen.Function.setBody(fn, module.unreachable());
    if (SILENT.test(name)) binaryen.Function.setBody(fn, module.nop());
  }
  writeFileSync(file, module.emitBinary());
  module.dispose();
}

/**
 * Gives what wasm and glue know each other by names that are short, and that no other
 * script has.
 * @param {string} wasm
 * @param {string} glue
 * @param {string} prefix
 */
export function shorten(wasm, glue, prefix) {
  const text = binaryen("wasm-dis", [wasm]);
  const found = text.matchAll(/^ \((?:export|import "[^"]+") "([^"]+)"/gm);
  const names = new Set([...found].map(([, name]) => name));
  const short = new Map(
    [...names].map((name, at) => [
      name,
      `${prefix}${String(at).padStart(2, "0")}`,
    ]),
  );
  const known = (/** @type {string} */ name) => short.get(name) ?? name;
  const wat = `${wasm}.wat`;
  writeFileSync(
    wat,
    text.replace(
      /^( \((?:export|import "[^"]+") ")([^"]+)/gm,
      (_, before, name) => before + known(name),
    ),
  );
  binaryen("wasm-as", ["-g", wat, "-o", wasm]);
  const script = readFileSync(glue, "utf8");
  const glued = script
    .replace(/(?<=\bwasm\.)\w+/g, known)
    .replace(/^ +(\w+)(?=: (?:function|wasm|\())/gm, (line, name) =>
      line.replace(name, known(name)),
    );
  writeFileSync(glue, glued);
}

/**
 * Drops what only unused exports reach: libraries export classes of their own,
 * which the bundled script does not mention.
 * @param {string} wasm
 * @param {string} script
 */
export function prune(wasm, script) {
  const names = exportNames(wasm);
  const used = names.filter((name) => script.includes(name));
  const graph = names.map((name) => ({ name: `export ${name}`, export: name }));
  const reaches = used.map((name) => `export ${name}`);
  const file = `${wasm}.graph.json`;
  const outside = { name: "outside", root: true, reaches };
  writeFileSync(file, JSON.stringify([outside, ...graph]));
  binaryen("wasm-metadce", ["-g", "--graph-file", file, wasm, "-o", wasm]);
}

/**
 * Makes sure that what was replaced as `wordless` is not missed.
 * @param {string} wasm
 */
export function refuseWords(wasm) {
  const text = binaryen("wasm-dis", [wasm]);
  const calls = [...text.matchAll(/\(call (\$"[^"]+"|\$\S+)/g)];
  const missed = calls.find(([, name]) => WORDS.test(name));
  if (missed) throw new Error(`${wasm}: something calls ${missed[1]}`);
}

/** @param {string} wasm */
function exportNames(wasm) {
  const listed = binaryen("wasm-dis", [wasm]);
  return [...listed.matchAll(/^ \(export "([^"]+)"/gm)].map(
    (found) => found[1],
  );
}

/**
 * For size as it is sent: what is called once is part of its caller, and what is alike
 * stands together. Rust has its stack at the bottom of memory, so that nothing else is there.
 */
const SMALL = [
  "--one-caller-inline-max-function-size=200",
  "--low-memory-unused",
  "--reorder-functions-by-name",
];

/**
 * Optimises, and leaves names out, which are a quarter of the file.
 * @param {string} from
 * @param {string} to
 */
export function optimise(from, to) {
  binaryen("wasm-opt", [
    "-O3",
    "--converge",
    ...SMALL,
    "--strip-debug",
    "--strip-producers",
    from,
    "-o",
    to,
  ]);
}

/**
 * @param {string} tool
 * @param {string[]} parameters
 */
function binaryen(tool, parameters) {
  const script = createRequire(import.meta.url).resolve(`binaryen/bin/${tool}`);
  const features = FEATURES.map((name) => `--enable-${name}`);
  return run(process.execPath, [script, ...features, ...parameters]);
}

/** Features that every runtime in question has; newer ones stay out. */
const FEATURES = [
  "mutable-globals",
  "sign-ext",
  "nontrapping-float-to-int",
  "bulk-memory",
  "multivalue",
  "reference-types",
  "exception-handling",
];
