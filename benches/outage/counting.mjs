// @ts-check
/** The arithmetic of figures: shares, percentiles, how many at once. */

/** @typedef {{ share: number, count: number, of: number }} Share NaN of nothing */
/** @typedef {{ from: number, to: number }} Stay */

/**
 * @template T
 * @param {T[]} all
 * @param {(one: T) => unknown} fits
 * @returns {Share}
 */
export function share(all, fits) {
  const count = all.filter(fits).length;
  return { share: count / all.length, count, of: all.length };
}

/** @param {number[]} values @param {number} part of them are no greater */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/**
 * The most that were there at once.
 * @param {Stay[]} stays
 * @param {number} from
 * @param {number} to
 */
export function mostAtOnce(stays, from, to) {
  let [there, most] = [0, 0];
  for (const { at, change } of changes(stays)) {
    if (at >= to) break;
    there += change;
    most = at < from ? there : Math.max(most, there);
  }
  return most;
}

/** Who leaves at the moment when another comes was not there with them. @param {Stay[]} stays */
function changes(stays) {
  return stays
    .flatMap(({ from, to }) => [
      { at: from, change: 1 },
      { at: to, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
}

/** @param {Stay[]} stays @param {number} at */
export const thereAt = (stays, at) =>
  stays.filter(({ from, to }) => from <= at && at < to).length;

/**
 * @template T
 * @param {T[]} all
 * @param {(one: T) => string} key
 * @returns {Record<string, number>}
 */
export function tally(all, key) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const one of all) counts[key(one)] = (counts[key(one)] ?? 0) + 1;
  return counts;
}
