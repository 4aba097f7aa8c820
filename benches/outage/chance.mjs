// @ts-check
/** Chance that comes out the same for the same seed. */

/**
 * Numbers from 0 to 1 (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws one of `count` things, the nth as often as 1/n.
 * @param {number} count
 * @returns {(drawn: number) => number} from 0 to count - 1
 */
export function zipf(count) {
  /** @type {number[]} */
  const sums = [];
  for (let n = 1; n <= count; n++) sums.push((sums.at(-1) ?? 0) + 1 / n);
  const whole = sums[count - 1];
  return (drawn) => sums.findIndex((sum) => drawn * whole < sum);
}
