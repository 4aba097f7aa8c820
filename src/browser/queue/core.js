// @ts-check
/** What decides about writes, which is wasm alone. */
import init, { queue_fate, queue_next, queue_reads } from "lastgood-queue";
import { queue as source } from "lastgood-wasm";
import { isScripted, lazily } from "../load.js";

/** The page's policy forbids wasm, now and later. */
export class NoCore extends Error {}

const rules = { queue_fate, queue_next, queue_reads };

const wasm = lazily(init, source, rules);

export async function core() {
  try {
    const loaded = await wasm.get();
    if (!isScripted()) return loaded;
  } catch (error) {
    // A service worker can't even get the script in its place, which knows no queue.
    if (!isScripted()) throw error;
  }
  throw new NoCore("the write queue needs wasm");
}
