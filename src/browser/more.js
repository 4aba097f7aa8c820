// @ts-check
/**
 * What of the core a page needs now and then: what a reply means, how a site is doing, what
 * becomes of a queued write, and what is wrong with settings, in words.
 */
import init, {
  blames_origin,
  configure,
  explain,
  heard,
  own_policy,
  queue_fate,
  queue_next,
  queue_reads,
  title_of,
} from "lastgood-more";
import { source } from "lastgood-more-wasm";
import { lazily } from "./load.js";
import { readBy } from "./settings.js";

const rules = {
  blames_origin,
  configure,
  explain,
  heard,
  own_policy,
  queue_fate,
  queue_next,
  queue_reads,
  title_of,
};

/** @typedef {typeof rules} More */

const start = async (/** @type {Parameters<typeof init>[0]} */ options) => {
  await init(options);
  readBy(configure);
};

/** The rest of the core, under the settings that hold; at once, if it is there. */
export const more = lazily(start, source, rules).get;
