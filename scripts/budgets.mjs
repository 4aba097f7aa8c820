// @ts-check
/**
 * Bytes, gzipped: script and wasm together, about what they are. A third of the
 * worker are texts: its 31 languages take 33 KB, what it tells administrators 5.
 */
export const BUDGETS = { worker: 236_000, browser: 71_000 };
