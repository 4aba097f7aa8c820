// @ts-check
/**
 * The core, loaded when it is first needed.
 */
import init, * as exported from "lastgood-core";

/** @type {Promise<typeof exported> | undefined} */
let loaded;

/** The functions of the core. A failure to load it is tried again the next time. */
export function core() {
  loaded ??= load().catch((error) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load() {
  await init();
  return exported;
}
