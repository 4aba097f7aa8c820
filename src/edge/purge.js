// @ts-check
/** The command by which operators purge copies. */
import * as core from "lastgood-core";
import { resolved } from "./keeping.js";
import { LONGEST_LOOK_MS } from "./looking.js";
import * as platform from "./platform.js";
import { forgetEverywhere } from "./tiers.js";

/** @type {import("./commands.js").Command} */
export const purge = {
  wish,
  done,
  words: {
    method: "A purge is asked for with POST.",
    large: "Purge one URL or prefix at a time.",
    refused: "Nothing was purged",
    unknown: "It is not known to be purged",
    again:
      "What keeps purges did not answer. Ask again: a purge may be repeated.",
    failed: "The purge failed",
  },
};

/**
 * What is to be purged, freed before anything can fail.
 * @param {any} body
 * @param {string} base
 */
function wish(body, base) {
  const urls = [body?.url, body?.prefix].map((it) =>
    resolved(it ?? null, base),
  );
  const wish = core.purge_wish(body, urls[0], urls[1]);
  const { text, wrong } = wish;
  wish.free();
  return { text, wrong };
}

/**
 * @param {string} line a purge as the core writes it
 * @param {ExecutionContext} ctx
 */
async function done(line, ctx) {
  const [strength, kind, scope] = line.split(" ");
  const hard = strength === "hard";
  if (hard && kind === "url") await remove(scope, ctx);
  const purged = scope ? { [kind]: scope } : { everything: true };
  return { holds: { purged, hard }, logged: { purged, hard } };
}

/**
 * Removes the copies of a URL from the store, and from further tiers.
 * @param {string} url
 * @param {ExecutionContext} ctx
 */
async function remove(url, ctx) {
  const [page, ...beside] = core.purged_places(url);
  const gone = [forgetEverywhere([page], ctx), ...beside.map(platform.forget)];
  const removed = Promise.all(gone);
  await platform.within(removed, LONGEST_LOOK_MS);
}
