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
 * For how many milliseconds from `now` a server wants to be left alone. A date is held
 * against the response's own `Date`, as the clock here may be wrong.
 * @param {string} fields
 * @param {number} now
 * @returns {number | undefined}
 */
export function retryAfter(fields, now) {
  const value = fieldOf(fields, "retry-after");
  const seconds = secondsOf(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = dateOf(value.trim());
  const sent = dateOf(fieldOf(fields, "date").trim()) ?? now;
  return date === undefined ? undefined : Math.max(0, date - sent);
}

/**
 * The value of a field in a list of them, `name:value`, one per line.
 * @param {string} fields
 * @param {string} name
 */
export function fieldOf(fields, name) {
  const lines = fields.split("\n");
  const line = lines.find((line) => line.startsWith(`${name}:`));
  return line?.slice(name.length + 1) ?? "";
}

const DAYS = "mon|tues|wednes|thurs|fri|satur|sun";
const SHORT = `(?:${DAYS.replace(/\w+/g, (day) => day.slice(0, 3))})`;
const CLOCK = String.raw`(?<clock>\d\d:\d\d:\d\d)`;
const MONTH = "(?<month>[a-z]{3})";

/** HTTP's three forms of a date (RFC 9110, 5.6.7). */
const FORMS = [
  String.raw`${SHORT}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${CLOCK} GMT`,
  String.raw`(?:${DAYS})day, (?<day>\d\d)-${MONTH}-(?<short>\d\d) ${CLOCK} GMT`,
  String.raw`${SHORT} ${MONTH} (?<day>\d\d| \d) ${CLOCK} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`, "i"));

/**
 * @param {string} text
 * @returns {number | undefined}
 */
function dateOf(text) {
  const found = FORMS.map((form) => form.exec(text)?.groups).find(Boolean);
  if (!found) return undefined;
  const { day, month, short, clock } = found;
  const year = short ? +short + (+short < 70 ? 2000 : 1900) : +found.year;
  const [hour, minute, second] = clock.split(":").map(Number);
  const index = MONTHS.indexOf(month.toLowerCase());
  const exists =
    +day >= 1 && +day <= new Date(Date.UTC(year, index + 1, 0)).getUTCDate();
  const valid = hour < 24 && minute < 60 && second <= 60 && year >= 1970;
  if (index < 0 || !exists || !valid) return undefined;
  return Date.UTC(year, index, +day, hour, minute, second);
}
