// @ts-check
/**
 * The whole demonstration as one value: origin, worker and switchboard,
 * started together, wired to one timeline, stopped together. `npm start`
 * prints its addresses; tests drive it.
 */
import { startOrigin } from "../../examples/demo/origin.mjs";
import { freePort } from "./ports.mjs";
import { startSwitchboard } from "./switchboard.mjs";
import { Timeline } from "./timeline.mjs";
import { makeVisit } from "./visitor.mjs";
import { startWorker } from "./worker.mjs";

/** @typedef {import("./seen.mjs").Seen} Seen */

/**
 * @typedef {object} DemoOptions
 * @property {number} [port] of the site through lastgood; any free one if absent
 * @property {number} [switchboardPort]
 * @property {string} [persistTo] where copies are kept; wrangler's own place if absent
 * @property {string} [config] another wrangler.toml
 */

const KEPT_BODIES = 100;

/** @param {DemoOptions} [options] */
export async function startDemo(options = {}) {
  const events = new Timeline();
  const origin = await startOrigin();
  origin.onAttempt((attempt) => events.attempted(attempt));
  const worker = await startWorker({
    ...options,
    port: await freePort(options.port ?? 0),
    origin: origin.url,
    onLog: (log) => events.logged(log),
  }).catch(async (error) => {
    await origin.stop();
    throw error;
  });
  const visitor = createVisitor(worker.url, events);
  const setFault = async (/** @type {string} */ name) => {
    await origin.setFault(name);
    events.fault = name;
    events.emit("fault", name);
  };
  const port = await freePort(options.switchboardPort ?? 0);
  const board = { site: worker.url, timeline: events, setFault, ...visitor };
  const switchboard = await startSwitchboard(port, board);
  return {
    site: worker.url,
    switchboard: switchboard.url,
    /** The worker's process, for whoever wants to know when it ends. */
    worker: worker.child,
    events,
    setFault,
    visit: visitor.visit,
    async stop() {
      await Promise.all([switchboard.stop(), worker.stop(), origin.stop()]);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startDemo>>} Demo */

/**
 * @param {string} site
 * @param {Timeline} timeline
 */
function createVisitor(site, timeline) {
  /** @type {Map<number, Seen>} */
  const bodies = new Map();

  /** @param {{ method: string, path: string, form?: string }} asked */
  const visit = ({ method, path, form }) => {
    const row = timeline.open({ by: "visitor", method, path });
    const going = makeVisit(site, { n: row.n, method, path, form });
    void going.then(({ reply, body }) => {
      const type = reply.headers.find(([name]) => name === "content-type");
      bodies.set(row.n, { path, type: type?.[1] ?? "", body });
      forgetOldest(bodies, KEPT_BODIES);
      timeline.replied(row, reply);
    });
    return row.n;
  };
  return { visit, seen: (/** @type {number} */ n) => bodies.get(n) };
}

/**
 * @param {Map<number, unknown>} map
 * @param {number} kept
 */
function forgetOldest(map, kept) {
  for (const key of map.keys()) {
    if (map.size <= kept) return;
    map.delete(key);
  }
}
