// @ts-check
/** What every request of a page needs of the core. The rest is in `more.js`. */
import init, {
  Exchange,
  age_of_copy,
  configure,
  forget_own_policies,
  learn,
  news,
  own_policy,
} from "lastgood-core";
import { source } from "lastgood-wasm";
import { lazily } from "./load.js";

const rules = {
  Exchange,
  age_of_copy,
  configure,
  forget_own_policies,
  learn,
  news,
  own_policy,
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
