// @ts-check
/**
 * What a bad day costs: lastgood against the peer while the origin answers 502
 * to everything and every page has its copy. Asked each time, or known to be
 * down.
 */
import { stop } from "./children.mjs";
import { copiesOf } from "./copies.mjs";
import { measureJob, SIZES_OF_JOBS } from "./job.mjs";
import { FAILING, startSite } from "./site.mjs";

/** @typedef {import("./job.mjs").JobRow} JobRow */
/** @typedef {keyof typeof DAYS} Day */

/**
 * What the peer and lastgood are told, so that they ask each time; by default
 * neither does. And how many calls each may make for a request: one to the
 * cache, and one to the origin or, now and then, a probe.
 */
const DAYS = {
  failing: {
    told: {
      BREAKER: "off",
      LASTGOOD: {
        breaker: false,
        ejection: false,
        hold_down: false,
        attempts: 1,
      },
    },
    calls: [2, 2],
  },
  down: { told: {}, calls: [1, 1.5] },
};

/**
 * @param {import("./runtime.mjs").Build[]} builds peer, lastgood
 * @param {import("./origin.mjs").Origin} good where copies come from
 * @param {import("./job.mjs").Pace} pace
 * @param {(day: Day, size: string, row: JobRow) => void} told
 */
export async function measureDegraded(builds, good, pace, told) {
  const kept = [];
  for (const build of builds)
    kept.push(await copiesOf(build, good, SIZES_OF_JOBS));
  const failing = await startSite(kept, FAILING);
  const day = (/** @type {Day} */ name) => {
    const job = { name, isRight: isMarked, ...DAYS[name] };
    return measureJob(job, builds, failing, pace, (size, row) =>
      told(name, size, row),
    );
  };
  const rows = { failing: await day("failing"), down: await day("down") };
  await stop(failing.nginx);
  return rows;
}

/** @param {import("./asking.mjs").Answer} answer */
function isMarked({ status, headers, body }) {
  return (
    status === 200 &&
    String(headers["cache-status"]).includes("fwd=stale; fwd-status=502") &&
    body.includes('x<div data-lastgood="notice" ')
  );
}
