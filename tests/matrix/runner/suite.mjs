// @ts-check
/** All rows with all clients, a few at a time. */
import { launch } from "../../support/chromium.mjs";
import { OURS, pageScript, workerScript } from "./clients.mjs";
import { judge, NOT_ASKED } from "./judge.mjs";
import { play } from "./row.mjs";
import { serveScripts } from "./scripts.mjs";

/** @typedef {import("./load.mjs").Row} Row */
/** @typedef {import("./judge.mjs").Cell} Cell */
/** @typedef {{ row: Row, client: string, cell: Cell, ms: number }} Done */

/**
 * The browser and what its pages load.
 * @param {string[]} clients
 */
export async function openHost(clients) {
  /** @type {Record<string, string>} */
  const scripts = {};
  /** @type {Record<string, string>} */
  const workers = {};
  for (const client of clients) {
    scripts[`${client}.js`] = await pageScript(client);
    workers[client] = await workerScript(client);
  }
  const server = await serveScripts(scripts);
  const browser = await launch();
  return {
    ...{ browser, scripts: server.url, workers },
    async close() {
      await browser.close();
      server.stop();
    },
  };
}

/** @param {import("./site.mjs").Host} host @param {Row} row @param {string} client @returns {Promise<Done>} */
export async function cellOf(host, row, client) {
  const start = performance.now();
  if (row.lacks?.includes(client) || (row.alone && client !== OURS))
    return { row, client, cell: NOT_ASKED, ms: 0 };
  const cell = await play(host, client, row).then(
    (seen) => judge(row, client === OURS, seen),
    (error) => ({
      right: false,
      why: [String(error).split("\n", 1)[0]],
      told: "no result",
    }),
  );
  return { row, client, cell, ms: performance.now() - start };
}

/**
 * @param {Row[]} rows @param {string[]} clients
 * @param {{ jobs: number, told: (done: Done) => void }} options
 */
export async function runAll(rows, clients, { jobs, told }) {
  const host = await openHost(clients);
  const waiting = rows.flatMap((row) =>
    clients.map((client) => ({ row, client })),
  );
  /** @type {Done[]} */
  const all = [];
  async function work() {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const done = await cellOf(host, next.row, next.client);
      all.push(done);
      told(done);
    }
  }
  await Promise.all(Array.from({ length: jobs }, work));
  await host.close();
  return all;
}
