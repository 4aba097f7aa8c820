// @ts-check
/**
 * Bytes, gzipped: script and wasm together. A tenth above what they are; a
 * worker may have 110 KB in the end, with all of its languages.
 */
export const BUDGETS = { worker: 176_000, browser: 65_000 };
