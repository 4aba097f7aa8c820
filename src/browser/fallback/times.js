// @ts-check
/** Times as they are written: durations of policies, and `Retry-After` (RFC 9110, 10.2.3). */

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
/** What whole seconds can say at most. */
const LONGEST_SECONDS = 2 ** 32 - 1;

/**
 * Milliseconds of `"250ms"`, `"10s"`, `"5m"`, `"24h"` or `"7d"`, or of a number of them.
 * @param {unknown} written
 * @returns {number | undefined}
 */
export function millisOf(written) {
  if (typeof written === "number")
    return Number.isInteger(written) && written >= 0 ? written : undefined;
  const found = /^\s*(\d+)\s*(ms|s|m|h|d)\s*$/.exec(String(written));
  if (typeof written !== "string" || !found) return undefined;
  const unit = /** @type {keyof typeof UNITS} */ (found[2]);
  return Number(found[1]) * UNITS[unit];
}

/**
 * A duration in the largest unit that needs no fraction.
 * @param {number} ms
 */
export function spoken(ms) {
  const units = Object.entries(UNITS).reverse();
  const [unit, long] =
    units.find(([, long]) => ms >= long && ms % long === 0) ?? units[4];
  return `${ms / long}${unit}`;
}

/**
 * Whole seconds, as in `max-age`.
 * @param {string} value
 * @returns {number | undefined}
 */
export const secondsOf = (value) =>
  /^\d+$/.test(value.trim())
    ? Math.min(Number(value), LONGEST_SECONDS)
    : undefined;

/**
 * For how many milliseconds from `now` a server wants to be left alone.
 * @param {string} value
 * @param {number} now
 * @returns {number | undefined}
 */
export function retryAfter(value, now) {
  const seconds = secondsOf(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = dateOf(value.trim());
  return date === undefined ? undefined : Math.max(0, date - now);
}

/**
 * One of HTTP's three forms of a date (RFC 9110, 5.6.7).
 * @param {string} text
 * @returns {number | undefined}
 */
function dateOf(text) {
  const comma = text.indexOf(",");
  const rest = text.slice(comma + 1);
  if (comma < 0) {
    const words = /^\S+\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)/.exec(text);
    return words ? instant(words[4], words[1], words[2], words[3]) : undefined;
  }
  if (comma > 3) {
    const words = /^\s*(\d+)-([a-z]+)-(\d+)(?:-\S*)?\s+(\S+)/i.exec(rest);
    if (!words) return undefined;
    const century = Number(words[3]) < 70 ? 2000 : 1900;
    const year = String(Number(words[3]) + century);
    return instant(year, words[2], words[1], words[4]);
  }
  const words = /^ (\d+) ([a-z]+) (\d+) (\S+) GMT$/i.exec(rest);
  return words ? instant(words[3], words[2], words[1], words[4]) : undefined;
}

/**
 * @param {string} year
 * @param {string} name
 * @param {string} day
 * @param {string} clock
 */
function instant(year, name, day, clock) {
  const month = MONTHS.indexOf(name.toLowerCase());
  const [, hour, minute, second] =
    /^(\d\d):(\d\d):(\d\d)$/.exec(clock)?.map(Number) ?? [];
  const ok =
    month >= 0 && Math.max(year.length, day.length) <= 4 && +year >= 1970;
  const parts = [+year, month, +day, hour, minute, second];
  const valid = +day >= 1 && +day <= 31 && hour < 24 && minute < 60;
  if (!ok || !valid || !(second <= 60)) return undefined;
  return Date.UTC(.../** @type {[number, number]} */ (parts));
}
