// @ts-check
/**
 * `npm run matrix -- --cost`: what a healthy request costs through lastgood,
 * against plain `fetch` and ky, in one page.
 */
import http from "node:http";
import { median, range } from "../../benches/harness/stats.mjs";
import { launch } from "../support/chromium.mjs";
import { costScript } from "./runner/clients.mjs";
import { serveScripts } from "./runner/scripts.mjs";

/** Requests of each client in a round; rounds; rounds that do not count. */
const TIMES = 100;
const ROUNDS = 9;
const WARM_UP = 2;
/** What lastgood may take of ky's time. */
const WANTED = 1.1;

/** What is asked for: two of which the body is held, and what is passed on. */
const BODIES = {
  "/small.json": { type: "application/json", bytes: jsonOf(2 * 1024) },
  "/page.html": { type: "text/html", bytes: Buffer.alloc(20 * 1024, "<p>") },
  "/file": { type: "application/octet-stream", bytes: Buffer.alloc(100_000) },
};

/** @param {number} size */
function jsonOf(size) {
  return Buffer.from(JSON.stringify({ about: "a".repeat(size) }));
}

/** A page with a fine clock, which browsers grant to isolated ones only. @type {Record<string, string>} */
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** @param {string} script @returns {http.RequestListener} */
const answering =
  (script) =>
  ({ url = "/" }, response) => {
    const body = BODIES[/** @type {keyof typeof BODIES} */ (url)];
    const page = Buffer.from(
      `<!doctype html><title>Cost</title><script type="module" src="${script}"></script>`,
    );
    const { type, bytes } = body ?? { type: "text/html", bytes: page };
    response.writeHead(200, {
      "Content-Type": type,
      "Content-Length": bytes.length,
      "Cache-Control": "no-store",
      ...ISOLATED,
    });
    response.end(bytes);
  };

const MOMENTS = /** @type {const} */ (["headers", "end"]);
const CLIENTS = ["fetch", "ky", "lastgood", "unheld"];

/** The times of each client, in ms. @typedef {Record<string, Record<"headers" | "end", number[]>>} Taken */

/** @param {import("playwright-core").Page} page @param {string} url */
async function measure(page, url) {
  /** @type {Taken[]} */
  const rounds = [];
  for (let n = -WARM_UP; n < ROUNDS; n++) {
    const taken = await page.evaluate(
      ([url, times]) => /** @type {any} */ (globalThis).round(url, times),
      /** @type {const} */ ([url, TIMES]),
    );
    if (n >= 0) rounds.push(taken);
  }
  return rounds;
}

/** One client against ky, round by round. @param {Record<string, number>[]} rounds @param {string} client */
function toKy(rounds, client) {
  const ratios = rounds.map((round) => round[client] / round.ky);
  return { ratio: median(ratios), range: range(ratios) };
}

/** @param {string} url @param {Taken[]} rounds @param {"headers" | "end"} moment */
function figures(url, rounds, moment) {
  const medians = rounds.map((round) =>
    Object.fromEntries(
      CLIENTS.map((client) => [client, median(round[client][moment])]),
    ),
  );
  const ms = CLIENTS.map((client) => [
    client,
    median(medians.map((round) => round[client])),
  ]);
  return {
    ...{ url, moment, ms: Object.fromEntries(ms) },
    lastgood: toKy(medians, "lastgood"),
    unheld: toKy(medians, "unheld"),
  };
}

/** @param {{ ratio: number, range: [number, number] }} given */
const shown = ({ ratio, range: [least, most] }) =>
  `${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

const HEADING = `${"".padEnd(22)}${CLIENTS.map((name) => name.padStart(9)).join("")}   ${"lastgood ÷ ky".padEnd(22)}unheld ÷ ky`;

/** @param {ReturnType<typeof figures>} given */
function line({ url, moment, ms, lastgood, unheld }) {
  const times = CLIENTS.map((name) =>
    `${(ms[name] * 1000).toFixed(0)} µs`.padStart(9),
  );
  return `${url.padEnd(14)}${moment.padEnd(8)}${times.join("")}   ${shown(lastgood).padEnd(22)}${shown(unheld)}`;
}

/** Whether it takes no longer than is wanted. @param {ReturnType<typeof figures>} given */
const isWell = ({ lastgood, unheld }) =>
  unheld.ratio <= WANTED && lastgood.ratio <= WANTED;

/** Measures and prints; the figures, and whether they are as they should be. */
export async function measureCost() {
  const scripts = await serveScripts({ "cost.js": await costScript() });
  const server = http.createServer(answering(`${scripts.url}/cost.js`));
  await new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(null)),
  );
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction("globalThis.ready?.then(() => true)");
  console.log(
    `${ROUNDS} rounds of ${TIMES} requests each, in µs\n\n${HEADING}`,
  );
  const all = [];
  for (const url of Object.keys(BODIES)) {
    const rounds = await measure(page, url);
    for (const moment of MOMENTS) {
      const made = figures(url, rounds, moment);
      console.log(line(made));
      all.push(made);
    }
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
  scripts.stop();
  const well = all.every(isWell);
  console.log(
    `\nat most ${WANTED} × ky's, until the headers and until the end: ${well ? "yes" : "no"}`,
  );
  return { figures: all, isWell: well };
}
