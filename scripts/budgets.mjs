// @ts-check
/**
 * Bytes, gzipped: script and wasm together, about what they are. Of the
 * worker 35 KB are texts: its 31 languages take 30, what it tells administrators 5.
 * The module for pages is what comes before its first request; of its wasm a sixth reads
 * settings, and 6 KB, not gzipped, is what gateways' error pages are known by. `queue` and
 * `words` are wasm that comes when it is wanted. `single` is all of it but the queue in one
 * script: 30 KB of it are the languages.
 */
export const BUDGETS = {
  worker: 257_000,
  browser: 60_000,
  queue: 22_000,
  words: 39_000,
  "service-worker": 137_000,
  single: 119_000,
  playground: 190_000,
};
