// @ts-check
/**
 * Wasm, got once and when it is first needed.
 *
 * Where a security policy forbids to compile it, its decisions come out of a table that
 * was made of them: see `fallback.js`.
 */

let scripted = false;

/** Whether a script stands in for wasm, which knows less. */
export const isScripted = () => scripted;

/**
 * What gets the functions of a wasm module: at once, if they are there.
 * @template {Record<string, any>} Rules
 * @param {(options: { module_or_path: URL | Uint8Array }) => Promise<unknown>} start
 * @param {() => URL | Uint8Array} source
 * @param {Rules} rules
 * @returns {{ get: () => Rules | Promise<Rules>, isThere: () => boolean }}
 */
export function lazily(start, source, rules) {
  /** @type {Promise<Rules> | undefined} */
  let loading;
  /** @type {Rules | undefined} */
  let loaded;
  const load = async () => {
    try {
      await start({ module_or_path: source() });
      loaded = rules;
    } catch (error) {
      if (!isForbidden(error)) {
        loading = undefined;
        throw error;
      }
      if (!scripted) warn();
      scripted = true;
      loaded = inScript(await import("./fallback.js"), rules);
    }
    return loaded;
  };
  return {
    get: () => loaded ?? (loading ??= load()),
    isThere: () => !!loaded,
  };
}

const warn = () =>
  console.warn(
    "lastgood: the page's policy forbids wasm; add 'wasm-unsafe-eval' to its script-src. Until then a smaller set of rules holds.",
  );

/**
 * The functions, as far as there is a script in their place.
 * @template {Record<string, any>} Rules
 * @param {Record<string, any>} script
 * @param {Rules} rules
 * @returns {Rules}
 */
function inScript(script, rules) {
  const missing = (/** @type {string} */ name) => () => {
    throw new Error(`lastgood: without wasm there is no ${name}`);
  };
  const known = Object.keys(rules).map((name) => [
    name,
    script[name] ?? missing(name),
  ]);
  return /** @type {Rules} */ (Object.fromEntries(known));
}

/**
 * Whether a security policy forbids to compile, or the browser does (Lockdown Mode).
 * @param {unknown} error
 */
const isForbidden = (error) =>
  typeof WebAssembly === "undefined" ||
  ((error instanceof WebAssembly.CompileError || error instanceof EvalError) &&
    /Content Security Policy|unsafe-eval|blocked by CSP/i.test(error.message));
