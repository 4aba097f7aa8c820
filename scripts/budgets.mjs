// @ts-check
/**
 * Bytes, gzipped: script and wasm together, about what they are. Of the
 * worker 35 KB are texts: its 31 languages take 30, what it tells administrators 5.
 * The module for pages is meant to come to 60 KB. What is above that is mostly the reading of
 * settings with a remedy for each wrong one (11 KB) and the marks of gateways' error pages (3 KB).
 */
export const BUDGETS = {
  worker: 236_000,
  browser: 72_000,
  playground: 190_000,
};
