// @ts-check
/** How the origin treats a request while it is ill, by kind of outage. */

/** @typedef {import("./plan.mjs").Kind} Kind */
/** @typedef {import("./plan.mjs").Plan} Plan */

/**
 * @typedef {object} Treatment
 * @property {"answer" | "error" | "hang" | "reset" | "cut"} way
 * @property {number} [status] of an error
 * @property {number} [after] ms, if not as long as ever
 * @property {boolean} [refused] the request isn't carried out
 */

/**
 * @typedef {object} Moment
 * @property {number} drawn a number from 0 to 1
 * @property {number} elapsed ms since the outage began
 * @property {number} serving requests that are being worked on
 */

const BROWNOUT = { failing: 0.3, slow: 0.05, slowMs: 3000 };
const FLAP_MS = 2000;
const SLOW_MS = 1500;
const CAPACITY = 20;

/** @type {Treatment} */
const GOOD = { way: "answer" };
/** @type {Treatment} */
const BAD = { way: "error", status: 502 };
/** @type {Treatment} */
const FULL = { way: "error", status: 503, refused: true };

/** @type {Record<Kind, (moment: Moment) => Treatment>} */
const OUTAGES = {
  502: () => BAD,
  hang: () => ({ way: "hang" }),
  refused: () => GOOD,
  rst: () => ({ way: "reset" }),
  brownout: ({ drawn }) => brownout(drawn),
  flapping: ({ elapsed }) => (Math.floor(elapsed / FLAP_MS) % 2 ? GOOD : BAD),
  slow: () => ({ way: "answer", after: SLOW_MS }),
  cut: () => ({ way: "cut" }),
  capacity: ({ serving }) => (serving < CAPACITY ? GOOD : FULL),
};

/** @param {number} drawn @returns {Treatment} */
function brownout(drawn) {
  const { failing, slow, slowMs } = BROWNOUT;
  if (drawn < failing) return BAD;
  return drawn < failing + slow ? { way: "answer", after: slowMs } : GOOD;
}

/**
 * @param {Plan | undefined} plan
 * @param {number} at
 * @param {number} drawn
 * @param {number} serving
 * @returns {Treatment}
 */
export function treatment(plan, at, drawn, serving) {
  if (!plan || at < plan.outage || at >= plan.recovery) return GOOD;
  return OUTAGES[plan.kind]({ drawn, elapsed: at - plan.outage, serving });
}
