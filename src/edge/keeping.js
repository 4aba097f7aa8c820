// @ts-check
/**
 * What becomes of a good response behind the reply: a copy, if one is due, or a
 * look at whether its body comes to its end.
 */
import * as core from "lastgood-core";
import { fault } from "./instance.js";
import * as platform from "./platform.js";
import { cloned } from "./raw.js";
import { share } from "./shared.js";

/** @typedef {import("./hand.js").Arrival} Arrival */

export const REQUEST_FIELDS = core.request_fields();
export const VERSION_FIELDS = core.version_fields();
const RESPONSE_FIELDS = core.response_fields();

/** What became of a copy that was claimed. */
const TOO_LARGE = 0;
const STORED = 1;
const LOST = 2;

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
  const reserved = claim(arrival, response);
  if (reserved < 0) return false;
  behind(ctx, keep(arrival, cloned(response), reserved));
  return true;
}

/**
 * Sets memory aside for a copy; -1 if none is due.
 * @param {Arrival} arrival
 * @param {Response} response
 */
export function claim({ method, url, headers }, { status, headers: fields }) {
  const asked = platform.values(headers, REQUEST_FIELDS);
  const answered = platform.values(fields, RESPONSE_FIELDS);
  return core.claim_copy(method, url, asked, status, answered, Date.now());
}

/**
 * Keeps a copy, if its body turns out to be whole and good.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {number} reserved
 */
export async function keep({ url, headers }, response, reserved) {
  const answered = platform.lines(response.headers);
  let how = LOST;
  try {
    const limit = core.copy_limit(url);
    const whole = await platform.whole(response, limit).catch(reason);
    if (whole instanceof RangeError) return void (how = TOO_LARGE);
    if (whole instanceof Error)
      return console.log(core.broke_off(url, answered, Date.now()));
    const type = response.headers.get("content-type") ?? "";
    const refusal = core.keep_not(url, type, whole.byteLength, text(whole));
    if (refusal) return console.log(refusal);
    const changes = core.seal(answered, platform.lines(headers), Date.now());
    await platform.keep(url, response, whole, changes);
    how = STORED;
  } finally {
    core.landed(url, answered, how, reserved, Date.now());
  }
}

/**
 * Sees behind the reply whether a body comes to its end, for a while: as long as
 * it is watched, the origin does not notice that its reader left.
 * @param {string} url
 * @param {Response} response of a known length
 * @param {ExecutionContext} ctx
 */
export function watchToTheEnd(url, response, ctx) {
  const { headers } = response;
  const signal = AbortSignal.timeout(WATCHED_MS);
  const whole = platform.whole(cloned(response), Infinity, signal);
  const told = () => {
    if (signal.aborted) return;
    console.log(core.broke_off(url, platform.lines(headers), Date.now()));
  };
  behind(
    ctx,
    whole.then(() => {}, told),
  );
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
 * A body as text, if it is small enough to be an error page in disguise.
 * @param {ArrayBuffer} whole
 */
export function text(whole) {
  return whole.byteLength > LONGEST_DISGUISE
    ? ""
    : new TextDecoder().decode(whole);
}
