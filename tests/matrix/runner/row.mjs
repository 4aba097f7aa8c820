// @ts-check
/** One row with one client: the requests are made, and what was seen is told. */
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../support/until.mjs";
import { siteFor } from "./site.mjs";

/** @typedef {import("./load.mjs").Row} Row */
/** @typedef {import("../page/asking.js").Outcome} Outcome */
/** @typedef {import("../../origin/connection.mjs").Call} Call */
/**
 * What was seen: at the origins, and in the page.
 * - `date`: the moment that `Retry-After` named, in ms since 1970
 * - `since`: what has to be added to the time of a call to make it such a moment
 * @typedef {{ calls: Call[], preflights: number, outcomes: Outcome[],
 *   date: number | null, since: number }} Seen
 */

const LIMIT_MS = 15_000;
/** For repetitions that come after the page has had its answer. */
const LINGER_MS = 250;

/** @param {Awaited<ReturnType<typeof siteFor>>} site @param {Row} row */
async function change({ origin }, { later }) {
  if (!later) return;
  await sleep(later.ms);
  await origin.setScript(later.origin);
}

/** @param {Awaited<ReturnType<typeof siteFor>>} site @param {Row} row */
async function abort({ page, calls }, { abort }) {
  if (abort?.ms === undefined) return;
  await until("the request arrives", () => calls().length > 0, LIMIT_MS);
  await sleep(abort.ms);
  await page.evaluate(() => /** @type {any} */ (globalThis).abort());
}

/**
 * Makes the requests, as the page is left if the row says so. What is told later
 * is there once they are on their way.
 * @param {import("playwright-core").Page} page @param {Row} row
 * @param {import("../page/asking.js").Task} task
 */
async function start(page, { leave }, task) {
  await page.evaluate(([given, leave]) => {
    const scope = /** @type {any} */ (globalThis);
    const ask = () => void (scope.outcomes = scope.ask(given));
    if (leave) addEventListener("pagehide", ask);
    else ask();
  }, /** @type {const} */ ([task, leave]));
  if (leave) await page.goto("about:blank");
}

/** When a page was left, nobody is told. @param {import("playwright-core").Page} page @returns {Promise<Outcome[]>} */
const outcomesOf = (page) =>
  page.evaluate(() => /** @type {any} */ (globalThis).outcomes ?? []);

/**
 * @param {import("./site.mjs").Host} host @param {string} client @param {Row} row
 * @returns {Promise<Seen>}
 */
export async function play(host, client, row) {
  const site = await siteFor(host, client, row);
  try {
    const date = await site.begin();
    const { request = {}, load, configuration, policy, limit = LIMIT_MS } = row;
    const asked = { ...request, url: site.resolve(request.url ?? "/x") };
    const task = {
      asked,
      abort: row.abort,
      load,
      configuration,
      policy,
      limitMs: limit,
    };
    await start(site.page, row, task);
    const [outcomes] = await Promise.all([
      outcomesOf(site.page),
      change(site, row),
      abort(site, row),
    ]);
    await sleep(row.linger ?? LINGER_MS);
    const all = site.calls();
    const calls = all.filter(({ method }) => method !== "OPTIONS");
    const preflights = all.length - calls.length;
    return { calls, preflights, outcomes, date, since: performance.timeOrigin };
  } finally {
    await site.close();
  }
}
