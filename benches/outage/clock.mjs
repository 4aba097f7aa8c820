// @ts-check
/**
 * One clock for all processes of a replay: the system's monotonic one, in
 * milliseconds, so that what the visitors saw and what reached the origin can
 * be laid side by side.
 */

export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {number} at */
export const until = (at) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, at - now())));
