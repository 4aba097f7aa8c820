// @ts-check
/** `<lastgood-status>`: what it says, to whom, how it looks, and that it gets out of the way. */
import assert from "node:assert/strict";
import { after } from "node:test";
import {
  fits,
  isAccessible,
  launch,
  SCHEMES,
  shoot,
} from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";
import { DOWN, edgeShop, GOOD, plainShop, script } from "./watched.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */

const browser = await launch();
after(() => browser.close());

/** Makes the element ask, as a request that failed would. */
const DOUBT =
  "document.querySelector('lastgood-status').watch.tryNow().then(() => undefined)";
/** Notes what is put into the live region, as a screen reader would say it. */
const LISTEN = `{ const region = document.querySelector("lastgood-status").shadowRoot.querySelector("[role=status]");
  const quiet = region.querySelector("[aria-live=off]");
  globalThis.heard = [];
  new MutationObserver((changes) => {
    if (changes.every(({ target }) => quiet.contains(target))) return;
    if (region.textContent.trim()) heard.push(region.textContent.trim());
  }).observe(region, { subtree: true, childList: true, characterData: true }); }`;

/** @param {Page} page @param {string} text */
const says = (page, text) =>
  until(`the banner says “${text}”`, async () =>
    (await page.locator("lastgood-status .said").innerText()).includes(text),
  );
/** @param {Page} page */
const isAway = (page) =>
  until("the banner is away", async () =>
    page.evaluate(
      "document.querySelector('lastgood-status').shadowRoot.querySelector('.banner').matches('.away')",
    ),
  );
/** Nothing is complained of, but for what the browser notes of those who asked. @param {import("../support/chromium.mjs").Complaints} complaints */
function quiet({ all }) {
  const noted = /^error: Failed to load resource: .* 502 /;
  assert.deepEqual(
    all.filter((complaint) => !noted.test(complaint)),
    [],
  );
}
const OUT = "The site’s server is not answering right now.";

test("it says what is wrong and when it is over, each once", async (t) => {
  const { open, become } = await plainShop(t, browser);
  const { page, complaints } = await open(undefined, "/banner");
  await isAway(page);
  await page.evaluate(LISTEN);
  await become(script(DOWN));
  await page.evaluate(DOUBT);
  await says(page, OUT);
  assert.equal(await page.evaluate("document.activeElement.tagName"), "BODY");
  await sleep(2500);
  assert.deepEqual(await page.evaluate("heard"), [OUT]);
  await page.getByRole("button", { name: "Try again" }).focus();
  await become(script(GOOD));
  await says(page, "The site answers again.");
  await page.waitForSelector("text=Load the page anew");
  const focused =
    "document.querySelector('lastgood-status').shadowRoot.activeElement?.className";
  assert.equal(await page.evaluate(focused), "again", "focus stays");
  await page.keyboard.press("Tab");
  const again = page.locator("lastgood-status .again");
  await until("it goes", async () => !(await again.isVisible()));
  assert.equal(await page.evaluate(focused), "hide");
  assert.deepEqual(await page.evaluate("heard"), [
    OUT,
    "The site answers again.",
  ]);
  quiet(complaints);
});

test("by keyboard it tries, pauses, goes on and is put away", async (t) => {
  const { open, become, asked } = await plainShop(t, browser);
  const { page } = await open(undefined, "/banner");
  await become(script("502[Retry-After: 2]"));
  await page.evaluate(DOUBT);
  await says(page, OUT);
  const press = async (/** @type {string} */ name) => {
    await page.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
  };
  const before = asked();
  await press("Try again");
  await until("it is tried", () => asked() === before + 1);
  await says(page, "Still no proper answer.");
  await press("Pause");
  await says(page, "Paused. Nothing is tried until you continue.");
  const then = asked();
  await sleep(3500);
  assert.equal(asked(), then);
  await press("Continue");
  await says(page, OUT);
  await until("it goes on", () => asked() > then);
  await press("Hide");
  await isAway(page);
  const later = asked();
  await until("it goes on unseen", () => asked() > later);
  await isAway(page);
  await become(script(GOOD));
  await says(page, "The site answers again.");
});

test("a device that is offline is told so, and asks nobody", async (t) => {
  const { open, context } = await plainShop(t, browser);
  const { page } = await open(undefined, "/banner");
  await until("the words are there", () =>
    page.evaluate(
      "document.querySelector('lastgood-status').shadowRoot.querySelector('.again').textContent",
    ),
  );
  await context.setOffline(true);
  await says(page, "Your device is offline.");
  assert.equal(await page.locator("lastgood-status .again:visible").count(), 0);
  await shoot(page, "status-offline");
  await context.setOffline(false);
  await says(page, "The site answers again.");
});

test("a copy tells its age, in place of the notice", async (t) => {
  const { open, become, site } = await edgeShop(t, browser);
  const here = "/banner-here";
  const base = `http://127.0.0.1:${site.worker.port}`;
  await open(undefined, here);
  await until("it is kept", () => site.worker.stored(base + here));
  await become({ ...script(DOWN), [here]: [DOWN] });
  const { page } = await open(undefined, here);
  await says(page, "Copy saved");
  await says(page, OUT);
  assert.equal(await page.locator("[data-lastgood=notice]").count(), 0);
  await shoot(page, "status-degraded");
  await become(script(GOOD));
  await says(page, "The site answers again.");
  await shoot(page, "status-back");
});

test("it speaks the visitor's language, or what the page says", async (t) => {
  const { open, become } = await plainShop(t, browser);
  const arabic = await open(undefined, "/banner-ar");
  const own = await open(undefined, "/banner-own");
  await become(script(DOWN));
  await arabic.page.evaluate(DOUBT);
  await says(arabic.page, "خادم الموقع لا يستجيب الآن.");
  const banner = arabic.page.locator("lastgood-status .banner");
  assert.equal(await banner.getAttribute("dir"), "rtl");
  await isAccessible(arabic.page);
  await arabic.page.setViewportSize({ width: 390, height: 700 });
  await fits(arabic.page);
  await shoot(arabic.page, "status-ar-390");
  await says(own.page, "The oven is cold.");
  await own.page.getByRole("button", { name: "Away" }).click();
  await isAway(own.page);
});

for (const colorScheme of SCHEMES)
  for (const width of [320, 1280])
    test(`it is decent in ${colorScheme} at ${width} px`, async (t) => {
      const viewport = { width, height: 700 };
      const { open, become } = await plainShop(t, browser, undefined, {
        colorScheme,
        viewport,
      });
      const { page, complaints } = await open(undefined, "/banner");
      await become(script(DOWN));
      await page.evaluate(DOUBT);
      await says(page, OUT);
      await page.locator("lastgood-status .pause").click();
      await says(page, "Paused.");
      await sleep(300);
      await shoot(page, `status-${colorScheme}-${width}`);
      await fits(page);
      await isAccessible(page);
      quiet(complaints);
    });

test("it is seen in forced colours", async (t) => {
  const { open, become } = await plainShop(t, browser, undefined, {
    forcedColors: "active",
    reducedMotion: "reduce",
  });
  const { page } = await open(undefined, "/banner");
  await become(script(DOWN));
  await page.evaluate(DOUBT);
  await says(page, OUT);
  await shoot(page, "status-forced");
  await isAccessible(page);
  assert.equal(
    await page.evaluate(
      "document.querySelector('lastgood-status').shadowRoot.querySelector('.banner').getAnimations().length",
    ),
    0,
  );
});
