// @ts-check
/**
 * What is going to happen in one replay, to the millisecond: the phases, the
 * requests, the versions of the pages. The origin and the visitors are told the
 * same plan and each reads its part off it; the same seed gives the same one.
 */
import { chance, zipf } from "./chance.mjs";

export const KINDS = /** @type {const} */ ([
  "502",
  "hang",
  "refused",
  "rst",
  "brownout",
  "flapping",
  "slow",
  "cut",
  "capacity",
]);
/** Nothing good comes from the origin in these. @type {Kind[]} */
export const TOTAL = ["502", "hang", "refused", "rst", "cut"];
export const PHASES = /** @type {const} */ (["good", "outage", "recovery"]);

/** @typedef {(typeof KINDS)[number]} Kind */
/** @typedef {(typeof PHASES)[number]} Phase */
/** @typedef {"close" | "reset"} Leave how a visitor who has waited long enough goes */
/** @typedef {"page" | "live" | "order"} What a cacheable page, one with `no-store`, a POST */

/** Seconds of each phase. @type {Record<Phase, number>} */
export const FULL = { good: 10, outage: 20, recovery: 15 };
/** @type {Record<Phase, number>} */
export const QUICK = { good: 2, outage: 5, recovery: 3 };

/** Of this seed the arrivals alone make no greater peak after the outage than before it. */
export const SEED = 2;
export const RATE = 150;
const SHARES = { page: 0.9, live: 0.07 };
export const PAGES = 300;
const LIVE_PAGES = 20;

export const MAX_AGE_MS = 2000;
export const VERSION_MS = 4000;
/** A page is fresh if its version was the current one so long ago. */
export const FRESH_MS = MAX_AGE_MS + 500;

const SERVICE_MS = /** @type {[number, number]} */ ([20, 40]);
const CAPACITY_SERVICE_MS = /** @type {[number, number]} */ ([100, 100]);
const PAGE_BYTES = 2048;
const CUT_PAGE_BYTES = 8192;
const PATIENCE_MS = 10_000;
const HANG_PATIENCE_MS = 5000;

/**
 * @typedef {object} Plan times in ms of the clock
 * @property {Kind} kind
 * @property {number} seed
 * @property {number} rate requests per second
 * @property {number} begin
 * @property {number} outage
 * @property {number} recovery
 * @property {number} end
 * @property {[number, number]} service how long an answer takes: least, most
 * @property {number} pageBytes
 * @property {number} patience of the visitors
 * @property {Leave} leave
 */

/**
 * @typedef {object} Options
 * @property {number} seed
 * @property {Record<Phase, number>} seconds
 * @property {[number, number]} [service]
 * @property {Leave} leave
 */

/**
 * @param {Kind} kind
 * @param {Options} options
 * @param {number} begin
 * @returns {Plan}
 */
export function planOf(kind, { seed, seconds, service, leave }, begin) {
  const usual = kind === "capacity" ? CAPACITY_SERVICE_MS : SERVICE_MS;
  const outage = begin + seconds.good * 1000;
  const recovery = outage + seconds.outage * 1000;
  return {
    kind,
    seed,
    rate: RATE,
    begin,
    outage,
    recovery,
    end: recovery + seconds.recovery * 1000,
    service: service ?? usual,
    pageBytes: kind === "cut" ? CUT_PAGE_BYTES : PAGE_BYTES,
    leave,
    patience: kind === "hang" ? HANG_PATIENCE_MS : PATIENCE_MS,
  };
}

/**
 * @param {Plan} plan
 * @param {number} at
 * @returns {Phase}
 */
export function phaseAt({ outage, recovery }, at) {
  if (at < outage) return "good";
  return at < recovery ? "outage" : "recovery";
}

/**
 * From when to when a phase lasts.
 * @param {Plan} plan
 * @param {Phase} phase
 * @returns {[number, number]}
 */
export function spanOf({ begin, outage, recovery, end }, phase) {
  if (phase === "good") return [begin, outage];
  return phase === "outage" ? [outage, recovery] : [recovery, end];
}

/** @typedef {{ at: number, what: What, path: string, id: string }} Asked */

/**
 * All requests of a replay. Visitors come on their own, so the gaps between
 * them are those of a Poisson process, however long answers take.
 * @param {Plan} plan
 * @returns {Asked[]}
 */
export function requestsOf({ seed, rate, begin, end }) {
  const draw = chance(seed);
  const popular = zipf(PAGES);
  /** @type {Asked[]} */
  const all = [];
  const gap = () => (-Math.log(1 - draw()) * 1000) / rate;
  for (let at = begin + gap(); at < end; at += gap()) {
    all.push({ at, ...oneOf(draw(), draw(), popular, all.length) });
  }
  return all;
}

/**
 * @param {number} share
 * @param {number} drawn
 * @param {(drawn: number) => number} popular
 * @param {number} count
 */
function oneOf(share, drawn, popular, count) {
  const what = /** @type {What} */ (
    share < SHARES.page
      ? "page"
      : share < SHARES.page + SHARES.live
        ? "live"
        : "order"
  );
  if (what === "order") return { what, path: "/orders", id: `order-${count}` };
  const id =
    what === "page"
      ? String(popular(drawn))
      : `${Math.floor(drawn * LIVE_PAGES)}`;
  return { what, path: `/${what}/${id}`, id };
}

/**
 * The version of a page at some time. Pages don't all change at once.
 * @param {Plan} plan
 * @param {number} page
 * @param {number} at
 */
export function versionAt({ begin }, page, at) {
  return Math.floor((at - begin + headStart(page)) / VERSION_MS);
}

/**
 * When the next version of a page replaces this one.
 * @param {Plan} plan
 * @param {number} page
 * @param {number} version
 */
export function replacedAt({ begin }, page, version) {
  return begin + (version + 1) * VERSION_MS - headStart(page);
}

/** @param {number} page */
const headStart = (page) => (page * 1597) % VERSION_MS;
