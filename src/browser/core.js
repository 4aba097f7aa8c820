// @ts-check
/**
 * What requests need of the core, and who shows how a site is doing. `words.js` and
 * `queue/core.js` have the rest, as wasm of their own.
 */
import init, {
  Exchange,
  blames_origin,
  configure,
  forget_own_policies,
  heard,
  learn,
  news,
  own_policy,
  title_of,
} from "lastgood-core";
import { core as source } from "lastgood-wasm";
import { lazily } from "./load.js";

const rules = {
  Exchange,
  blames_origin,
  configure,
  forget_own_policies,
  heard,
  learn,
  news,
  own_policy,
  title_of,
};

/** @typedef {typeof rules} Core */

const wasm = lazily(init, source, rules);

/** The core; at once, if it is there. */
export const core = wasm.get;

/** Whether it is there; if not, it is got for the next time. */
export function isLoaded() {
  if (!wasm.isThere()) Promise.resolve(core()).catch(() => {});
  return wasm.isThere();
}
