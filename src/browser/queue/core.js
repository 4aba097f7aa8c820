// @ts-check
/** The core, as the queue needs it: what decides about writes is wasm alone. */
import { isScripted } from "../load.js";
import { more } from "../more.js";

/** The page's policy forbids wasm, now and later. */
export class NoCore extends Error {}

export async function core() {
  const loaded = await more();
  if (isScripted()) throw new NoCore("the write queue needs wasm");
  return loaded;
}
