// @ts-check
/** The package: what pages and workers import. */
export { core as ready } from "./core.js";
export { LastgoodError } from "./error.js";
export { events } from "./events.js";
export { adviceFor, explain } from "./explain.js";
export { lastgoodFetch } from "./fetch.js";
export { configure } from "./policy.js";
