// @ts-check
/**
 * `words.js` where all is in one file: there the core has the words as well, and knows
 * what settings hold.
 */
import init, { configure, explain, own_policy } from "lastgood-core";
import { core as source } from "lastgood-wasm";
import { lazily } from "./load.js";

export const words = lazily(init, source, {
  configure,
  explain,
  own_policy,
}).get;
