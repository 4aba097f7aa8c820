// @ts-check
/**
 * What becomes of a good response behind the reply: a copy, if one is due, or a
 * look at whether its body comes to its end.
 */
import * as core from "lastgood-core";
import { fault, tiered } from "./instance.js";
import { envelopeOf, foundAt, LONGEST_LOOK_MS } from "./looking.js";
import * as platform from "./platform.js";
import { cloned } from "./raw.js";
import { share } from "./shared.js";
import { forgetEverywhere, spread } from "./tiers.js";

/** @typedef {import("./hand.js").Arrival} Arrival */

export const REQUEST_FIELDS = core.request_fields();
export const VERSION_FIELDS = core.version_fields();
const RESPONSE_FIELDS = core.response_fields();

/** What became of a copy that was claimed. */
const NOT_FOR_KEEPING = 0;
const STORED = 1;
const LOST = 2;

/** What `core.token_search` may say. */
const SEARCH = 1;
const FUTILE = 2;
/** What `core.seal` begins with, if it says why a body is not for keeping. */
const REFUSED = "-";
/** So many bytes tell whether a body is a document. */
const START = 2048;

/** So long a body is watched at most. */
const WATCHED_MS = 3000;

const LONGEST_DISGUISE = core.longest_disguise();

/**
 * Keeps a copy of a good response behind the reply, if one is due; says whether.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
export function keepIfDue(arrival, response, ctx) {
  const claimed = claim(arrival, response);
  if (!claimed) return false;
  behind(ctx, keepClone(arrival, response, claimed));
  return true;
}

/**
 * A copy that is to be kept: the memory that is set aside for it, what is told of the
 * response, and when that came.
 * @typedef {{ reserved: number, answered: string, arrived: number }} Claim
 */

/**
 * Sets memory aside for a copy, if one is due.
 * @param {Arrival} arrival
 * @param {Response} response
 * @returns {Claim | undefined}
 */
export function claim(arrival, response) {
  const { method, url, fields } = arrival;
  const answered = answerOf(arrival, response);
  const arrived = Date.now();
  const reserved = core.claim_copy(
    method,
    url,
    fields,
    response.status,
    answered,
    arrived,
  );
  return reserved < 0 ? undefined : { reserved, answered, arrived };
}

/**
 * What the core has to know of a response of which a copy may be kept.
 * @param {Arrival} arrival
 * @param {Response} response
 */
export function answerOf(arrival, { status, headers }) {
  const all = platform.values(headers, RESPONSE_FIELDS);
  const vary = headers.get("vary") ?? "";
  const selecting = status === 206 ? `${vary}, range` : vary;
  return varied(all, selecting, arrival.headers);
}

/**
 * What is told of a response, and then those fields of its request that its `Vary`
 * names.
 * @param {string} answered
 * @param {string | null} vary
 * @param {Headers} headers of the request
 */
export function varied(answered, vary, headers) {
  return vary ? `${answered}\n${platform.named(headers, vary)}` : answered;
}

/**
 * Keeps a copy of a response that goes out.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {Claim} claim
 */
export function keepClone(arrival, response, claim) {
  return keep(arrival, cloned(response), claim, platform.wholeClone);
}

/**
 * Keeps a copy, if its body turns out to be whole and good.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {Claim} claim
 * @param {typeof platform.whole} [read]
 */
export async function keep(
  arrival,
  response,
  { reserved, answered, arrived },
  read = platform.whole,
) {
  const { url, started } = arrival;
  const { status } = response;
  let how = LOST;
  let spreads;
  try {
    const limit = () => core.copy_limit(url);
    const whole = await read(response, limit).catch(reason);
    if (whole instanceof RangeError) return void (how = NOT_FOR_KEEPING);
    if (whole instanceof Error)
      return console.log(core.broke_off(url, Date.now()));
    if (hasToken(url, response, whole)) return void (how = NOT_FOR_KEEPING);
    const page = arrival.page ?? (await pageOf(url, response));
    const sealed = core.seal(
      url,
      status,
      answered,
      page,
      whole.byteLength,
      arrived,
      arrived - started,
      startOf(whole),
    );
    if (sealed[0] === REFUSED) return console.log(sealed.slice(1));
    const end = sealed.indexOf("\n");
    const place = sealed.slice(1, end) || url;
    const changes = sealed.slice(end + 1);
    const stored = await platform.keep(place, response, whole, changes);
    how = STORED;
    if (tiered)
      spreads = () => spread(url, place, status, answered, stored, whole);
  } finally {
    core.landed(url, status, answered, how, reserved, Date.now());
  }
  if (spreads) await spreads();
}

/** What pages are refused for; nothing if none is. @type {RegExp | null | undefined} */
let token;

/**
 * Whether a page carries a token, for which it is not kept.
 * @param {string} url
 * @param {Response} response
 * @param {ArrayBuffer} whole
 */
function hasToken(url, { headers }, whole) {
  if (token === undefined) {
    const pattern = core.token_pattern();
    token = pattern === undefined ? null : new RegExp(pattern, "i");
  }
  if (token === null) return false;
  const [type, coding] = ["content-type", "content-encoding"].map(
    (name) => headers.get(name) ?? "",
  );
  const how = core.token_search(url, type, coding, whole.byteLength);
  // What is looked for is ASCII, and no other decoder is as quick.
  const page = how === SEARCH ? new TextDecoder("latin1").decode(whole) : "";
  return how === FUTILE || (how === SEARCH && token.test(page));
}

/**
 * The envelope of the page that is in the store: what depends on something may be
 * another variant of it.
 * @param {string} url
 * @param {Response} response
 */
async function pageOf(url, { headers }) {
  if (!headers.has("vary")) return "";
  const page = await foundAt(url);
  platform.discard(page);
  return envelopeOf(page);
}

/**
 * Sees behind the reply whether a body comes to its end, for a while: as long as
 * it is watched, the origin does not notice that its reader left.
 * @param {string} url
 * @param {Response} response of a known length
 * @param {ExecutionContext} ctx
 */
export function watchToTheEnd(url, response, ctx) {
  const signal = AbortSignal.timeout(WATCHED_MS);
  const whole = platform.wholeClone(cloned(response), () => Infinity, signal);
  const told = () => {
    if (signal.aborted) return;
    console.log(core.broke_off(url, Date.now()));
  };
  behind(
    ctx,
    whole.then(() => {}, told),
  );
}

/**
 * Removes the copies that an answer makes old, before it goes out: who reads it is
 * not to be shown what was before.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
export async function removeOutdated(arrival, { status, headers }, ctx) {
  const { method, url } = arrival;
  const named = ["location", "content-location"].map((name) =>
    resolved(headers.get(name), url),
  );
  const urls = core.outdated(method, status, [url, ...named]);
  const removed = forgetEverywhere(urls, ctx);
  if (urls.length > 0) await platform.within(removed, LONGEST_LOOK_MS);
}

/**
 * Puts a copy that was found in a further tier into the store of this data centre,
 * behind the reply.
 * @param {Arrival} arrival
 * @param {import("./tiers.js").Distant} copy
 * @param {ExecutionContext} ctx
 */
export function giveBack({ url, headers: asked }, { headers, body }, ctx) {
  const put = async () => {
    const here = await foundAt(url);
    platform.discard(here);
    const [copy, page] = [{ headers }, here].map(envelopeOf);
    const all = platform.lines(asked);
    const place = core.place_to_return(url, copy, page, all);
    if (place !== undefined) await platform.restore(place, headers, body);
  };
  behind(ctx, put());
}

/**
 * A reference as a whole URL; empty if it is none.
 * @param {string | null} reference
 * @param {string} base
 */
export function resolved(reference, base) {
  try {
    return reference === null ? "" : new URL(reference, base).href;
  } catch {
    return "";
  }
}

/**
 * Lets something go on behind the reply. Nobody waits for it any more.
 * @param {ExecutionContext} ctx
 * @param {Promise<void>} work
 */
export function behind(ctx, work) {
  const tell = () => share(ctx, Date.now(), true);
  ctx.waitUntil(work.catch(fault).then(tell));
}

/**
 * @param {unknown} error
 * @returns {Error}
 */
function reason(error) {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * A body, if it is small enough to be an error page in disguise; else how it begins.
 * @param {ArrayBuffer} whole
 */
export function startOf(whole) {
  const long = whole.byteLength > LONGEST_DISGUISE;
  return new Uint8Array(whole, 0, long ? START : whole.byteLength);
}
