// @ts-check
/**
 * The core, as wasm that is a part of this script: the browser keeps both with the
 * registration, so that they are there when the network is not.
 */
import { configure_worker, initSync } from "lastgood-core";
import text from "lastgood-wasm";

/** Whether the core can be asked. */
export let able = false;

/** Starts it, at once: what is not ours must not wait to be told so. */
export function start() {
  try {
    initSync({ module: new WebAssembly.Module(bytesOf(text)) });
    const { send: _, ...settings } = globalThis.LASTGOOD ?? {};
    const wrong = configure_worker(settings, Math.random());
    if (wrong) console.error(`lastgood: ${wrong.trim()}`);
    able = true;
  } catch (error) {
    console.warn(
      `lastgood: the service worker passes everything on, as its core does not start. If a security policy forbids wasm, send the script with 'wasm-unsafe-eval' in script-src. ${error}`,
    );
  }
}

/**
 * A character for each byte.
 * @param {string} text
 */
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < bytes.length; place++)
    bytes[place] = text.charCodeAt(place);
  return bytes;
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
