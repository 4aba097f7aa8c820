// @ts-check
/**
 * The core, as the queue needs it: what decides about writes is wasm alone.
 */
import { core as load } from "../core.js";

export async function core() {
  const loaded = await load();
  if (!loaded.queue_fate) throw new Error("the write queue needs wasm");
  return loaded;
}
