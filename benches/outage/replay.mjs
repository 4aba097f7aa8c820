// @ts-check
/** One outage in front of one gateway, from a fresh start to the last visitor. */
import { setTimeout as sleep } from "node:timers/promises";
import { giveBackPort, holdPort } from "../../tests/origin/ports.mjs";
import { now } from "./clock.mjs";
import { planOf } from "./plan.mjs";
import { startPart } from "./processes.mjs";

/** @typedef {import("./plan.mjs").Kind} Kind */
/** @typedef {import("./plan.mjs").Plan} Plan */

/**
 * @typedef {object} Gateway
 * @property {string} name
 * @property {(originPort: number) => Promise<{ port: number, stop: () => Promise<unknown> }>} start
 */

/**
 * @typedef {object} Record what was seen from both sides
 * @property {Plan} plan
 * @property {import("./visitors.mjs").Visit[]} visits
 * @property {import("./origin.mjs").Call[]} calls
 * @property {import("./origin.mjs").Sample[]} refusals
 * @property {number} left when the origin's list was read
 */

const LEAD_MS = 500;
/** After the last visitor has gone. */
const AFTER_MS = 1000;

/**
 * @param {Gateway} gateway
 * @param {Kind} kind
 * @param {import("./plan.mjs").Options} options
 * @returns {Promise<Record>}
 */
export async function replay(gateway, kind, options) {
  const port = await holdPort();
  const [origin, visitors] = [
    startPart("origin.mjs"),
    startPart("visitors.mjs"),
  ];
  try {
    await origin.tell({ port });
    const site = await gateway.start(port);
    try {
      await visitors.tell({ port: site.port });
      return await run(site.port, origin, visitors, kind, options);
    } finally {
      await Promise.all([origin.stop(), visitors.stop()]);
      await site.stop();
    }
  } finally {
    await Promise.all([origin.stop(), visitors.stop()]);
    giveBackPort(port);
  }
}

/**
 * @param {number} port
 * @param {ReturnType<typeof startPart>} origin
 * @param {ReturnType<typeof startPart>} visitors
 * @param {Kind} kind
 * @param {import("./plan.mjs").Options} options
 * @returns {Promise<Record>}
 */
async function run(port, origin, visitors, kind, options) {
  const plan = planOf(kind, options, now() + LEAD_MS);
  await origin.tell({ plan });
  const { visits } = await visitors.tell({ port, plan });
  await sleep(AFTER_MS);
  const left = now();
  return { plan, visits, left, ...(await origin.tell({ log: true })) };
}
