// @ts-check
/** What is wanted of a gateway in an outage, and what the short replay demands. */
import { KINDS, TOTAL } from "./plan.mjs";

/** @typedef {import("./plan.mjs").Kind} Kind */
/** @typedef {import("./figures.mjs").Figures} Figures */
/** @typedef {{ least: number } | { most: number }} Bound */

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {readonly Kind[]} kinds where it counts
 * @property {(figures: Figures) => number} value
 * @property {Bound} wanted
 * @property {Bound} [quick] in the short replay, where finding out takes a good part of the outage
 * @property {number} [best] what the best gateway of today reaches
 * @property {readonly Kind[]} [later] promised from a later issue on
 * @property {"%" | "ms" | "s" | ""} unit
 */

/** @param {number} percent @returns {Bound} */
const least = (percent) => ({ least: percent / 100 });
/** @param {number} value @returns {Bound} */
const most = (value) => ({ most: value });

/** @type {Target[]} */
export const TARGETS = [
  {
    name: "pages with a copy, shown within 1 s",
    kinds: [...TOTAL, "slow"],
    value: ({ shown }) => shown.share,
    wanted: least(100),
    quick: least(99.5),
    later: ["cut"],
    unit: "%",
  },
  {
    name: "raw errors and time-outs seen",
    kinds: KINDS,
    value: ({ unanswered }) => unanswered,
    wanted: most(0),
    quick: most(0),
    unit: "",
  },
  {
    name: "p99 of all requests in a hang",
    kinds: ["hang"],
    value: ({ p99 }) => p99,
    wanted: most(2500),
    quick: most(2500),
    unit: "ms",
  },
  {
    name: "calls per request, total outage",
    kinds: TOTAL,
    value: ({ calls }) => calls,
    wanted: most(0.1),
    quick: most(0.4),
    unit: "",
  },
  {
    name: "calls per request, its first second",
    kinds: TOTAL,
    value: ({ firstSecondCalls }) => firstSecondCalls,
    wanted: most(1.2),
    quick: most(1.3),
    unit: "",
  },
  {
    name: "no-store pages answered good",
    kinds: ["brownout"],
    value: ({ liveGood }) => liveGood.share,
    wanted: least(95),
    unit: "%",
  },
  {
    name: "usable pages at capacity",
    kinds: ["capacity"],
    value: ({ pagesGood }) => pagesGood.share,
    wanted: least(99.8),
    unit: "%",
  },
  {
    name: "no-store pages good at capacity",
    kinds: ["capacity"],
    value: ({ liveGood }) => liveGood.share,
    wanted: least(88.8),
    unit: "%",
  },
  {
    name: "POSTs good at capacity",
    kinds: ["capacity"],
    value: ({ ordersGood }) => ordersGood.share,
    wanted: least(90.1),
    unit: "%",
  },
  {
    name: "calls per request at capacity",
    kinds: ["capacity"],
    value: ({ calls }) => calls,
    wanted: most(1),
    unit: "",
  },
  {
    name: "writes done twice",
    kinds: KINDS,
    value: ({ twice }) => twice,
    wanted: most(0),
    quick: most(0),
    unit: "",
  },
  {
    name: "back to 99 % fresh after",
    kinds: KINDS,
    value: ({ backToFresh }) => backToFresh,
    wanted: most(0.5),
    quick: most(1),
    unit: "s",
  },
  {
    name: "rush at recovery, peak ÷ good peak",
    kinds: KINDS,
    value: ({ rush }) => rush.ratio,
    wanted: most(1),
    quick: most(1.5),
    unit: "",
  },
  {
    name: "older than max-age on a good day",
    kinds: KINDS,
    value: ({ oldOnGoodDay }) => oldOnGoodDay.share,
    wanted: most(0),
    later: KINDS,
    unit: "%",
  },
  {
    name: "left at the origin by visitors gone",
    kinds: ["hang"],
    value: ({ left }) => left.atEnd,
    wanted: most(0),
    quick: most(0),
    unit: "",
  },
];

/**
 * @param {Bound} bound
 * @param {number} value
 */
export const holds = (bound, value) =>
  "least" in bound ? value >= bound.least : value <= bound.most;

/**
 * @param {Target} target
 * @param {number} value
 */
export function shownAs({ unit }, value) {
  if (Number.isNaN(value)) return "not measured";
  if (value === Infinity) return "never";
  if (unit === "%") return `${shortened(value * 100, 2)} %`;
  if (unit === "ms") return `${value.toFixed(0)} ms`;
  return `${shortened(value, 3)}${unit && ` ${unit}`}`;
}

/** @param {number} value @param {number} digits */
const shortened = (value, digits) => String(Number(value.toFixed(digits)));
