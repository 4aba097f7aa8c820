// @ts-check
/** A page from before with the line that says so, in pages of every kind. */
import assert from "node:assert/strict";
import { after } from "node:test";
import {
  isDecent,
  launch,
  open,
  SCHEMES,
  WIDTHS,
} from "../support/chromium.mjs";
import { BRISK, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */
/** @typedef {import("../support/chromium.mjs").Scheme} Scheme */

const STYLE = `body { margin: 0; font: 1rem/1.5 Georgia, serif; background: Canvas; color: CanvasText }
  header { padding: 1rem; background: #14532d; color: #fff } main { max-width: 40rem; margin: auto; padding: 1rem }`;
const BODY = `<header><h1>Town library</h1></header><main><h2>Opening hours</h2><p>Monday to Friday, nine to six.</p>
  <p><a href="/events">Events</a></p></main>`;

/** @param {string} head @param {string} [body] */
const page = (head, body = `<body>${BODY}</body>`) =>
  `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>Town library</title>${head}</head>${body}</html>`;

/** @typedef {{ html: string, type?: string, headers?: string, encoding?: BufferEncoding, todo?: string }} Kind */

/** @type {Record<string, Kind>} */
const KINDS = {
  plain: {
    html: page(
      `<meta name="color-scheme" content="light dark"><style>${STYLE}</style>`,
    ),
  },
  bare: { html: page("") },
  dark: {
    html: page(
      `<style>${STYLE} html { color-scheme: dark; background: #111 }</style>`,
    ),
  },
  flex: {
    html: page(
      "<style>body { display: flex; gap: 1rem } p { max-width: 60ch }</style>",
    ),
    todo: "the notice becomes a column where the body is a flex row",
  },
  fixed: {
    html: page(
      `<style>${STYLE} header { position: fixed; inset: 0 0 auto; } main { padding-top: 6rem }</style>`,
    ),
    todo: "a fixed header covers the notice",
  },
  latin: {
    html: page("<style>p { margin: 1rem }</style>").replace(
      "library",
      "bibliothèque",
    ),
    type: "text/html; charset=iso-8859-1",
    encoding: "latin1",
  },
  strict: {
    html: page('<link rel="stylesheet" href="/site.css">'),
    headers:
      "[Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self']",
  },
};

const browser = await launch();
const script = Object.fromEntries(
  Object.entries(KINDS).map(([name, { headers = "" }]) => [
    `/${name}`,
    [`200${headers}`, "502"],
  ]),
);
const site = await siteWith(
  { after },
  {
    script: { ...script, "/site.css": ["200"], "/favicon.ico": ["204"] },
    lastgood: BRISK,
    content: (_, { path }) => contentOf(path),
  },
);
after(() => browser.close());
const url = (/** @type {string} */ path) =>
  `http://127.0.0.1:${site.worker.port}${path}`;

/** @param {string} path */
function contentOf(path) {
  const kind = KINDS[path.slice(1)];
  if (!kind) return { type: "text/css", bytes: Buffer.from(STYLE) };
  return {
    type: kind.type ?? "text/html; charset=utf-8",
    bytes: Buffer.from(kind.html, kind.encoding),
  };
}

/** @type {Map<string, Promise<unknown>>} */
const kept = new Map();

/** Has the page kept, once. @param {string} name */
function keep(name) {
  const address = url(`/${name}`);
  const keeping =
    kept.get(name) ??
    fetch(address).then(() =>
      until("it is kept", () => site.worker.stored(address)),
    );
  kept.set(name, keeping);
  return keeping;
}

/** @typedef {[string, Scheme, number]} Look */
/** @type {Look[]} */
const LOOKS = [
  ...SCHEMES.flatMap((scheme) =>
    WIDTHS.map((width) => look("plain", scheme, width)),
  ),
  ...Object.keys(KINDS)
    .slice(1)
    .map((name) => look(name)),
  look("bare", "dark"),
  look("strict", "dark"),
];

/** @param {string} name @param {Scheme} [scheme] @param {number} [width] @returns {Look} */
function look(name, scheme = "light", width = 320) {
  return [name, scheme, width];
}

for (const [name, colorScheme, width] of LOOKS)
  test(
    `the notice in a ${name} page, ${colorScheme}, ${width} px`,
    { todo: KINDS[name].todo },
    async () => {
      await keep(name);
      const shown = await open(browser, { colorScheme, width });
      await shown.page.goto(url(`/${name}`));
      const notice = shown.page.locator("[data-lastgood=notice]");
      assert.match(
        await notice.innerText(),
        /The site’s server is not answering/,
      );
      assert.ok(await notice.isVisible());
      await isReadable(shown.page);
      await isDecent(shown, `notice-${name}-${colorScheme}-${width}`);
      await shown.close();
    },
  );

/** On top, and as wide as the window. @param {Page} page */
async function isReadable(page) {
  const box = await page.locator("[data-lastgood=notice]").boundingBox();
  assert.ok(box && box.height >= 20, "it has a height");
  const text = await page.evaluate(`(() => {
    const { x, y, width, height } = document.querySelector("[data-lastgood=notice]").getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2)?.closest("[data-lastgood=notice]") ? "on top" : "covered";
  })()`);
  assert.equal(text, "on top");
}

test("the notice is there without JavaScript, and read out", async () => {
  await keep("plain");
  const shown = await open(browser, { javaScriptEnabled: false });
  await shown.page.goto(url("/plain"));
  assert.ok(await shown.page.getByRole("status").isVisible());
  shown.complaints.none();
  await shown.close();
});
