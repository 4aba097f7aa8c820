// @ts-check
/** What differs for single requests: read by the core once for each that is alike. */
import { core } from "./core.js";
import { hold } from "./settings.js";

/** So many are remembered; then they are read anew. */
const MOST = 128;

/** What of a policy is not for the core to read. */
const OURS = ["progress", "throws", "coalesce"];

/** @type {Map<string, number>} */
const numbers = new Map();

/**
 * The number under which the core has a policy. It holds until something else is waited
 * for: then it may be another one's. What the core refuses is thrown as it says it; see
 * {@link refusalOf}.
 * @param {import("./core.js").Core} rules
 * @param {import("./lastgood").RequestPolicy} policy
 */
export function numberOf(rules, policy) {
  const written = given(policy, OURS);
  const key = keyOf(policy);
  let number = numbers.get(key);
  if (number === undefined) {
    if (numbers.size >= MOST) forget(rules);
    number = rules.own_policy(written);
    numbers.set(key, number);
  }
  return number;
}

/**
 * What is thrown for a policy that the core refused.
 * @param {unknown} error
 * @param {import("./lastgood").RequestPolicy} policy
 */
export const refusalOf = (error, policy) =>
  refusal(error, "own_policy", given(policy, OURS));

/**
 * What tells policies apart, as far as the core reads them.
 * @param {import("./lastgood").RequestPolicy} policy
 */
export const keyOf = (policy) =>
  JSON.stringify(given(policy, OURS), (_, value) =>
    ["function", "symbol"].includes(typeof value) ? String(value) : value,
  );

/**
 * Takes what holds for all requests from now on.
 * @param {import("./lastgood").Policy} policy
 */
export async function configure(policy) {
  const rules = await core();
  const written = given(policy);
  try {
    rules.configure(written);
  } catch (error) {
    throw await refusal(error, "configure", written);
  }
  hold(written);
  forget(rules);
}

/**
 * What is for the core to read. What is `undefined` was not chosen, as everywhere in
 * JavaScript.
 * @param {unknown} policy
 * @param {string[]} [ours] what is not
 */
function given(policy, ours = []) {
  const isTable = Object.prototype.toString.call(policy) === "[object Object]";
  if (!isTable) return policy;
  const members = Object.entries(/** @type {object} */ (policy));
  const chosen = members.filter(
    ([name, value]) => value !== undefined && !ours.includes(name),
  );
  return Object.fromEntries(chosen);
}

/** @param {import("./core.js").Core} rules */
function forget(rules) {
  numbers.clear();
  rules.forget_own_policies();
}

/**
 * What is thrown for settings that the core refused. It only knows that something is
 * wrong in them; the words are with the rest.
 * @param {unknown} error
 * @param {"configure" | "own_policy"} reader
 * @param {unknown} written
 */
async function refusal(error, reader, written) {
  const { message } = /** @type {Error} */ (error);
  return new TypeError(message || (await wordsFor(reader, written)));
}

/**
 * @param {"configure" | "own_policy"} reader
 * @param {unknown} written
 */
async function wordsFor(reader, written) {
  const worded = await import("./words.js")
    .then(({ words }) => words())
    .catch(() => undefined);
  try {
    worded?.[reader](written);
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
  return "a setting is wrong; the words for it could not be loaded";
}
