// @ts-check
/**
 * The one place where the neutral policy of a case becomes our configuration.
 *
 * Each line of FIELDS says how one setting is written in ours. A setting that
 * has no line, or whose line returns null, can't be expressed, and the case is
 * skipped with its name: a new field of the configuration is one more line.
 */

import { settings, wholePolicy } from "./neutral.mjs";

/** @typedef {import("./neutral.mjs").Policy} Policy */
/** @typedef {Record<string, unknown>} Configuration */
/** @typedef {(value: any, urlOf: (name: string) => string) => Configuration | null} Field */

/** @param {number} ms */
const milliseconds = (ms) => `${ms}ms`;

/** @param {number} s */
const seconds = (s) => `${s}s`;

/** @param {number} bytes */
const size = (bytes) =>
  bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;

/**
 * In the neutral words a time-out is a kind of network failure; in the runtime
 * bytes that aren't HTTP can't be told from one.
 * @type {Record<string, string[]>}
 */
const CAUSES = { network: ["network", "timeout"], junk: ["network"] };

/** @param {(string | number)[]} list */
const causes = (list) => [
  ...new Set(list.flatMap((word) => CAUSES[word] ?? [String(word)])),
];

/**
 * The gateway class of the notation is our default, which knows the edge's own
 * 52x and 530 as well.
 * @param {(string | number)[]} list
 */
const isGatewayClass = (list) => list.join() === "network,502,503,504";

/** What a neutral policy means where it says nothing, in our words. @type {Configuration} */
const BASE = {
  mode: "off",
  ejection: false,
  breaker: false,
  hold_down: false,
  budget: { percent: 100, most: 100, floor: 10000 },
  backoff: { base: "0ms", cap: "0ms" },
  notice: false,
  answer: "origin",
  answer_status: "upstream",
};

/** @type {Configuration} */
const NOTHING = {};

/** Settings whose members each have a line of their own. */
const GROUPS = ["retry", "cache", "errors", "status"];

/** @type {Record<string, Field>} */
const FIELDS = {
  origins: (list) => (list.every(isExpressible) ? NOTHING : null),
  retry: () => NOTHING,
  "retry.attempts": (count) => ({ attempts: count }),
  "retry.on": (list) =>
    isGatewayClass(list) ? NOTHING : { retry_on: causes(list) },
  "retry.perOrigin": (count) => ({ attempts_per_origin: count }),
  "retry.unsafe": (flag) => ({ retry_unsafe: flag }),
  "retry.bodyLimit": (bytes) => ({ body_limit: size(bytes) }),
  "retry.retryAfter": (flag) => ({ retry_after: flag }),
  "retry.stopHeader": (name) => ({ retry_stop_header: name }),
  "retry.budget": ({ percent, floor, windowMs }) => ({
    budget: {
      percent,
      most: percent,
      floor,
      window: milliseconds(Math.max(windowMs, 1000)),
    },
  }),
  "retry.tokens": ({ max, ratio }) => ({
    budget: { tokens: { max, refill_per_mille: ratio * 1000 } },
  }),
  "retry.windowMs": (ms) => (ms === 0 ? NOTHING : null),
  "retry.backoffMs": ({ base, cap }) => ({
    backoff: { base: milliseconds(base), cap: milliseconds(cap) },
  }),
  failoverOn: (list) =>
    isGatewayClass(list) ? NOTHING : { failover_on: causes(list) },
  perTryMs: (ms) => ({ attempt_timeout: milliseconds(ms) }),
  // Without a word about it there is no soft deadline: it is the deadline.
  deadlineMs: (ms) => ({
    deadline: milliseconds(ms),
    unsafe_deadline: milliseconds(ms),
    soft_deadline: milliseconds(ms),
  }),
  // Of an origin as a whole, and of a page by itself where it says so. A lone
  // origin is still asked, unless there is a copy.
  health: ({ fails, windowMs, holdMs, object = false }) =>
    object
      ? {
          mode: "standby",
          hold_down: {
            failures: fails,
            base: milliseconds(holdMs),
            cap: milliseconds(Math.max(holdMs, 60_000)),
            without_copy: true,
          },
        }
      : {
          ejection: {
            failures: fails,
            window: milliseconds(windowMs),
            hold: milliseconds(holdMs),
            cap: milliseconds(Math.max(holdMs, 60_000)),
          },
        },
  breaker: ({ fails, holdMs }) => ({
    breaker: { failures: fails, span: "0s", probe_every: milliseconds(holdMs) },
  }),
  attemptHeader: (name) => ({ attempt_header: name }),
  hedge: ({ delayMs }) => ({ hedge: { after: milliseconds(delayMs) } }),
  dryRun: (flag) => ({ observe: flag }),
  loop: ({ id, max }) => ({ loop: { id, limit: max } }),
  cache: () => ({ mode: "cache" }),
  "cache.lock": ({ waitMs, ageMs }) => ({
    collapse: { wait: milliseconds(waitMs), age: milliseconds(ageMs) },
  }),
  "cache.holdDownMs": (ms) => ({
    hold_down: { failures: 1, base: milliseconds(ms), cap: "60s" },
  }),
  "cache.staleS": (s) => ({ stale: seconds(s) }),
  "cache.minStaleS": (s) => ({ stale_min: seconds(s) }),
  "cache.softDeadlineMs": (ms) => ({ soft_deadline: milliseconds(ms) }),
  "cache.staleOn": (list) => ({ stale_on: causes(list) }),
  "cache.swrS": (s) => ({ renew_behind: seconds(s) }),
  "cache.bypassHeader": (name) => ({ bypass_header: name }),
  "cache.negative": (lifetimes) => ({
    remember: Object.fromEntries(
      Object.entries(lifetimes).map(([status, s]) => [status, seconds(s)]),
    ),
  }),
  "cache.admission": (flag) => ({ refuse_tokens: flag }),
  errors: ({ page, intercept = [] }) =>
    page ? { answer: "page", answer_on: causes(intercept) } : NOTHING,
  "errors.page": () => NOTHING,
  "errors.intercept": () => NOTHING,
  "errors.negotiate": () => NOTHING,
  "errors.service": ({ origin, path }, urlOf) =>
    origin ? { page: { template: { url: urlOf(origin) + path } } } : null,
  status: () => NOTHING,
  "status.proxyStatus": () => NOTHING,
  "status.cacheStatus": () => NOTHING,
};

/** What a case may say of an origin, which is said in ORIGIN. */
const OF_AN_ORIGIN = ["name", "host", "trusted", "equivalent", "down"];

/** @param {Record<string, unknown>} origin */
const isExpressible = (origin) =>
  Object.keys(origin).every((key) => OF_AN_ORIGIN.includes(key));

/**
 * Our configuration for a policy, and the settings that it has no words for.
 * @param {Policy | undefined} policy
 * @param {(name: string) => string} [urlOf]
 * @returns {{ lastgood: Configuration, missing: string[] }}
 */
export function configurationFor(policy, urlOf = (name) => `http://${name}`) {
  const lastgood = { ...BASE };
  const missing = [];
  for (const [path, value] of settings(wholePolicy(policy), (path) =>
    GROUPS.includes(path),
  )) {
    const fields = Object.hasOwn(FIELDS, path)
      ? FIELDS[path](value, urlOf)
      : null;
    if (fields) Object.assign(lastgood, fields);
    else missing.push(path);
  }
  return { lastgood, missing };
}

/**
 * The value of ORIGIN.
 * @param {Policy | undefined} policy
 * @param {(name: string) => string} urlOf
 */
export function originsFor(policy, urlOf) {
  const { origins } = wholePolicy(policy);
  const listed = origins.map((/** @type {any} */ { name, ...more }) =>
    Object.keys(more).length > 0 ? { url: urlOf(name), ...more } : urlOf(name),
  );
  return listed.length === 1 ? listed[0] : listed;
}

/** The origins of a policy, the first one first. @param {Policy | undefined} policy @returns {string[]} */
export function originNames(policy) {
  return wholePolicy(policy).origins.map(
    (/** @type {{ name: string }} */ { name }) => name,
  );
}
