// @ts-check
/**
 * A real browser, and what a page must be in it whatever it shows: no errors,
 * no violations of its policy, nothing wider than the screen, nothing that
 * axe-core finds against WCAG 2.2 A and AA.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */
/** @typedef {"light" | "dark"} Scheme */

export const SCHEMES = /** @type {Scheme[]} */ (["light", "dark"]);
/** A phone, a tablet, a desk. */
export const WIDTHS = [320, 768, 1280];

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
export const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update"],
  "--disable-sync",
];
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const AXE = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

/** Where Chromium is. */
export function executable() {
  const found = PLACES.find((place) => place && existsSync(place));
  if (!found)
    throw new Error(
      "Chromium is not installed: `sudo apt-get install chromium`, or name it in CHROMIUM",
    );
  return found;
}

export function launch() {
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

/** What a browser complains about while it shows a page. */
export class Complaints {
  /** @type {string[]} */
  all = [];

  /** @param {Page} page */
  constructor(page) {
    page.on("pageerror", (error) => this.all.push(String(error)));
    page.on("console", (message) => {
      const { url } = message.location();
      const kind = message.type();
      if (
        !["error", "warning"].includes(kind) ||
        isOwnStatus(page, message.text(), url)
      )
        return;
      this.all.push(`${kind}: ${message.text()} (${url})`);
    });
  }

  none() {
    assert.deepEqual(this.all, [], "the console is quiet");
  }
}

/**
 * The browser notes that the page itself came with a failing status, which is
 * as it should be.
 * @param {Page} page @param {string} text @param {string} url
 */
const isOwnStatus = (page, text, url) =>
  url.split("#")[0] === page.url().split("#")[0] &&
  /^Failed to load resource: .* status of 50[234]/.test(text);

/**
 * A page in a window of its own, with what it complained about.
 * @param {Browser} browser
 * @param {ContextOptions & { width?: number }} [options]
 */
export async function open(browser, { width = 1280, ...options } = {}) {
  const viewport = { width, height: width < 500 ? 700 : 800 };
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  return {
    page,
    complaints: new Complaints(page),
    close: () => context.close(),
  };
}

/** Nothing that WCAG 2.2 A and AA forbid, as far as a machine can tell. @param {Page} page */
export async function isAccessible(page) {
  await page.evaluate(AXE);
  const run = `axe.run({ runOnly: ${JSON.stringify(WCAG)} })`;
  const { violations } = /** @type {import("axe-core").AxeResults} */ (
    await page.evaluate(run)
  );
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n    ")}`,
  );
  assert.deepEqual(told, [], "no violation of WCAG 2.2 A or AA");
}

/** Nobody has to scroll sideways. @param {Page} page */
export async function fits(page) {
  const over = await page.evaluate(
    "document.documentElement.scrollWidth - innerWidth",
  );
  assert.ok(Number(over) <= 0, `${over} px too wide`);
}

/** Where pictures are kept. */
const SHOTS = process.env.SCREENSHOTS;

/** Takes a picture, if somebody wants to look at it. @param {Page} page @param {string} name */
export async function shoot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({
    path: path.join(SHOTS, `${name}.png`),
    fullPage: true,
  });
}

/**
 * Everything at once, in one look at a page.
 * @param {{ page: Page, complaints: Complaints }} shown
 * @param {string} name of the picture
 */
export async function isDecent({ page, complaints }, name) {
  await shoot(page, name);
  await fits(page);
  await isAccessible(page);
  complaints.none();
}
