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
const TIMES = 150;
const ROUNDS = 9;
const WARM_UP = 2;
/** What lastgood may take of ky's time. */
const WANTED = 1.1;

/** What is asked for: held until it is whole, looked at, and neither. */
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

/** Medians in ms, by client. @typedef {{ url: string, rounds: Record<string, number>[] }} Measured */

/** @param {import("playwright-core").Page} page @param {string} url @returns {Promise<Measured>} */
async function measure(page, url) {
  /** @type {Record<string, number>[]} */
  const rounds = [];
  for (let n = -WARM_UP; n < ROUNDS; n++) {
    const taken = /** @type {Record<string, number[]>} */ (
      await page.evaluate(
        ([url, times]) => /** @type {any} */ (globalThis).round(url, times),
        /** @type {const} */ ([url, TIMES]),
      )
    );
    const medians = Object.entries(taken).map(([name, all]) => [
      name,
      median(all),
    ]);
    if (n >= 0) rounds.push(Object.fromEntries(medians));
  }
  return { url, rounds };
}

/** @param {Measured} measured @param {string} other */
function ratioTo({ rounds }, other) {
  const ratios = rounds.map((round) => round.lastgood / round[other]);
  return { ratio: median(ratios), range: range(ratios) };
}

/** @param {Measured} measured */
function figures(measured) {
  const { url, rounds } = measured;
  const ms = Object.keys(rounds[0]).map((name) => [
    name,
    median(rounds.map((round) => round[name])),
  ]);
  return {
    url,
    ms: Object.fromEntries(ms),
    toFetch: ratioTo(measured, "fetch"),
    toKy: ratioTo(measured, "ky"),
  };
}

/** @param {{ ratio: number, range: [number, number] }} given */
const shown = ({ ratio, range: [least, most] }) =>
  `${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

/** @param {ReturnType<typeof figures>} given */
function line({ url, ms, toFetch, toKy }) {
  const times = ["fetch", "ky", "lastgood"].map((name) =>
    `${(ms[name] * 1000).toFixed(0)} µs`.padStart(9),
  );
  return `${url.padEnd(12)} ${times.join(" ")}   ${shown(toFetch).padEnd(22)} ${shown(toKy)}`;
}

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
    `time to headers, ${ROUNDS} rounds of ${TIMES} requests each\n\n${"".padEnd(12)}     fetch        ky  lastgood   lastgood ÷ fetch       lastgood ÷ ky`,
  );
  const all = [];
  for (const url of Object.keys(BODIES)) {
    const made = figures(await measure(page, url));
    console.log(line(made));
    all.push(made);
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
  scripts.stop();
  const isWell = all.every(({ toKy }) => toKy.ratio <= WANTED);
  console.log(`\nat most ${WANTED} × ky's: ${isWell ? "yes" : "no"}`);
  return { figures: all, isWell };
}
