// @ts-check
/** What reached the origin: how much of it, how much at once, what was left. */
import { mostAtOnce, thereAt } from "./counting.mjs";

/** @typedef {import("./replay.mjs").Record} Record */
/** @typedef {import("./origin.mjs").Call} Call */
/** @typedef {import("./counting.mjs").Stay} Stay */

const RUSH_MS = 5000;
const SAMPLE_MS = 50;

/** A gateway's probes are no visitor's requests. @param {Record} record */
const asked = ({ calls }) => calls.filter(({ what }) => what !== "probe");

/** @param {Call[]} calls @returns {Stay[]} */
const stays = (calls) =>
  calls.map(({ at, end }) => ({ from: at, to: end ?? Infinity }));

/**
 * Attempts to reach the origin; where it refused, those that the kernel counted.
 * @param {Record} record
 * @param {number} from
 * @param {number} to
 */
function attempts(record, from, to) {
  const reached = asked(record).filter(({ at }) => at >= from && at < to);
  if (record.plan.kind !== "refused") return reached.length;
  return reached.length + failedAt(record, to) - failedAt(record, from);
}

/** Between two samples in proportion. @param {Record} record @param {number} at */
function failedAt({ refusals }, at) {
  const next = refusals.findIndex((sample) => sample.at >= at);
  if (next === 0) return refusals[0].failed;
  if (next < 0) return refusals.at(-1)?.failed ?? NaN;
  const [before, after] = [refusals[next - 1], refusals[next]];
  const part = (at - before.at) / (after.at - before.at);
  return before.failed + part * (after.failed - before.failed);
}

/** @param {Record} record */
export const outageCalls = (record) =>
  attempts(record, record.plan.outage, record.plan.recovery);

/** Attempts per request. @param {Record} record */
export function firstSecond(record) {
  const from = record.plan.outage;
  const to = Math.min(from + 1000, record.plan.recovery);
  const came = record.visits.filter(({ at }) => at >= from && at < to);
  return attempts(record, from, to) / came.length;
}

/**
 * The most at once after the outage, of what came after it, against the most
 * before it; and the same if everybody had been passed on and served in the
 * usual time.
 * @param {Record} record
 */
export function rush(record) {
  const { plan, visits } = record;
  const [least, most] = plan.service;
  const alone = visits.map(({ sent }) => ({
    from: sent,
    to: sent + (least + most) / 2,
  }));
  const came = stays(asked(record));
  return { ...peaks(plan, came), arrivalsAlone: peaks(plan, alone).ratio };
}

/** @param {import("./plan.mjs").Plan} plan @param {Stay[]} all */
function peaks({ begin, outage, recovery, end }, all) {
  const later = all.filter(({ from }) => from >= recovery);
  const to = Math.min(recovery + RUSH_MS, end);
  const good = mostAtOnce(all, begin, outage);
  const after = mostAtOnce(later, recovery, to);
  return { good, after, ratio: after / good };
}

/**
 * Requests at the origin against visitors that wait, moment by moment of the
 * outage; and what was still open when all visitors had been gone for a second.
 * @param {Record} record
 */
export function leftRunning(record) {
  const { plan, visits, left } = record;
  const atOrigin = stays(asked(record));
  const waiting = visits.map(({ sent, end }) => ({ from: sent, to: end }));
  let worst = { ratio: 0, origin: 0, visitors: 0 };
  for (let at = plan.outage; at < plan.recovery; at += SAMPLE_MS) {
    const [origin, visitors] = [thereAt(atOrigin, at), thereAt(waiting, at)];
    const ratio = origin / Math.max(1, visitors);
    if (ratio > worst.ratio) worst = { ratio, origin, visitors };
  }
  const gone = lastGone(record) + 1000;
  return {
    ...worst,
    mostAtOrigin: mostAtOnce(atOrigin, plan.outage, plan.recovery),
    mostVisitors: mostAtOnce(waiting, plan.outage, plan.recovery),
    afterOutage: thereAt(ofOutage(record), Math.min(gone, left)),
    atEnd: thereAt(atOrigin, left),
  };
}

/** When the last visitor of the outage had gone. @param {Record} record */
const lastGone = ({ plan, visits }) =>
  Math.max(
    plan.recovery,
    ...visits.filter(({ at }) => at < plan.recovery).map(({ end }) => end),
  );

/** @param {Record} record */
const ofOutage = (record) =>
  stays(
    asked(record).filter(
      ({ at }) => at >= record.plan.outage && at < record.plan.recovery,
    ),
  );
