// @ts-check
/**
 * A shop whose pages watch how it is doing: served by a scripted origin alone, or
 * behind the worker, and visited by tabs of one real browser.
 */
import { readFileSync } from "node:fs";
import { Complaints } from "../support/chromium.mjs";
import { BRISK, FORGETFUL, originWith, siteWith } from "../support/site.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */
/** @typedef {import("../support/chromium.mjs").Browser} Browser */
/** @typedef {import("../support/test.mjs").TestContext} TestContext */

const DIST = new URL("../../dist/browser/", import.meta.url);
const TYPES = /** @type {Record<string, string>} */ ({
  js: "text/javascript",
  wasm: "application/wasm",
});
const STRICT =
  "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self'; require-trusted-types-for 'script'";
export const GOOD = `200[${STRICT}]`;
/** A page that may not compile wasm. */
export const WITHOUT_WASM = GOOD.replace(" 'wasm-unsafe-eval'", "");
/** An error after which one may soon ask again. */
export const DOWN = "502[Retry-After: 1]";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
  <script type="module" src="/page.js"></script><h1>Opening hours</h1>`;
/** A page with the element, in its own words or another language where the path says so. @param {string} path */
const BANNER = (
  path,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
  <meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Shop</title>
  <script type="module" src="/lastgood/status.js"></script></head><body><main><h1>Opening hours</h1>
  <p>Monday to Friday, nine to six.</p></main>
  <lastgood-status${OWN[path] ?? ' url="/page"'}><a slot="back" href="${path}">Load the page anew</a></lastgood-status></body></html>`;
const OWN = /** @type {Record<string, string>} */ ({
  "/banner-here": "",
  "/banner-ar": ' url="/page" lang="ar"',
  "/banner-own": ' url="/page" data-why="The oven is cold." data-hide="Away"',
});
const SCRIPT = `import { watch } from "/lastgood/status.js";
  import { lastgoodFetch } from "/lastgood/lastgood.js";
  const site = watch(), told = [];
  site.addEventListener("change", ({ detail }) => told.push(detail.state));
  site.addEventListener("back", () => told.push("back"));
  const fails = async () => {
    const response = await lastgoodFetch("/api", {}, { attempts: 1 }).catch((error) => error);
    return response.attempts ?? 1;
  };
  Object.assign(globalThis, { site, told, fails, lastgoodFetch });`;

/** @param {unknown} _ @param {{ path: string }} call */
function content(_, { path }) {
  if (path.startsWith("/banner"))
    return { type: "text/html", bytes: Buffer.from(BANNER(path)) };
  if (path === "/page") return { type: "text/html", bytes: Buffer.from(PAGE) };
  if (path === "/page.js")
    return { type: TYPES.js, bytes: Buffer.from(SCRIPT) };
  const file = /^\/lastgood\/([\w/.-]+\.(js|wasm))$/.exec(path);
  if (!file) return undefined;
  return {
    type: TYPES[file[2]],
    bytes: readFileSync(new URL(file[1], DIST)),
  };
}

/** What an origin does with the page and with what its scripts ask for. @param {string} page @param {string} [api] */
export const script = (page, api = page) => ({
  "/page": [page],
  "/api": [api],
  "/banner": [GOOD],
  "/favicon.ico": ["204"],
  "*": ["200"],
});

/**
 * A browser that shows pages of an origin.
 * @param {TestContext} t
 * @param {Browser} browser
 * @param {{ calls: { method: string }[], setScript: (script: unknown) => Promise<void> | void }} origin
 * @param {string} base
 * @param {import("../support/chromium.mjs").ContextOptions} [options]
 */
async function visiting(t, browser, origin, base, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  /** @param {string} [init] @param {string} [path] */
  const open = async (init, path = "/page") => {
    const page = await context.newPage();
    const complaints = new Complaints(page);
    if (init) await page.addInitScript(init);
    let asked = 0;
    page.on("request", (request) => {
      if (request.method() === "HEAD") asked += 1;
    });
    await page.goto(base + path);
    return { page, complaints, asked: () => asked };
  };
  return {
    context,
    open,
    become: (/** @type {unknown} */ script) => origin.setScript(script),
    asked: () => origin.calls.filter(({ method }) => method === "HEAD").length,
  };
}

/** @param {TestContext} t @param {Browser} browser @param {unknown} [does] @param {import("../support/chromium.mjs").ContextOptions} [options] */
export async function plainShop(t, browser, does = script(GOOD), options = {}) {
  const origin = await originWith(t, does, {
    content: (answer, call) =>
      content(answer, call) ?? {
        type: "text/plain",
        bytes: Buffer.from("good"),
      },
  });
  return visiting(t, browser, origin, origin.url, options);
}

/** The same behind the worker. @param {TestContext} t @param {Browser} browser @param {object} [policy] */
export async function edgeShop(t, browser, policy) {
  const site = await siteWith(t, {
    script: script(GOOD),
    lastgood: { ...BRISK, ...FORGETFUL, ...policy },
    content,
  });
  const base = `http://127.0.0.1:${site.worker.port}`;
  const shop = await visiting(t, browser, site.origin, base);
  const kept = () =>
    until("the page is kept", () => site.worker.stored(`${base}/page`));
  return { ...shop, kept, site };
}

/** @param {Page} page @param {string} state */
export const is = (page, state) =>
  until(
    `the site is ${state}`,
    async () => (await page.evaluate("globalThis.site?.state")) === state,
    8000,
  );
/** @param {Page} page */
export const told = (page) => page.evaluate("told.join()");
/** @param {Page} page */
export const fails = (page) => page.evaluate("fails()");
