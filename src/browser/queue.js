// @ts-check
/** The write queue: what pages and workers import as `lastgood/queue`. */
export * from "./queue/index.js";
