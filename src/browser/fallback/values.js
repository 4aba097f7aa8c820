// @ts-check
/** Single values of a policy: how each is read, and what would be right in its place. */
import tables from "lastgood-tables";
import { millisOf } from "./times.js";

/** @typedef {Record<string, unknown>} Written */

/** Of each field there is. */
export const REMEDIES = /** @type {Record<string, string>} */ (tables.remedies);

/**
 * How a field is read; what is no good value of it is `undefined`.
 * @type {Record<string, (value: unknown, before: any) => unknown>}
 */
export const READERS = {
  attempts: (value) => within("attempts", wholeOf(value), Number),
  attemptTimeout: (value) => spanOf("attemptTimeout", value),
  deadline: (value) => spanOf("deadline", value),
  unsafeDeadline: (value) => spanOf("unsafeDeadline", value),
  backoff: backoffOf,
  retryOn: failuresOf,
  retryUnsafe: truthOf,
  retryAfter: truthOf,
  retryStopHeader: fieldNameOf,
  retryHeader: fieldNameOf,
  attemptHeader: fieldNameOf,
};

/** @param {unknown} value */
export const isTable = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} value */
function wholeOf(value) {
  return Number.isInteger(value) ? Number(value) : undefined;
}

/** @param {unknown} value */
function truthOf(value) {
  return typeof value === "boolean" ? value : undefined;
}

/** @param {unknown} value */
function fieldNameOf(value) {
  const ok = typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value);
  return ok ? value.toLowerCase() : undefined;
}

/** @param {string} name @param {unknown} value */
const spanOf = (name, value) => within(name, millisOf(value), millisOf);

/**
 * A number within the limits that a field's remedy names.
 * @param {string} name
 * @param {number | undefined} value
 * @param {(limit: string) => number | undefined} limitOf
 */
function within(name, value, limitOf) {
  if (value === undefined || !Object.hasOwn(REMEDIES, name)) return value;
  const [, least, most] = /from (\w+) to (\w+)$/.exec(REMEDIES[name]) ?? [];
  const fits =
    value >= Number(limitOf(least)) && value <= Number(limitOf(most));
  return fits ? value : undefined;
}

/**
 * @param {unknown} value
 * @param {{ base: number, cap: number }} before
 */
function backoffOf(value, before) {
  if (!isTable(value)) return undefined;
  /** @type {any} */
  const chosen = { ...before };
  for (const [name, span] of Object.entries(/** @type {Written} */ (value))) {
    if (!["base", "cap"].includes(name)) return undefined;
    chosen[name] = spanOf(`backoff.${name}`, span);
    if (chosen[name] === undefined) return undefined;
  }
  return chosen;
}

/** @param {unknown} value */
function failuresOf(value) {
  if (!Array.isArray(value)) return undefined;
  const words = value.map((word) => listed(String(word).trim()));
  return words.includes(undefined)
    ? undefined
    : new Set(/** @type {(number | string)[][]} */ (words).flat());
}

/**
 * What a word of a list of failures stands for.
 * @param {string} word
 * @returns {(number | string)[] | undefined}
 */
function listed(word) {
  if (word === "network" || word === "timeout") return [word];
  const [, first, last = first] = /^(\d+)\s*(?:-\s*(\d+))?$/.exec(word) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from >= 400 && from <= to && to <= 999)) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function remedyFor(name, value) {
  if (name === "retryOn" && Array.isArray(value)) return strangeIn(value);
  if (name !== "backoff" || !isTable(value)) return REMEDIES[name];
  const members = Object.entries(/** @type {Written} */ (value));
  const wrong = members.find(
    ([member, span]) => spanOf(`backoff.${member}`, span) === undefined,
  );
  return REMEDIES[`backoff.${wrong?.[0]}`] ?? REMEDIES.backoff;
}

/** @param {unknown[]} words */
function strangeIn(words) {
  const strange = words.filter((word) => !listed(String(word).trim()));
  const left = strange.length < words.length ? " and left out" : "";
  return `${REMEDIES.retryOn}; ${shown(strange.at(-1))} is none of these${left}`;
}

/**
 * A value as a message shows it.
 * @param {unknown} value
 * @param {string} [name] of the field
 * @returns {string}
 */
export function shown(value, name) {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return shownList(value);
  if (typeof value === "object") return "a table";
  const isSpan = typeof value === "number" && isDuration(name);
  if (isSpan) return `"${value}ms"`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** @param {unknown[]} items */
function shownList(items) {
  const first = items.slice(0, 8).map((item) => shown(item));
  return `[${first.join(", ")}${items.length > 8 ? ", …" : ""}]`;
}

/** @param {string | undefined} name */
const isDuration = (name) =>
  !!name && (REMEDIES[name] ?? "").startsWith("a duration");

/**
 * What would be right in place of a field that does not exist; the one that is written
 * most alike, if one is close.
 * @param {string} name
 */
export function unknown(name) {
  const alike = (/** @type {string} */ known) => {
    const common = [...known].filter((letter) => name.includes(letter)).length;
    const longest = Math.max(known.length, name.length);
    return common * 4 >= longest * 3 && known[0] === name[0];
  };
  const known = Object.keys(REMEDIES).find(alike);
  return known
    ? `a field that exists; did you mean \`${known}\`?`
    : "a field that exists; the README lists them";
}
