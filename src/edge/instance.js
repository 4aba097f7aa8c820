// @ts-check
/**
 * The instance of the core, and what it was told.
 *
 * A trap leaves its memory in a state that nobody thought of. So it is replaced
 * before the next request, and whatever is needed then is kept here.
 */
import * as core from "lastgood-core";

/** Base URLs of the origins; empty for the zone's own. @type {string[]} */
let bases = [];
/** The bindings that the core was told of. @type {any} */
let told;
/** The instance has to be replaced: its memory is not to be trusted any more. */
let broken = false;
/** How many instances there were before this one. */
export let generation = 0;
/** Whether operators can purge copies, and announce planned work. */
export let purging = false;
/**
 * The origin that may see requests as they came, without the core in between:
 * nothing if none may. @type {{ base?: string, host?: string } | undefined}
 */
let way;

/**
 * Makes the core ready for a request.
 * @param {any} env
 */
export function ready(env) {
  if (told) return;
  way ??= plainIn(env);
  if (broken) startAnew();
  broken = true;
  bases = core.configure(env);
  hop = core.loop_id();
  tiered = core.has_tiers();
  bypass = core.bypass_header();
  retell();
  const first = core.way_out();
  way =
    first < 0 ? undefined : { base: bases[first], host: core.host_of(first) };
  told = env;
  purging = purgeToken() !== undefined;
  broken = false;
}

function startAnew() {
  generation += 1;
  core.__wbg_reset_state();
}

/**
 * Notes that something failed. If it was the core, it is replaced at once, by us
 * or by its own glue, and told the configuration: others are in flight. Whatever
 * else failed says nothing about what the core has learnt.
 * @param {unknown} error
 */
export function fault(error) {
  console.error(JSON.stringify({ lastgood: "fault", error: String(error) }));
  if (isWell()) return;
  broken = true;
  const env = told;
  told = undefined;
  try {
    if (env) ready(env);
  } catch {
    // It fails in its configuration: the next request finds it unready again.
  }
}

/** Whether the instance answers, and was told the configuration. */
function isWell() {
  try {
    return core.is_configured();
  } catch {
    return false;
  }
}

/**
 * What frees something of the core's; unless its instance is gone, for then there
 * is something else at that place.
 * @param {{ free: () => void }} made
 */
export function freeOf(made) {
  const born = generation;
  return () => {
    if (born === generation && isWell()) made.free();
  };
}

/** What requests to an origin of another host carry besides. */
export let hop = "";

/** Whether there are further tiers than the cache of this data centre. */
export let tiered = false;

/** What is bound to a name. @param {string} name @returns {any} */
export function bound(name) {
  return told?.[name];
}

/**
 * The field by which somebody wants the origin's answer, if there is one.
 * @type {string | undefined}
 */
export let bypass;

/** The fields that tell who is treated apart; empty if nobody is. */
export let choosy = "";

/** Asks anew who is treated apart: something was announced, or is over. */
export function retell() {
  choosy = core.treatment_fields(Date.now()).join(" ");
}

/**
 * Where a request goes.
 * @param {string} url
 * @param {number} [origin]
 */
export function target(url, origin = 0) {
  return bases.length ? bases[origin] + pathOf(url) : undefined;
}

/**
 * Where a request goes past the core, and as which host; throws if there is no
 * origin that may see it as it came.
 * @param {string} url
 * @returns {{ target?: string, host?: string }}
 */
export function wayOut(url) {
  if (!way) throw new Error("no origin may see it as it came");
  const { base, host } = way;
  return base === undefined ? {} : { target: base + pathOf(url), host };
}

/** @param {string} url */
const pathOf = (url) => url.slice(url.indexOf("/", 8));

/** What rehearsals are signed with. @returns {string | undefined} */
export function secret() {
  return told?.LASTGOOD_SECRET || undefined;
}

/** What a purge is asked for with, and the like. @returns {string | undefined} */
export function purgeToken() {
  return told?.LASTGOOD_PURGE_TOKEN || undefined;
}

/** Where isolates meet, if they do. @returns {DurableObjectNamespace<import("./shared.js").LastgoodState> | undefined} */
export function state() {
  return told?.LASTGOOD_STATE;
}

/** What is said of an origin that may see requests as they came. */
const PLAIN = ["url", "host", "weight"];

/**
 * The origin that may see requests as they came, if the core never could say
 * which: the first of which nothing is said that only the core understands.
 * @param {any} env
 */
function plainIn({ ORIGIN }) {
  const all = [ORIGIN].flat().map(listed);
  const origins = all.filter(({ url }) => typeof url === "string");
  if (origins.length === 0) return {};
  const first = origins.find((origin) =>
    Object.keys(origin).every((name) => PLAIN.includes(name)),
  );
  return first && { base: first.url.replace(/\/+$/, ""), host: first.host };
}

/** @param {any} origin */
const listed = (origin) =>
  typeof origin === "string" ? { url: origin } : Object(origin);
