// @ts-check
/**
 * The token that makes a fault happen to one request, as `src/gateway/rehearsal.rs`
 * reads it.
 */
import { createHmac } from "node:crypto";

/** No token may be valid for longer, in seconds. */
export const LONGEST = 24 * 60 * 60;

const FAULT = /^([45]\d\d|network|silence)$/;
const SPAN = /^(\d{1,6})(s|m|h)$/;
const SECONDS = { s: 1, m: 60, h: 60 * 60 };

/** @param {string} fault */
export const isFault = (fault) => FAULT.test(fault);

/**
 * Seconds in a span such as `10m`; NaN if it is none.
 * @param {string} span
 */
export function secondsIn(span) {
  const [, count, unit] = SPAN.exec(span) ?? [];
  return Number(count) * SECONDS[/** @type {keyof SECONDS} */ (unit)];
}

/**
 * - `attempts`: to how many of the request's attempts it happens; all, unless said
 * - `expires`: the second since the epoch
 * @param {{ fault: string, attempts?: string, host: string, expires: number, secret: string }} wish
 */
export function tokenFor({ fault, attempts, host, expires, secret }) {
  const times = attempts === undefined ? "" : `x${attempts}`;
  const what = `${fault}${times}.${expires}`;
  const hmac = createHmac("sha256", secret);
  hmac.update(`lastgood-rehearsal\n${host}\n${what}`);
  return `${what}.${hmac.digest("hex")}`;
}
