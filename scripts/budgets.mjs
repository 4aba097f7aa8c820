// @ts-check
/**
 * Bytes, gzipped: script and wasm together, about what they are. Of the
 * worker 35 KB are texts: its 31 languages take 30, what it tells administrators 5.
 * The module for pages is meant to come to 60 KB; the queue's decisions and what tabs tell each
 * other are in it as well. A fifth of its wasm reads settings, with
 * a remedy for each wrong one; 6 KB, not gzipped, is what gateways' error pages are known by.
 */
export const BUDGETS = {
  worker: 238_000,
  browser: 76_000,
  "service-worker": 152_000,
  playground: 190_000,
};
