// @ts-check
/**
 * The policy a case is written in, in no product's words: what it is where a
 * case says nothing, and in what a case differs from that.
 */

/** @typedef {Record<string, any>} Policy */

/** What holds for every case that doesn't say otherwise. @type {Policy} */
export const DEFAULT_POLICY = {
  origins: [{ name: "O1" }],
  retry: {
    attempts: 3,
    on: ["network", "502", "503", "504"],
    unsafe: false,
    bodyLimit: 65_536,
    windowMs: 0,
    retryAfter: false,
  },
  perTryMs: 2000,
  deadlineMs: 10_000,
};

/** What every origin is unless it says otherwise. */
const DEFAULT_ORIGIN = { trusted: true, equivalent: true, down: false };

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Off, not there and never mentioned are the same. @param {unknown} value */
const isOff = (value) =>
  value === false || value === null || value === undefined;

/** @param {Policy} base @param {Policy} over @returns {Policy} */
function merge(base, over) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    merged[key] =
      isObject(value) && isObject(below) ? merge(below, value) : value;
  }
  return merged;
}

/** @param {Record<string, unknown>} origin */
function plainOrigin(origin) {
  const own = Object.entries({ ...DEFAULT_ORIGIN, ...origin });
  return Object.fromEntries(
    own.filter(
      ([key, value]) =>
        value !== DEFAULT_ORIGIN[/** @type {keyof DEFAULT_ORIGIN} */ (key)],
    ),
  );
}

/** The whole policy of a case. @param {Policy | undefined} policy @returns {Policy} */
export function wholePolicy(policy = {}) {
  const whole = merge(DEFAULT_POLICY, policy);
  whole.origins = whole.origins.map(plainOrigin);
  whole.failoverOn ??= whole.retry.on;
  return whole;
}

/**
 * Each setting by its path, a group before what is in it. `enter` says whether
 * to look into a group.
 * @param {Policy} policy @param {(path: string) => boolean} enter @param {string} [above]
 * @returns {[path: string, value: any][]}
 */
export function settings(policy, enter, above = "") {
  return Object.entries(policy).flatMap(([key, value]) => {
    const path = above + key;
    if (isOff(value) && policyAt(DEFAULT_POLICY, path) === undefined) return [];
    const inside =
      isObject(value) && enter(path) ? settings(value, enter, `${path}.`) : [];
    return /** @type {[string, any][]} */ ([[path, value], ...inside]);
  });
}

/** @param {Policy} policy @param {string} path */
function policyAt(policy, path) {
  return path
    .split(".")
    .reduce((/** @type {any} */ at, key) => at?.[key], policy);
}

/** The paths in which a policy differs from the default one, its origins aside. @param {Policy | undefined} policy */
export function differences(policy) {
  const whole = wholePolicy(policy);
  const base = wholePolicy({});
  return settings(whole, (path) => isObject(policyAt(base, path)))
    .filter(
      ([path, value]) =>
        path !== "origins" &&
        !isObject(policyAt(base, path)) &&
        !same(value, policyAt(base, path)),
    )
    .map(([path]) => path);
}

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
