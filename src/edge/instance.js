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
/** The wasm instance trapped: its memory is not to be trusted any more. */
let broken = false;

/**
 * Makes the core ready for a request.
 * @param {any} env
 */
export function ready(env) {
  if (told) return;
  if (broken) core.__wbg_reset_state();
  broken = false;
  bases = core.configure(env);
  hop = core.loop_id();
  firstHost = core.first_host();
  told = env;
}

/**
 * Notes that the core failed. An instance that trapped is replaced at once, by
 * us or by its own glue, and told the configuration: others are in flight.
 * @param {unknown} error
 */
export function fault(error) {
  console.error(JSON.stringify({ lastgood: "fault", error: String(error) }));
  if (error instanceof WebAssembly.RuntimeError) broken = true;
  const env = told;
  told = undefined;
  try {
    if (env) ready(env);
  } catch {
    // It fails in its configuration: the next request finds it unready again.
  }
}

/** What requests to an origin of another host carry besides. */
export let hop = "";

/** As which host the first origin is asked, if not as that of its URL. @type {string | undefined} */
export let firstHost;

/**
 * Where a request goes.
 * @param {string} url
 * @param {number} [origin]
 */
export function target(url, origin = 0) {
  return bases.length
    ? bases[origin] + url.slice(url.indexOf("/", 8))
    : undefined;
}

/** What rehearsals are signed with. @returns {string | undefined} */
export function secret() {
  return told?.LASTGOOD_SECRET || undefined;
}

/** Where isolates meet, if they do. @returns {DurableObjectNamespace<import("./shared.js").LastgoodState> | undefined} */
export function state() {
  return told?.LASTGOOD_STATE;
}

/**
 * Where a request goes if the core could not even be asked, and as which host.
 * @param {Request} request
 * @param {any} env
 * @returns {{ target?: string, host?: string }}
 */
export function plainWay(request, env) {
  const [first] = [env.ORIGIN].flat();
  const origin = first?.url ?? first;
  if (typeof origin !== "string") return {};
  const { pathname, search } = new URL(request.url);
  const target = origin.replace(/\/+$/, "") + pathname + search;
  return typeof first.host === "string"
    ? { target, host: first.host }
    : { target };
}
