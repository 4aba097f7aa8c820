// @ts-check
/**
 * Where a row happens: an origin that serves a page and then does what the row
 * says, another origin for requests across, and a window of its own in the
 * browser, so that nothing is remembered from row to row.
 */
import { contentOf } from "../../origin/bodies.mjs";
import { ScriptedOrigin } from "../../origin/server.mjs";
import { withDates } from "./dates.mjs";
import { Http2Origin } from "./http2.mjs";

/** @typedef {import("./load.mjs").Row} Row */
/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {{ browser: Browser, scripts: string, workers: Record<string, string> }} Host */

/** What the origin says until the row begins; no connection is used again. */
const BEFORE = ["200[Connection: close]"];
const NOBODY_IS_THERE = ["refuse"];
/** Not that of HTTP's dates: who takes one for local time is hours off. */
const ZONE = "America/New_York";
const READY_MS = 20_000;

/** @param {string} script */
const pageWith = (script) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Matrix</title>
<link rel="icon" href="data:,"></head>
<body><script type="module" src="${script}"></script></body></html>
`;

/** @param {string} type @param {string} text */
const content = (type, text) => ({ type, bytes: Buffer.from(text) });

/** @param {string} script @param {string} worker */
function pagesOf(script, worker) {
  /** @type {import("../../origin/answer.mjs").ContentOf} */
  return (answer, asked, mark) => {
    if (asked.path === "/") return content("text/html", pageWith(script));
    if (asked.path === "/sw.js") return content("text/javascript", worker);
    return contentOf(answer, asked, mark);
  };
}

/** @param {ScriptedOrigin | Http2Origin} origin @param {unknown} script */
async function begin(origin, script) {
  const { script: dated, date } = withDates(script);
  // Connections that lie idle end here: on one that was used before, the
  // browser repeats a request by itself, and of those one could not tell.
  if (origin instanceof ScriptedOrigin) await origin.setScript(NOBODY_IS_THERE);
  await origin.setScript(dated);
  return date;
}

/**
 * A page of a client, about to make the requests of a row.
 * @param {Host} host @param {string} client @param {Row} row
 */
export async function siteFor({ browser, scripts, workers }, client, row) {
  const pages = pagesOf(`${scripts}/${client}.js`, workers[client] ?? "");
  const Origin = row.http2 ? Http2Origin : ScriptedOrigin;
  const origin = await Origin.start({
    ...{ name: "O1", script: BEFORE, content: pages },
  });
  const elsewhere = await ScriptedOrigin.start({
    ...{ name: "O2", script: row.elsewhere ?? BEFORE },
  });
  const context = await browser.newContext({
    timezoneId: ZONE,
    ignoreHTTPSErrors: row.http2,
  });
  const page = await context.newPage();
  await page.goto(`${origin.url}/${row.cold ? "#cold" : ""}`);
  await page.waitForFunction("globalThis.ready?.then(() => true)", null, {
    timeout: READY_MS,
  });
  return {
    page,
    origin,
    /** @param {string} url */
    resolve: (url) =>
      new URL(url, row.elsewhere ? elsewhere.url : origin.url).href,
    begin: () => begin(origin, row.origin),
    /** What was asked for, at either origin, in order. */
    calls: () =>
      [...origin.calls, ...elsewhere.calls]
        .filter(({ path }) => path.startsWith("/x"))
        .sort((one, other) => one.at - other.at),
    async close() {
      await context.close();
      await Promise.all([origin.stop(), elsewhere.stop()]);
    },
  };
}
