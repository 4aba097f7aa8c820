// @ts-check
/** The switchboard of `npm start`, by keyboard and with every switch. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { FAULTS } from "../../examples/demo/faults.mjs";
import { startDemo } from "../../scripts/start/demo.mjs";
import {
  isDecent,
  launch,
  open,
  SCHEMES,
  shoot,
} from "../support/chromium.mjs";
import { scratchPath } from "../support/scratch.mjs";
import { test } from "../support/test.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */

const PHONE = 320;
const WIDE = 1280;

const [browser, demo] = await Promise.all([
  launch(),
  startDemo({ persistTo: scratchPath("demo") }),
]);
after(() => Promise.all([browser.close(), demo.stop()]));

/** @param {import("../support/chromium.mjs").ContextOptions & { width?: number }} [options] */
async function board(options) {
  const shown = await open(browser, options);
  await shown.page.goto(demo.switchboard);
  await shown.page.waitForSelector("#bank button");
  return shown;
}

/** A row that was not there before, and whose visit has ended. */
const NEW =
  "#rows > li:not([data-seen]):not([data-part]):not([data-kind=waiting])";

/**
 * What the row tells that appears when somebody acts.
 * @param {Page} page
 * @param {() => Promise<unknown>} act
 */
async function newRow(page, act) {
  await page.$$eval("#rows > li", (rows) =>
    rows.forEach((row) => row.setAttribute("data-seen", "")),
  );
  await act();
  return page.locator(NEW).first().innerText();
}

test("every switch works by keyboard, and a row tells what came of it", async () => {
  const { page, complaints, close } = await board();
  await newRow(page, () => page.press("#visit .primary", "Enter"));
  for (const { name, label } of FAULTS) {
    const button = page.locator(`#bank [data-name="${name}"]`);
    await button.focus();
    const key = name === "502" ? "Space" : "Enter";
    const row = await newRow(page, () => page.keyboard.press(key));
    assert.equal(await button.getAttribute("aria-pressed"), "true", label);
    assert.equal(await page.locator("#bank [aria-pressed=true]").count(), 1);
    assert.match(row, /GET \/news/, label);
  }
  complaints.none();
  await close();
});

test("the switches are reached with Tab alone", async () => {
  const { page, close } = await board();
  /** @type {(string | null)[]} */
  const reached = [];
  for (let steps = 0; steps < FAULTS.length + 5; steps++) {
    await page.keyboard.press("Tab");
    reached.push(await page.locator(":focus").getAttribute("data-name"));
  }
  assert.deepEqual(
    reached.filter(Boolean),
    FAULTS.map(({ name }) => name),
  );
  await close();
});

test("an outage: copy, answer, and the good page again", async () => {
  const { page, complaints, close } = await board();
  const turn = (/** @type {string} */ name) =>
    newRow(page, () => page.click(`#bank [data-name="${name}"]`));
  await turn("healthy");
  assert.match(await turn("502"), /copy/i);
  const shown = page.frameLocator("#detail iframe");
  await shown.locator("[data-lastgood=notice]").waitFor();
  await page.selectOption("#path", "new");
  assert.match(
    await newRow(page, () => page.click("#visit .primary")),
    /answer|our page|503/i,
  );
  assert.match(await newRow(page, () => page.click("#post")), /POST \/contact/);
  await page.selectOption("#path", "/news");
  assert.match(await turn("healthy"), /origin|200/i);
  complaints.none();
  await close();
});

for (const colorScheme of SCHEMES)
  for (const width of [PHONE, WIDE])
    test(`decent, ${colorScheme}, ${width} px`, async () => {
      demo.visit({ method: "GET", path: "/bread" });
      const shown = await board({ colorScheme, width });
      await newRow(shown.page, () =>
        shown.page.click('#bank [data-name="502"]'),
      );
      await shoot(shown.page, `switchboard-${colorScheme}-${width}`);
      await shown.page.click("summary");
      await isDecent(shown, `switchboard-unfolded-${colorScheme}-${width}`);
      await shown.close();
    });

test("before anything happened it says what to try", async () => {
  const shown = await board();
  await shoot(shown.page, "switchboard");
  assert.match(await shown.page.innerText("main"), /502/);
  await shown.close();
});
