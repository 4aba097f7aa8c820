// @ts-check
/**
 * Carries reports between isolates: from each to the one object that all can
 * reach, and back what it makes of them. What they say is the core's.
 *
 * All of it happens behind replies, one exchange at a time, each with a timer.
 * An object that is slow, or throws, or is not there, costs nobody a moment.
 */
import * as core from "lastgood-core";
import { DurableObject } from "cloudflare:workers";
import { fault, ready, state } from "./instance.js";
import { keepPurge, keptPurges } from "./epochs.js";

/** How often the core is asked on the healthy way whether there is a report. */
const EVERY_MS = 1000;
/** How long the object may take. */
const PATIENCE_MS = 2000;
/** How often its failures are logged, at most. */
const QUIET_MS = 60_000;

let nextAt = 0;
let busyUntil = 0;
let quietUntil = 0;

/**
 * Reports, if it is time to; when a request `ended` otherwise than well, the core
 * is asked at once. Returns what goes on behind the reply.
 * @param {ExecutionContext} ctx
 * @param {number} now
 * @param {boolean} [ended]
 */
export function share(ctx, now, ended = false) {
  const objects = state();
  if (!objects || (!ended && isAhead(nextAt, now))) return;
  const busy = isAhead(busyUntil, now);
  nextAt = ended && busy ? 0 : now + EVERY_MS;
  if (busy) return;
  try {
    const report = core.report(now);
    if (report === undefined) return;
    busyUntil = now + PATIENCE_MS;
    ctx.waitUntil(exchange(objects, report).catch(fault));
  } catch (error) {
    fault(error);
  }
}

/**
 * Whether a time has still to come. A clock that was set back does not count.
 * @param {number} time
 * @param {number} now
 */
function isAhead(time, now) {
  return now < time && time - now <= PATIENCE_MS;
}

/**
 * @param {DurableObjectNamespace<LastgoodState>} objects
 * @param {string} report
 */
async function exchange(objects, report) {
  const answer = await answered(objects, report).catch(complain);
  busyUntil = 0;
  if (answer) core.learn(answer, Date.now());
}

/**
 * @param {DurableObjectNamespace<LastgoodState>} objects
 * @param {string} report
 * @returns {Promise<string | undefined>}
 */
async function answered(objects, report) {
  const name = report.slice(0, report.indexOf(" "));
  const object = objects.get(objects.idFromName(name));
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer in ${PATIENCE_MS} ms`);
    const timer = setTimeout(reject, PATIENCE_MS, late);
    const settled = () => clearTimeout(timer);
    object.merge(report).then(resolve, reject).finally(settled);
  });
}

/** @param {unknown} error @returns {undefined} */
function complain(error) {
  const now = Date.now();
  if (now < quietUntil) return;
  quietUntil = now + QUIET_MS;
  console.error(JSON.stringify({ lastgood: "state", error: String(error) }));
}

/** The object that all isolates can reach. Nothing in it is stored but purges, and what was announced. */
export class LastgoodState extends DurableObject {
  /** @type {core.World | undefined} */
  #world;

  /** @param {string} report */
  merge(report) {
    try {
      ready(this.env);
      this.#world ??= new core.World();
      return this.#world.merge(report, Date.now());
    } catch (error) {
      // After a trap it belongs to an instance that is gone.
      this.#world = undefined;
      if (error instanceof WebAssembly.RuntimeError) fault(error);
      return undefined;
    }
  }

  /** All purges and what was announced, where this is the object that keeps them. */
  purges() {
    return keptPurges(this.ctx.storage);
  }

  /** Adds one of either; returns all there is. @param {string} line */
  purge(line) {
    return keepPurge(this.ctx.storage, this.env, line);
  }
}
