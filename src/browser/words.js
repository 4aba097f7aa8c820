// @ts-check
/** What of the core is for people: what a reply means, and what is wrong with settings. */
import init, { configure, explain, own_policy } from "lastgood-words";
import { words as source } from "lastgood-wasm";
import { lazily } from "./load.js";
import { readBy } from "./settings.js";

const rules = { configure, explain, own_policy };

/** @typedef {typeof rules} Words */

const start = async (/** @type {Parameters<typeof init>[0]} */ options) => {
  await init(options);
  readBy(configure);
};

/** That part, under the settings that hold; at once, if it is there. */
export const words = lazily(start, source, rules).get;
