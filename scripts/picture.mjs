#!/usr/bin/env node
// @ts-check
/**
 * Takes the README's picture: starts everything, makes the outage, and shoots
 * the switchboard. By hand, when the page has changed: `node scripts/picture.mjs`.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FOR_START, ensureOrExit } from "./setup.mjs";
import { inRoot, onPath } from "./setup/paths.mjs";

const WIDTH = 1280;
const HEIGHT = 950;
const AT_MOST_BYTES = 300_000;
const COPIES_AGE_MS = 12_000;

await ensureOrExit([...FOR_START, "chromium"]);
const { build } = await import("./build.mjs");
await build({ worker: true, browser: true });
const { startDemo } = await import("./start/demo.mjs");
const { chromium } = await import("playwright-core");

/** @typedef {import("playwright-core").Page} Page */

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Page} page */
const settled = (page) =>
  page.waitForSelector("#rows [data-kind=waiting]", { state: "detached" });

/**
 * @param {Page} page
 * @param {string} path
 */
async function visit(page, path) {
  await page.selectOption("#path", path);
  await page.click("#visit .primary");
  await page.waitForTimeout(400);
  await settled(page);
}

/** A good morning, then the outage. @param {Page} page */
async function stage(page) {
  for (const path of ["/", "/contact", "/bread", "/news"])
    await visit(page, path);
  await sleep(COPIES_AGE_MS);
  await page.click('#bank [data-name="502"]');
  await page.waitForTimeout(400);
  await settled(page);
  await visit(page, "new");
  await page.click("#post");
  await page.waitForTimeout(400);
  await settled(page);
  for (const path of ["/bread", "/"]) await visit(page, path);
  await page.mouse.move(0, 0);
  await page.evaluate("document.activeElement?.blur()");
  await page.waitForTimeout(1500);
}

/** @param {string} address */
async function shoot(address) {
  const browser = await chromium.launch({
    executablePath: onPath("chromium"),
    args: ["--no-sandbox"],
  });
  try {
    const viewport = { width: WIDTH, height: HEIGHT };
    const page = await browser.newPage({ viewport });
    await page.goto(address);
    await page.waitForSelector("#bank button");
    await stage(page);
    mkdirSync(inRoot("docs"), { recursive: true });
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
}

const PICTURE = inRoot("docs", "switchboard.png");
const persistTo = mkdtempSync(join(tmpdir(), "lastgood-picture-"));
const demo = await startDemo({ port: 8787, switchboardPort: 8788, persistTo });
try {
  await shoot(demo.switchboard);
} finally {
  await demo.stop();
  rmSync(persistTo, { recursive: true, force: true });
}
const { size } = statSync(PICTURE);
console.log(`docs/switchboard.png: ${Math.round(size / 1000)} kB`);
if (size > AT_MOST_BYTES) {
  console.error(`That is more than ${AT_MOST_BYTES / 1000} kB.`);
  process.exitCode = 1;
}
