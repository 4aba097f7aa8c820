// @ts-check
/** The way to the core, which plays in another thread. */

/** @typedef {import("lastgood-playground").Played} Played */

const worker = new Worker(new URL(WORKER, location.href), { type: "module" });

/** @type {Map<number, (answer: any) => void>} */
const waiting = new Map();
let count = 0;

worker.addEventListener("message", ({ data: { id, answer } }) => {
  waiting.get(id)?.(answer);
  waiting.delete(id);
});

/**
 * @param {{ scenario: object, request?: number }} asked
 * @returns {Promise<any>}
 */
function ask(asked) {
  const id = ++count;
  worker.postMessage({ id, ...asked });
  return new Promise((resolve) => waiting.set(id, resolve));
}

/**
 * @param {object} scenario
 * @returns {Promise<Played>}
 */
export const play = (scenario) => ask({ scenario });

/**
 * The page that went to a request, if lastgood made it.
 * @param {object} scenario
 * @param {number} request
 * @returns {Promise<string | undefined>}
 */
export const page = (scenario, request) => ask({ scenario, request });
