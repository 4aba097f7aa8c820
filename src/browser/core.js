// @ts-check
/**
 * The core, as wasm, got once and when it is first needed.
 *
 * Where a security policy forbids to compile wasm, its decisions come out of a table
 * that was made of them: see `fallback.js`.
 */
import init, * as wasm from "lastgood-core";
import { source } from "lastgood-wasm";

/** @typedef {typeof import("lastgood-core")} Core */

/** @type {Promise<Core> | undefined} */
let loading;
/** @type {Core | undefined} */
let loaded;

let scripted = false;

/** Whether a script stands in for wasm, which knows less. */
export const isScripted = () => scripted;

/** The core; at once, if it is there. */
export const core = () => loaded ?? (loading ??= load());

/** Whether it is there; if not, it is got for the next time. */
export function isLoaded() {
  if (!loaded) Promise.resolve(core()).catch(() => {});
  return !!loaded;
}

async function load() {
  try {
    await init({ module_or_path: source() });
    loaded = wasm;
  } catch (error) {
    if (!isForbidden(error)) {
      loading = undefined;
      throw error;
    }
    console.warn(
      "lastgood: the page's policy forbids wasm; add 'wasm-unsafe-eval' to its script-src. Until then a smaller set of rules holds.",
    );
    loaded = inScript(await import("./fallback.js"));
    scripted = true;
  }
  return loaded;
}

/**
 * The core, as far as there is a script in its place.
 * @param {Record<string, any>} script
 * @returns {Core}
 */
function inScript(script) {
  const missing = (/** @type {string} */ name) => () => {
    throw new Error(`lastgood: without wasm there is no ${name}`);
  };
  const names = Object.keys(wasm).filter((name) => name !== "default");
  const rules = names.map((name) => [name, script[name] ?? missing(name)]);
  return /** @type {Core} */ (Object.fromEntries(rules));
}

/**
 * Whether a security policy forbids to compile, or the browser does (Lockdown Mode).
 * @param {unknown} error
 */
const isForbidden = (error) =>
  typeof WebAssembly === "undefined" ||
  ((error instanceof WebAssembly.CompileError || error instanceof EvalError) &&
    /Content Security Policy|unsafe-eval|blocked by CSP/i.test(error.message));
