// @ts-check
/**
 * The policy as it is written: for all requests, by path, and for single requests. What
 * is wrong in it is told as the core tells it.
 */
import tables from "lastgood-tables";
import { spoken } from "./times.js";
import {
  READERS,
  REMEDIES,
  isTable,
  remedyFor,
  shown,
  unknown,
} from "./values.js";

/**
 * What holds for a request.
 * @typedef {object} Policy
 * @property {number} attempts
 * @property {number} attemptTimeout
 * @property {number} deadline
 * @property {number} unsafeDeadline
 * @property {{ base: number, cap: number }} backoff
 * @property {Set<number | string>} retryOn
 * @property {boolean} retryUnsafe
 * @property {boolean} retryAfter
 * @property {string} [retryStopHeader]
 * @property {string} [retryHeader]
 * @property {string} [attemptHeader]
 */

/** @typedef {import("./values.js").Written} Written */

/** These stand at the top only, for all requests together. */
const GUARDS = ["breaker", "budget"];
const TABLE = 'an object such as { attempts: 3, deadline: "30s" }';
const AT_TOP =
  "a field of the route; this one is for all requests together: configure({ … }) takes it";

/** @type {Policy} */
const USUAL = /** @type {any} */ (
  Object.fromEntries(
    Object.entries(tables.policy).map(([name, value]) => [
      name,
      READERS[name](value, {}),
    ]),
  )
);

/** @typedef {{ path: string, policy: Policy }} Route */
/** @type {{ base: Policy, routes: Route[] }} */
let configured = { base: USUAL, routes: [] };
/** @type {Written[]} */
let own = [];

/**
 * Takes what holds for all requests, if nothing in it is wrong.
 * @param {unknown} written
 */
export function take(written) {
  /** @type {string[]} */
  const problems = [];
  const { routes = [], ...all } = tableOf(written ?? {}, problems);
  const base = read(all, USUAL, "policy", problems, false);
  configured = refuseIfAny(problems, {
    base,
    routes: routesOf(routes, base, problems),
  });
}

/**
 * Takes what differs for some requests, and gives it a number from 1.
 * @param {unknown} written
 */
export function takeOwn(written) {
  /** @type {string[]} */
  const problems = [];
  const table = tableOf(written ?? {}, problems);
  read(table, policyFor(0, "/"), "policy", problems, true);
  return refuseIfAny(problems, own.push(table));
}

export function forgetOwn() {
  own = [];
}

/**
 * What holds for a path, with what differs under a number; 0 for nothing.
 * @param {number} number
 * @param {string} path
 * @returns {Policy}
 */
export function policyFor(number, path) {
  const route = configured.routes.find((route) => matches(route.path, path));
  const base = route?.policy ?? configured.base;
  const written = own[number - 1];
  return written ? read(written, base, "policy", [], true) : base;
}

/**
 * @template T
 * @param {string[]} problems
 * @param {T} otherwise
 */
function refuseIfAny(problems, otherwise) {
  if (problems.length) throw new Error(problems.join("\n"));
  return otherwise;
}

/**
 * @param {unknown} value
 * @param {string[]} problems
 * @returns {Written}
 */
function tableOf(value, problems) {
  if (isTable(value)) return /** @type {Written} */ (value);
  problems.push(`policy = ${shown(value)}: use ${TABLE}`);
  return {};
}

/**
 * @param {Written} written
 * @param {Policy} base
 * @param {string} place
 * @param {string[]} problems
 * @param {boolean} isRoute
 * @returns {Policy}
 */
function read(written, base, place, problems, isRoute) {
  /** @type {any} */
  const policy = { ...base };
  for (const [name, value] of Object.entries(written)) {
    const wrong = (/** @type {string} */ remedy) =>
      problems.push(`${place}.${name} = ${shown(value, name)}: use ${remedy}`);
    if (!Object.hasOwn(REMEDIES, name) || (name === "routes" && isRoute)) {
      wrong(unknown(name));
    } else if (GUARDS.includes(name) && isRoute) {
      wrong(AT_TOP);
    } else if (name in READERS) {
      const taken = READERS[name](value, policy[name]);
      if (taken === undefined) wrong(remedyFor(name, value));
      else policy[name] = taken;
    }
  }
  settle(policy, base, place, problems);
  return policy;
}

/**
 * What each value alone allows and both together do not.
 * @param {Policy} policy
 * @param {Policy} base
 * @param {string} place
 * @param {string[]} problems
 */
function settle(policy, base, place, problems) {
  const { deadline, backoff } = policy;
  const limit = (
    /** @type {string} */ name,
    /** @type {number} */ span,
    /** @type {number} */ highest,
    /** @type {string} */ other,
  ) => {
    if (span > highest)
      problems.push(
        `${place}.${name} = ${spoken(span)}: use at most the ${other} (${spoken(highest)}), or raise that`,
      );
    return Math.min(span, highest);
  };
  if (policy.attemptTimeout === base.attemptTimeout)
    policy.attemptTimeout = Math.min(policy.attemptTimeout, deadline);
  if (backoff.base === base.backoff.base)
    policy.backoff = { ...backoff, base: Math.min(backoff.base, backoff.cap) };
  policy.attemptTimeout = limit(
    ...[/** @type {const} */ ("attemptTimeout"), policy.attemptTimeout],
    ...[deadline, /** @type {const} */ ("deadline")],
  );
  limit("backoff", policy.backoff.base, backoff.cap, "backoff's cap");
}

/**
 * @param {unknown} written
 * @param {Policy} base
 * @param {string[]} problems
 * @returns {Route[]}
 */
function routesOf(written, base, problems) {
  if (!Array.isArray(written)) {
    problems.push(
      `policy.routes = ${shown(written)}: use a list of objects such as { path: "/api/*", attempts: 2 }`,
    );
    return [];
  }
  return written.map((route, index) => {
    const place = `policy.routes[${index}]`;
    const { path, ...fields } = isTable(route) ? route : {};
    if (!isTable(route))
      problems.push(
        `${place} = ${shown(route)}: use a table with a path and what differs there`,
      );
    else if (!isPattern(path))
      problems.push(
        `${place}.path = ${shown(path)}: use a path such as "/api/*", with one star at most`,
      );
    return { path, policy: read(fields, base, place, problems, true) };
  });
}

/** @param {unknown} path */
const isPattern = (path) =>
  typeof path === "string" &&
  /^[/*][^*]*\*?[^*]*$/.test(path) &&
  path.split("*").length <= 2;

/**
 * Whether a path fits a pattern, in which one `*` stands for any characters.
 * @param {string} pattern
 * @param {string} path
 */
function matches(pattern, path) {
  const [start, end] = pattern.split("*");
  if (end === undefined) return pattern === path;
  const rest = path.slice(start.length);
  return path.startsWith(start) && rest.endsWith(end);
}
