// @ts-check
/** Our error page, as a person meets it. */
import assert from "node:assert/strict";
import { after } from "node:test";
import {
  isDecent,
  launch,
  open,
  SCHEMES,
  WIDTHS,
} from "../support/chromium.mjs";
import { BRISK, FORGETFUL, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */
/** @typedef {import("../support/chromium.mjs").Scheme} Scheme */

const FORM = Buffer.from(`<!doctype html><html lang="en"><title>Order</title>
  <form method="post" action="/order"><label>Loaves <input name="loaves"></label><button>Order</button></form>`);

const browser = await launch();
const site = await siteWith(
  { after },
  {
    script: {
      "/favicon.ico": ["204"],
      "/form": ["200[no-store]"],
      "/order": ["502"],
      "/heals": ["502", "502", "200"],
      "/slow": ["hang"],
      "/gone": ["reset"],
      "/busy": ["503"],
      "*": ["502"],
    },
    lastgood: { ...BRISK, ...FORGETFUL, deadline: "1s" },
    content: (answer, { path }) =>
      path === "/form" ? { type: "text/html", bytes: FORM } : undefined,
  },
);
after(() => browser.close());
const url = (/** @type {string} */ path) =>
  `http://127.0.0.1:${site.worker.port}${path}`;

/** @param {Page} page */
async function failToOrder(page) {
  await page.goto(url("/form"));
  await page.fill("[name=loaves]", "2");
  await page.click("button");
}

/** @type {[string, (page: Page) => Promise<unknown>][]} */
const WAYS = [
  ["502", (page) => page.goto(url("/down"))],
  ["post", failToOrder],
];

for (const [name, meet] of WAYS)
  for (const colorScheme of SCHEMES)
    for (const width of WIDTHS)
      test(`the error page after ${name}, ${colorScheme}, ${width} px`, async () => {
        const shown = await open(browser, { colorScheme, width });
        await meet(shown.page);
        assert.equal(await shown.page.locator("h1").count(), 1);
        await isDecent(shown, `answer-${name}-${colorScheme}-${width}`);
        await shown.close();
      });

test("with everything unfolded", async () => {
  for (const colorScheme of SCHEMES) {
    const shown = await open(browser, { colorScheme, width: 320 });
    await shown.page.goto(url("/down"));
    await shown.page.click("summary");
    assert.ok(await shown.page.locator("details li").first().isVisible());
    await isDecent(shown, `answer-unfolded-${colorScheme}-320`);
    await shown.close();
  }
});

test("each cause has its own words", async () => {
  const shown = await open(browser);
  const titles = new Set();
  for (const path of ["/down", "/slow", "/gone", "/busy"]) {
    await shown.page.goto(url(path));
    titles.add(await shown.page.title());
    assert.equal(await shown.page.title(), await shown.page.innerText("h1"));
  }
  assert.equal(titles.size, 4);
  await shown.close();
});

for (const language of ["ar", "de", "ja"])
  test(`in ${language}`, async () => {
    for (const colorScheme of SCHEMES) {
      const headers = { "accept-language": language };
      const options = { colorScheme, width: 320, extraHTTPHeaders: headers };
      const shown = await open(browser, options);
      await shown.page.goto(url("/slow"));
      await shown.page.click("summary");
      assert.equal(await shown.page.getAttribute("html", "lang"), language);
      await isDecent(shown, `answer-${language}-${colorScheme}-320`);
      await shown.close();
    }
  });

for (const width of [640, 320])
  test(`letters twice as large still fit ${width} px`, async () => {
    const shown = await open(browser, { width });
    await shown.page.goto(url("/down"));
    await shown.page.evaluate(
      "document.documentElement.style.fontSize = '200%'",
    );
    await isDecent(shown, `answer-large-letters-${width}`);
    await shown.close();
  });

test("trying again by keyboard brings the page once the origin is well", async () => {
  const shown = await open(browser);
  const { page } = shown;
  await page.goto(url("/heals"));
  await page.keyboard.press("Tab");
  const focused = page.locator(":focus");
  assert.match(await focused.innerText(), /try again/i);
  await isDecent(shown, "answer-focus");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Still no proper answer.");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Opening hours");
  await shown.close();
});

test("a write that failed is not offered again, and says why", async () => {
  const shown = await open(browser);
  const { page } = shown;
  await failToOrder(page);
  assert.match(await page.innerText("main"), /may or may not have been saved/);
  const keys = await page.locator("a:visible, button:visible").allInnerTexts();
  assert.deepEqual(keys, ["Back to what I typed", "Send it again"]);
  assert.equal(await page.locator("[http-equiv=refresh]").count(), 0);
  await shown.close();
});

test("nothing is missing without JavaScript", async () => {
  const shown = await open(browser, { javaScriptEnabled: false, width: 320 });
  const { page, complaints } = shown;
  await page.goto(url("/down"));
  assert.ok(await page.locator("h1").isVisible());
  assert.match(await page.innerText("#when"), /^Please come back in \d+\ss/);
  assert.ok(await page.getByText("Try again").isVisible());
  assert.equal(await page.locator("button:visible").count(), 0);
  await page.click("summary");
  assert.ok(await page.locator("details li").first().isVisible());
  complaints.none();
  await shown.close();
});

test("the page needs nothing but itself", async () => {
  const shown = await open(browser);
  /** @type {string[]} */
  const asked = [];
  shown.page.on("request", (request) => asked.push(request.url()));
  await shown.page.goto(url("/down"), { waitUntil: "networkidle" });
  const others = asked.filter((one) => !one.endsWith("/favicon.ico"));
  assert.deepEqual(others, [url("/down")]);
  await shown.close();
});
