// @ts-check
/** The little language in which a case says what a value should be. */

/** @typedef {string | number | boolean | null | [number, number] | { any: Matcher[] }} Matcher */
/** @typedef {string | number | boolean | null | undefined} Value */

/** @param {Value} value */
const present = (value) => value !== null && value !== undefined;

/** @param {string} source */
export const pattern = (source) => new RegExp(source, "i");

/** @param {Value} value @param {number} least @param {number} most */
function within(value, least, most) {
  const number = Number(value);
  return present(value) && value !== "" && number >= least && number <= most;
}

/** @param {string} matcher @param {Value} value */
function matchesText(matcher, value) {
  if (matcher === "*") return present(value);
  if (/^\dxx$/.test(matcher))
    return present(value) && String(value)[0] === matcher[0];
  if (matcher.startsWith("!~"))
    return !present(value) || !pattern(matcher.slice(2)).test(String(value));
  if (matcher.startsWith("~"))
    return present(value) && pattern(matcher.slice(1)).test(String(value));
  const [, sign, bound] = /^(>=|<=)\s*(-?\d+(?:\.\d+)?)$/.exec(matcher) ?? [];
  if (sign === ">=") return within(value, Number(bound), Infinity);
  if (sign === "<=") return within(value, -Infinity, Number(bound));
  return present(value) && String(value) === matcher;
}

/** @param {Matcher} matcher @param {Value} value @returns {boolean} */
export function matches(matcher, value) {
  if (matcher === null) return !present(value);
  if (typeof matcher === "string") return matchesText(matcher, value);
  if (typeof matcher === "number") return within(value, matcher, matcher);
  if (typeof matcher === "boolean") return matcher === value;
  if (Array.isArray(matcher)) return within(value, matcher[0], matcher[1]);
  return matcher.any.some((each) => matches(each, value));
}

/** Says what didn't match; null when it did. @param {string} what @param {Matcher} matcher @param {Value} value */
export function mismatch(what, matcher, value) {
  if (matches(matcher, value)) return null;
  return `${what}: expected ${JSON.stringify(matcher)}, got ${JSON.stringify(value) ?? "none"}`;
}
