// @ts-check
/** From what was seen at both ends to the figures of one replay. */
import { percentile, share, tally } from "./counting.mjs";
import {
  firstSecond,
  leftRunning,
  outageCalls,
  rush,
} from "./load-at-origin.mjs";
import { PHASES, phaseAt, spanOf } from "./plan.mjs";
import { SEEN } from "./seen.mjs";

/** @typedef {import("./replay.mjs").Record} Record */
/** @typedef {import("./visitors.mjs").Visit} Visit */
/** @typedef {import("./plan.mjs").Phase} Phase */

const SHOWN_MS = 1000;
const WINDOW_MS = 500;
const STEP_MS = 50;
const FRESH_AGAIN = 0.99;

/** @param {Visit} visit */
const good = ({ seen }) => seen === "fresh" || seen === "stale";
/** @param {Visit} visit */
const fresh = ({ seen }) => seen === "fresh";
/** @param {Visit} visit */
const unanswered = ({ seen }) => seen === "raw" || seen === "timeout";
/** @param {Visit} visit */
const latency = ({ at, end }) => end - at;
/** @param {Visit["what"]} what */
const kindOf = (what) => (/** @type {Visit} */ visit) => visit.what === what;

/** @param {Record} record */
export function figuresOf(record) {
  const { plan, visits, calls } = record;
  const during = (/** @type {Phase} */ phase) =>
    visits.filter(({ at }) => phaseAt(plan, at) === phase);
  const outage = during("outage");
  const pages = outage.filter(kindOf("page"));
  const gets = outage.filter(({ what }) => what !== "order");
  return {
    shown: share(withCopy(visits, pages), shownInTime),
    unanswered: visits.filter(unanswered).length,
    unansweredWhy: tally(visits.filter(unanswered), whyOf),
    p99: percentile(outage.map(latency), 0.99),
    p99Gets: percentile(gets.map(latency), 0.99),
    calls: outageCalls(record) / outage.length,
    firstSecondCalls: firstSecond(record),
    pagesGood: share(pages, good),
    liveGood: share(outage.filter(kindOf("live")), fresh),
    ordersGood: share(outage.filter(kindOf("order")), fresh),
    late: percentile(
      visits.map(({ at, sent }) => sent - at),
      0.99,
    ),
    twice: doneTwice(calls),
    orders: ordersOf(record),
    backToFresh: backToFresh(record),
    rush: rush(record),
    oldOnGoodDay: share(during("good").filter(kindOf("page")), isOld),
    noStoreStale: visits.filter((v) => v.what === "live" && v.seen === "stale")
      .length,
    left: leftRunning(record),
    phases: PHASES.map((phase) => phaseRow(record, phase, during(phase))),
    seconds: secondsOf(record),
  };
}

/** @typedef {ReturnType<typeof figuresOf>} Figures */

/** @param {Visit} visit */
const isOld = (visit) => good(visit) && visit.old;

/** @param {Visit} visit */
const whyOf = ({ what, seen, why }) =>
  `${what}: ${seen === "timeout" ? "time-out" : why}`;

/** @param {Visit} visit */
const shownInTime = (visit) => good(visit) && latency(visit) <= SHOWN_MS;

/**
 * Those that ask for a page which somebody had been shown before.
 * @param {Visit[]} all
 * @param {Visit[]} pages
 */
function withCopy(all, pages) {
  /** @type {Map<string, number>} */
  const first = new Map();
  for (const { id, end } of all.filter(kindOf("page")).filter(good)) {
    first.set(id, Math.min(end, first.get(id) ?? Infinity));
  }
  return pages.filter(({ id, at }) => (first.get(id) ?? Infinity) < at);
}

/** How often each POST was carried out. @param {Record["calls"]} calls */
function timesDone(calls) {
  return tally(
    calls.filter(({ done }) => done),
    ({ id }) => id,
  );
}

/** @param {Record["calls"]} calls */
const doneTwice = (calls) =>
  Object.values(timesDone(calls)).filter((times) => times > 1).length;

/** What POSTs came to, told against done. @param {Record} record */
function ordersOf({ visits, calls }) {
  const times = timesDone(calls);
  return tally(
    visits.filter(kindOf("order")),
    (visit) =>
      `${good(visit) ? "told saved" : "told not"}, done ${times[visit.id] ?? 0} times`,
  );
}

/**
 * Seconds from the end of the outage until pages are fresh, and stay so, in
 * every window of half a second.
 * @param {Record} record
 */
function backToFresh({ plan, visits }) {
  const pages = visits.filter(kindOf("page"));
  const starts = [];
  for (let at = plan.recovery; at + WINDOW_MS <= plan.end; at += STEP_MS) {
    starts.push(at);
  }
  const last = starts.findLast((from) => !isFresh(pages, from));
  if (last === undefined) return 0;
  if (last === starts.at(-1)) return Infinity;
  return (last + STEP_MS - plan.recovery) / 1000;
}

/** @param {Visit[]} pages @param {number} from */
function isFresh(pages, from) {
  const asked = pages.filter(({ at }) => at >= from && at < from + WINDOW_MS);
  return asked.length === 0 || share(asked, fresh).share >= FRESH_AGAIN;
}

/** @param {Record} record @param {Phase} phase @param {Visit[]} visits */
function phaseRow(record, phase, visits) {
  const [from, to] = spanOf(record.plan, phase);
  const calls =
    phase === "outage" ? outageCalls(record) : within(record, from, to);
  return {
    phase,
    requests: visits.length,
    seen: seenIn(visits),
    p50: percentile(visits.map(latency), 0.5),
    p99: percentile(visits.map(latency), 0.99),
    most: percentile(visits.map(latency), 1),
    callsPerRequest: calls / visits.length,
  };
}

/** @param {Visit[]} visits */
const seenIn = (visits) =>
  SEEN.map((seen) => visits.filter((visit) => visit.seen === seen).length);

/** @param {Record} record @param {number} from @param {number} to */
const within = ({ calls }, from, to) =>
  calls.filter((c) => c.what !== "probe" && c.at >= from && c.at < to).length;

/** Second by second, for drawing. @param {Record} record */
function secondsOf(record) {
  const { plan, visits } = record;
  const count = Math.ceil((plan.end - plan.begin) / 1000);
  return Array.from({ length: count }, (_, second) => {
    const from = plan.begin + second * 1000;
    const asked = visits.filter(({ at }) => at >= from && at < from + 1000);
    const p99 = percentile(asked.map(latency), 0.99);
    const calls = within(record, from, from + 1000);
    return { second, seen: seenIn(asked), calls, p99 };
  });
}
