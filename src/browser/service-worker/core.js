// @ts-check
/**
 * The core, as wasm that is a part of this script: the browser keeps both with the
 * registration, so that they are there when the network is not.
 */
import { configure_worker, initSync } from "lastgood-core";
import bytes from "lastgood-wasm";

/** Whether the core can be asked. */
export let able = false;

/** Starts it, at once: what is not ours must not wait to be told so. */
export function start() {
  try {
    initSync({ module: new WebAssembly.Module(bytes) });
    const settings = /** @type {any} */ (globalThis).LASTGOOD;
    const wrong = configure_worker(settings ?? null, Math.random());
    if (wrong) console.error(`lastgood: ${wrong.trim()}`);
    able = true;
  } catch (error) {
    console.warn(
      `lastgood: the service worker passes everything on, as its core does not start. If a security policy forbids wasm, send the script with 'wasm-unsafe-eval' in script-src. ${error}`,
    );
  }
}

/**
 * Nothing is asked of it any more: it failed, or is to go. Requests go their way as if
 * there were no service worker.
 * @param {unknown} [error]
 */
export function stop(error) {
  if (able && error) console.warn("lastgood: it gets out of the way.", error);
  able = false;
}
