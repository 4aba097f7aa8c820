// @ts-check
/** The few statistics a noisy machine allows: medians, and how far they can be trusted. */

/**
 * @param {number[]} values
 * @param {number} share 0 for the least, 1 for the greatest
 */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/** @param {number[]} values */
export const range = (values) =>
  /** @type {[number, number]} */ ([quantile(values, 0), quantile(values, 1)]);

/**
 * The standard error of the median: from the spread of the middle half, as a
 * normal distribution would have it, so that one wild round does not count.
 * @param {number[]} values
 */
export function errorOfMedian(values) {
  const spread = quantile(values, 0.75) - quantile(values, 0.25);
  return (1.253 * (spread / 1.349)) / Math.sqrt(values.length);
}
