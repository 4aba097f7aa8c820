// @ts-check
/** What the runner needs of a gateway under test. */

/** @typedef {import("./load.mjs").Case} Case */
/** @typedef {import("./run-state.mjs").Gateway} Gateway */
/** @typedef {{ gateway: Gateway, log: () => string[], close: () => Promise<void> }} Session */
/**
 * - `portOf`: the port an origin must have; any, when undefined
 * - `prefixFor`: what is put before the paths of a case
 * - `skip`: why a case can't be run; null when it can
 * - `open`: a gateway with an empty store for one case
 * @typedef {{ name: string, portOf: (origin: string) => number | undefined,
 *   prefixFor: (kase: Case) => string, skip: (kase: Case) => string | null,
 *   open: (kase: Case, urlOf: (origin: string) => string) => Promise<Session> }} Target
 */

export {};
