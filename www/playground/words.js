// @ts-check
/** Times and outcomes in words, and the colour of each outcome. */

/** @typedef {import("lastgood-playground").Request} Request */
/** @typedef {import("lastgood-playground").Shown} Shown */

/** @type {Record<Shown, { state: string, words: string }>} */
export const OUTCOMES = {
  origin: { state: "origin", words: "the origin’s answer" },
  hit: { state: "hit", words: "a good copy" },
  copy: { state: "copy", words: "the last good copy" },
  answer: { state: "answer", words: "lastgood’s answer" },
  error: { state: "error", words: "the origin’s error" },
  broken: { state: "broken", words: "a broken page" },
  nobody: { state: "", words: "nobody" },
};

/** @param {number} ms */
export function time(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 120)
    return `${Number.isInteger(s) ? s : s.toFixed(s < 10 ? 2 : 1)} s`;
  return `${(s / 60).toFixed(1)} min`;
}

/**
 * Round steps of time, so that there are a handful on an axis.
 * @param {number} lasts
 * @param {number} most
 */
export function ticks(lasts, most) {
  const steps = [
    10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5,
  ];
  const step = steps.find((step) => lasts / step <= most) ?? 6e5;
  return Array.from(
    { length: Math.floor(lasts / step) + 1 },
    (_, turn) => turn * step,
  );
}
