// @ts-check
/** A page from before with the line that says so, in pages of every kind. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import http from "node:http";
import { after } from "node:test";
import {
  isAccessible,
  isDecent,
  launch,
  open,
  SCHEMES,
  shoot,
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

/**
 * - `complains`: the page itself forbids the notice its style
 * @typedef {{ html: string, type?: string, headers?: string, encoding?: BufferEncoding, complains?: true }} Kind
 */

const NOTICE = "[data-lastgood=notice]";
const SELF =
  "[Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self']";
const NONE =
  "[Content-Security-Policy: default-src 'none'; form-action 'none'; require-trusted-types-for 'script']";
const REPORTED =
  "[Content-Security-Policy-Report-Only: default-src 'self'; report-uri /csp]";
const LINKED = '<link rel="stylesheet" href="/site.css">';
const LONG = `<body>${BODY}${"<p>Books may be kept for four weeks.</p>".repeat(60)}</body>`;
const SHELL = `<body><header>Mail</header><main tabindex="0">${"<p>A letter from the town hall.</p>".repeat(40)}</main><footer><a href="/new">New letter</a></footer></body>`;

/** @param {string} css @param {string} [body] @returns {Kind} */
const styled = (css, body) => ({
  html: page(`<style>${STYLE} ${css}</style>`, body),
});

/** @type {Record<string, Kind>} */
const KINDS = {
  plain: {
    html: page(
      `<meta name="color-scheme" content="light dark"><style>${STYLE}</style>`,
    ),
  },
  bare: { html: page("") },
  quirky: { html: `<html lang="en"><title>Old</title><body>${BODY}` },
  dark: styled("html { color-scheme: dark; background: #111 }"),
  row: styled("body { display: flex; gap: 1rem }"),
  column: styled(
    "body { display: flex; flex-direction: column; justify-content: space-between; gap: 2rem; min-height: 100vh }",
  ),
  grid: styled(
    "body { display: grid; grid-template-columns: 1fr 2fr; gap: 1rem }",
  ),
  columns: styled("body { columns: 2 }"),
  fixed: styled(
    "header { position: fixed; inset: 0 0 auto } main { padding-top: 6rem }",
    LONG,
  ),
  sticky: styled("header { position: sticky; top: 0 }", LONG),
  shell: styled(
    "body { height: 100vh; overflow: hidden; display: grid; grid-template-rows: auto minmax(0, 1fr) auto } main { overflow: auto; margin: 0 auto } footer { padding: 1rem; border-top: 1px solid }",
    SHELL,
  ),
  owl: styled(
    "body > * + * { margin-top: 5rem } body > :first-child { margin-top: 0 } body > :nth-child(2) { padding: 3rem }",
  ),
  greedy: styled(
    "body > * { position: relative; display: grid; padding: 2rem; margin: 1rem auto; max-width: 30rem; opacity: .99 } div, p { font-size: 1.3em }",
  ),
  jealous: styled(
    "body:has(dialog[open]) { overflow: hidden } body:has(form, button, style ~ *) { padding: 9rem } dialog, form, button, [hidden] { display: none !important } *:not(html, body, head) { transform: none }",
    LONG,
  ),
  moved: styled("body { transform: translateZ(0) }", LONG),
  styled: styled(
    `${NOTICE}::part(notice) { background: #0b3d91; inset: 1rem 1rem auto auto }`,
  ),
  silenced: styled(`${NOTICE}::part(notice) { display: none }`),
  tiny: styled("html { font-size: 62.5% } body { font-size: 1.6rem }"),
  rtl: {
    html: page(
      `<style>${STYLE}</style>`,
      `<body dir="rtl" lang="he"><header><h1>ספרייה</h1></header><main><p>פתוח עד שש.</p></main></body>`,
    ),
  },
  latin: {
    html: page("<style>p { margin: 1rem }</style>").replace(
      "library",
      "bibliothèque",
    ),
    type: "text/html; charset=iso-8859-1",
    encoding: "latin1",
  },
  strict: { html: page(LINKED), headers: SELF },
  strictest: { html: page(""), headers: NONE },
  reported: { html: page(LINKED), headers: REPORTED },
  meta: {
    html: page(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'self'">${LINKED}`,
    ),
    complains: true,
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
    .filter((name) => !["plain", "styled", "silenced"].includes(name))
    .flatMap((name) => [look(name), look(name, "light", 1280)]),
  look("bare", "dark"),
  look("strict", "dark"),
];

/** @param {string} name @param {Scheme} [scheme] @param {number} [width] @returns {Look} */
function look(name, scheme = "light", width = 320) {
  return [name, scheme, width];
}

/**
 * A page from before, opened.
 * @param {string} name
 * @param {import("../support/chromium.mjs").ContextOptions & { width?: number }} [options]
 */
async function openCopy(name, options) {
  await keep(name);
  const shown = await open(browser, { locale: "en-GB", ...options });
  await shown.page.goto(url(`/${name}`));
  return shown;
}

for (const [name, colorScheme, width] of LOOKS)
  test(`the notice in a ${name} page, ${colorScheme}, ${width} px`, async () => {
    const shown = await openCopy(name, { colorScheme, width });
    const { page } = shown;
    const { complains } = KINDS[name];
    const told = page.getByRole("status");
    assert.match(
      (await page.locator(NOTICE).textContent()) ?? "",
      /^Copy saved \d+\u00a0(s|min) ago\. The site’s server is not answering/,
    );
    assert.ok(await told.isVisible());
    // Where no style is allowed it stands in the text, and may come in two pieces.
    const most = name === "strictest" ? 0.01 : 0;
    const moved = await shifts(page);
    assert.ok(moved <= most, `${moved} moved`);
    const picture = `notice-${name}-${colorScheme}-${width}`;
    if (complains) await isAccessible(page).then(() => shoot(page, picture));
    else await isDecent(shown, picture);
    if (!complains && name !== "moved") await isInTheCorner(page);
    await leavesThePageAlone(page);
    await shown.close();
  });

test("a notice that comes in two pieces moves nothing", async (t) => {
  await keep("plain");
  const html = await (await fetch(url("/plain"))).text();
  const place = html.indexOf("</template>") + "</template>".length;
  const server = http.createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.write(html.slice(0, place));
    setTimeout(() => response.end(html.slice(place)), 500);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(undefined)),
  );
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  const { page, close } = await open(browser, { width: 320 });
  t.after(close);
  await page.goto(`http://127.0.0.1:${port}/`);
  assert.ok(await page.getByRole("status").isVisible());
  assert.equal(await shifts(page), 0);
});

const NOTICES_BOX = `document.querySelector("${NOTICE}").shadowRoot.querySelector("dialog").getBoundingClientRect()`;

/** On top, at the lower edge, and no more than a few lines. @param {Page} page */
async function isInTheCorner(page) {
  const seen = /** @type {Record<string, any>} */ (
    await page.evaluate(`(() => {
      const { x, y, right, bottom, width, height } = ${NOTICES_BOX};
      const over = document.elementFromPoint(x + width / 2, y + height / 2);
      return { over: over?.matches("${NOTICE}"), x, right: innerWidth - right,
        below: innerHeight - bottom, width, height };
    })()`)
  );
  const told = JSON.stringify(seen);
  assert.ok(seen.over, `it is on top: ${told}`);
  assert.ok(seen.x > 0 && seen.x < 12 && seen.right > 0, told);
  assert.ok(seen.below > 0 && seen.below < 12, told);
  assert.ok(seen.height >= 24 && seen.height <= 90, told);
  assert.ok(seen.width <= 640, told);
}

/** How much of the page moved while it was loaded (cumulative layout shift). @param {Page} page */
function shifts(page) {
  return page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    const add = (list) => list.getEntries().forEach(({ value }) => (sum += value));
    const observer = new PerformanceObserver(add);
    observer.observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => {
      add({ getEntries: () => observer.takeRecords() });
      resolve(sum);
    }));
  })`);
}

/** Where everything is that is the page's own, and how far it can be scrolled. @param {Page} page */
function boxes(page) {
  return page.evaluate(`[document.documentElement.scrollHeight, document.documentElement.scrollWidth,
    ...[...document.querySelectorAll("html, body, body *:not(${NOTICE})")].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [one.localName, x + scrollX, y + scrollY, width, height].join(" ");
    })]`);
}

/**
 * Nothing is elsewhere than without the notice; a key takes it away, and then it
 * covers nothing.
 * @param {Page} page
 */
async function leavesThePageAlone(page) {
  const before = /** @type {unknown[]} */ (await boxes(page));
  const { x, y, width, height } = /** @type {DOMRect} */ (
    await page.evaluate(`(${NOTICES_BOX}).toJSON()`)
  );
  await page.getByRole("button", { name: "Hide" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").waitFor({ state: "hidden" });
  const beneath = await page.evaluate(
    `document.elementFromPoint(${x + width / 2}, ${Math.min(y + height / 2, 600)})?.matches("${NOTICE}") ?? false`,
  );
  assert.equal(beneath, false, "it is gone");
  await page.evaluate(`document.querySelector("${NOTICE}").remove()`);
  const without = /** @type {unknown[]} */ (await boxes(page));
  // What is beneath the end of a page that forbids our style can be scrolled to.
  const same = KINDS[new URL(page.url()).pathname.slice(1)].complains ? 2 : 0;
  assert.deepEqual(before.slice(same), without.slice(same));
}

test("it is there without JavaScript, and can be hidden", async () => {
  const shown = await openCopy("strictest", { javaScriptEnabled: false });
  const told = shown.page.getByRole("status");
  assert.ok(await told.isVisible());
  await shown.page.getByRole("button", { name: "Hide" }).click();
  await told.waitFor({ state: "hidden" });
  shown.complaints.none();
  await shown.close();
});

test("it comes after all of the page's own stops, and has one", async () => {
  const shown = await openCopy("plain");
  const { page } = shown;
  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").innerText(), "Events");
  await page.keyboard.press("Tab");
  await isDecent(shown, "notice-focus");
  await page.keyboard.press("Space");
  await page.getByRole("status").waitFor({ state: "hidden" });
  await shown.close();
});

test("a site can style it, or hide it", async () => {
  const styledOne = await openCopy("styled");
  const box = /** @type {DOMRect} */ (
    await styledOne.page.evaluate(`(${NOTICES_BOX}).toJSON()`)
  );
  assert.deepEqual([box.top, Math.round(box.right)], [16, 1264]);
  await isDecent(styledOne, "notice-styled");
  await styledOne.close();
  const silenced = await openCopy("silenced");
  assert.ok(await silenced.page.getByRole("status").isHidden());
  await silenced.close();
});

test("in forced colours and under four times the zoom it can be read", async () => {
  const forced = await openCopy("plain", { forcedColors: "active" });
  await isInTheCorner(forced.page);
  await isDecent(forced, "notice-forced-colours");
  await forced.close();
  const zoomed = await openCopy("plain", {
    viewport: { width: 320, height: 200 },
    deviceScaleFactor: 4,
  });
  await isInTheCorner(zoomed.page);
  await isDecent(zoomed, "notice-zoomed");
  await zoomed.close();
});

test("on paper it comes after the page, without a button", async () => {
  const shown = await openCopy("sticky");
  const { page } = shown;
  await page.emulateMedia({ media: "print" });
  const [end, start] = /** @type {number[]} */ (
    await page.evaluate(
      `[document.querySelector("main").getBoundingClientRect().bottom, ${NOTICES_BOX}.top]`,
    )
  );
  assert.ok(start >= end, `it begins at ${start}, the page ends at ${end}`);
  assert.ok(await page.getByRole("button").isHidden());
  await shoot(page, "notice-paper");
  await shown.close();
});

const LANGUAGES = readdirSync(
  new URL("../../src/answer/languages", import.meta.url),
)
  .map((file) => file.replace(".txt", ""))
  .filter((tag) => tag !== "aliases");

test("it speaks the visitor's language, on a phone too", async () => {
  // A locale of the browser's own would win over the field.
  const shown = await openCopy("plain", { width: 320, locale: undefined });
  const { page } = shown;
  for (const tag of LANGUAGES) {
    await page.setExtraHTTPHeaders({ "accept-language": `${tag}, en;q=0.5` });
    await page.goto(url("/plain"));
    const notice = page.locator(NOTICE);
    assert.equal(await notice.getAttribute("lang"), tag);
    const rtl = ["ar", "fa", "he"].includes(tag);
    assert.equal(await notice.getAttribute("dir"), rtl ? "rtl" : "ltr");
    const { x, right, height, over } = /** @type {Record<string, number>} */ (
      await page.evaluate(`(() => {
        const { x, right, height } = ${NOTICES_BOX};
        const dialog = document.querySelector("${NOTICE}").shadowRoot.querySelector("dialog");
        return { x, right: innerWidth - right, height,
          over: Math.max(dialog.scrollWidth - dialog.clientWidth, dialog.scrollHeight - dialog.clientHeight) };
      })()`)
    );
    assert.ok(rtl ? right < 12 && x > 0 : x < 12 && right > 0, tag);
    assert.ok(height <= 100 && over <= 0, `${tag}: ${height} px high`);
    if (["ar", "de", "fa", "hi", "ja", "th", "zh-Hant"].includes(tag))
      await isDecent(shown, `notice-in-${tag}-320`);
  }
  await shown.close();
});
