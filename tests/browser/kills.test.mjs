// @ts-check
/**
 * Hundreds of writes, or as many as `WRITES` says, through an origin that fails three in
 * ten, often after it carried them out, while tabs crash and the browser is killed: once
 * each where the origin deduplicates, never again in doubt where it does not, and none lost.
 *
 *     WRITES=1000 npm run kills
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { chromium } from "playwright-core";
import { FLAGS, executable } from "../support/chromium.mjs";
import { scratchPath } from "../support/scratch.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";
import { failing, leavesDoubt, openShop } from "./shop.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./shop.mjs").Shop} Shop */

const WRITES = Number(process.env.WRITES ?? 300);
const FAILING_PERCENT = 30;
const TABS = 3;
/** A tab crashes, the browser is killed, or it is so while it writes to one of the queue's two databases. */
const KILLS = /** @type {const} */ ([
  ...["tab", "main", "browser", "spare", "browser", "tab"],
]);
const NOTHING = /** @type {const} */ ("nothing");
const LANES = 4;
/** So many are written at the same time in a tab. */
const AT_ONCE = 4;
const PATIENCE_MS = 90_000;

/**
 * A browser that can be killed as a power cut would, with what it stored.
 */
class Mortal {
  folder = scratchPath("profile");
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  /** @type {import("playwright-core").Browser | undefined} */
  #browser;

  async live() {
    const told = `${this.folder}/DevToolsActivePort`;
    this.#process = spawn(
      executable(),
      [
        ...FLAGS,
        ...[
          "--headless",
          "--remote-debugging-port=0",
          `--user-data-dir=${this.folder}`,
        ],
        "about:blank",
      ],
      { stdio: "ignore", detached: true },
    );
    process.once("exit", () => this.#kill());
    await until(
      "Chromium listens",
      () => existsSync(told) && readFileSync(told, "utf8").includes("\n"),
    );
    const [port, path] = readFileSync(told, "utf8").split("\n");
    this.#browser = await chromium.connectOverCDP(
      `ws://127.0.0.1:${port}${path}`,
    );
    return /** @type {import("playwright-core").BrowserContext} */ (
      this.#browser.contexts()[0]
    );
  }

  /** Ends it and all its children, at once; says whether there was anything to end. */
  #kill() {
    const { pid, exitCode, signalCode } = Object(this.#process);
    const isAlive = pid && exitCode === null && signalCode === null;
    if (isAlive) process.kill(-pid, "SIGKILL");
    return isAlive;
  }

  /** Lets it end by itself, so that it writes down what it has of buckets; else that takes half a minute. */
  async retire() {
    const session = await this.#browser?.newBrowserCDPSession();
    const gone = new Promise((resolve) => this.#process?.once("exit", resolve));
    await session?.send("Browser.close");
    await gone;
    await this.die();
  }

  async die() {
    const gone = new Promise((resolve) => this.#process?.once("exit", resolve));
    if (this.#kill()) await gone;
    await this.#browser?.close().catch(() => {});
    rmSync(`${this.folder}/DevToolsActivePort`, { force: true });
    rmSync(`${this.folder}/SingletonLock`, { force: true });
  }

  /**
   * Leaves the first piece of a change at the end of a database's file, as a kill
   * between Chromium's two writes does.
   * @param {"main" | "spare"} which
   */
  tear(which) {
    const found = readdirSync(`${this.folder}/Default`, { recursive: true })
      .map(String)
      .filter((file) => /^(WebStorage\/.*)?IndexedDB\/.*\.log$/.test(file))
      .filter((file) => file.startsWith("WebStorage") === (which === "spare"));
    assert.equal(found.length, 1, `files of the ${which} database: ${found}`);
    appendFileSync(`${this.folder}/Default/${found[0]}`, HALF);
  }
}

/** A checksum, a length, and no more of it. */
const HALF = Buffer.from([0x12, 0x34, 0x56, 0x78, 200, 0, 1]);

/** One who writes orders in tabs that crash. */
class Customer {
  /** What a page was told to be stored. @type {Set<string>} */
  stored = new Set();
  /** What was on its way into the store when its tab ended. @type {Set<string>} */
  perhaps = new Set();
  #next = 0;

  /** @param {Shop} site @param {boolean} deduplicates */
  constructor(site, deduplicates) {
    this.site = site;
    const routes = Array.from({ length: LANES }, (_, n) => ({
      ...{ path: `/api/${n}`, name: `lane ${n}`, deduplicates },
      unknownBlocks: false,
    }));
    this.options = JSON.stringify({
      ...{ routes, limits: { entries: 5000 } },
      backoff: { base: "10ms", cap: "50ms" },
    });
  }

  /** @param {import("playwright-core").BrowserContext} context */
  async tab(context) {
    const page = await context.newPage();
    await page.goto(this.site.url);
    await page.waitForSelector("html[data-ready]");
    await page.evaluate(
      `globalThis.queue = new lastgood.WriteQueue(${this.options})`,
    );
    return page;
  }

  /**
   * Writes orders until there are so many, or the tab is gone.
   * @param {Page} page @param {number} until
   */
  async write(page, until) {
    while (this.stored.size < until) {
      const orders = Array.from({ length: AT_ONCE }, () => this.#next++);
      for (const n of orders) this.perhaps.add(named(n));
      const stored = await page
        .evaluate(ADD, { orders, lanes: LANES })
        .catch(() => []);
      if (stored.length === 0) return;
      for (const order of stored) {
        this.perhaps.delete(order);
        this.stored.add(order);
      }
    }
  }

  /** What is neither carried out nor in the queue; while nothing is under way. @param {Page} page */
  async missing(page) {
    const labels = await page.evaluate(LABELS);
    const seen = byOrder(this.site);
    return [...this.stored].filter(
      (order) =>
        !labels.includes(order) &&
        !seen.get(order)?.some(({ carriedOut }) => carriedOut),
    );
  }
}

const named = (/** @type {number} */ n) => `order ${n}`;

/** @type {(given: { orders: number[], lanes: number }) => Promise<string[]>} */
const ADD = async ({ orders, lanes }) => {
  const { queue } = /** @type {any} */ (globalThis);
  const add = async (/** @type {number} */ n) => {
    const label = `order ${n}`;
    const init = { method: "POST", body: label, label };
    await queue.add(`/api/${n % lanes}`, init);
    return label;
  };
  return Promise.all(orders.map(add));
};

/** @type {() => Promise<string[]>} */
const LABELS = async () => {
  const entries = await /** @type {any} */ (globalThis).queue.entries();
  return entries.map((/** @type {{ label: string }} */ { label }) => label);
};

/** A renderer that is gone from one moment to the next. @param {Page} page */
async function crash(page) {
  const session = await page.context().newCDPSession(page);
  session.send("Page.crash").catch(() => {});
  await sleep(50);
  await page.close().catch(() => {});
}

/** @param {TestContext} t @param {boolean} deduplicates */
async function outlive(t, deduplicates) {
  const site = await openShop(t, {
    deduplicates,
    deed: failing(FAILING_PERCENT),
  });
  const customer = new Customer(site, deduplicates);
  const mortal = new Mortal();
  t.after(() => mortal.die().catch(() => {}));
  const visit = await customer.tab(await mortal.live());
  await visit.evaluate(LABELS);
  await mortal.retire();
  let context = await mortal.live();
  const parts = KILLS.length + 1;
  for (const [kill, what] of [...KILLS, NOTHING].entries()) {
    const share = Math.ceil((WRITES * (kill + 1)) / parts);
    const tabs = await Promise.all(
      Array.from({ length: TABS }, () => customer.tab(context)),
    );
    const [first, ...others] = tabs;
    assert.ok(first);
    const missing = await customer.missing(first);
    assert.deepEqual(missing, [], `missing before kill ${kill}, ${what}`);
    const writing = Promise.all(tabs.map((tab) => customer.write(tab, share)));
    const middle = Math.ceil((WRITES * (kill + 0.6)) / parts);
    const isUnderWay = () => customer.stored.size >= middle;
    await until("some are stored", isUnderWay, PATIENCE_MS);
    switch (what) {
      case NOTHING:
        await writing;
        break;
      case "tab":
        await crash(first);
        await writing;
        for (const tab of others) await tab.close();
        break;
      case "browser":
        await mortal.die();
        await writing;
        context = await mortal.live();
        break;
      default:
        // A kill may have torn the other one already, and nobody lives without both.
        await mortal.retire();
        await writing;
        mortal.tear(what);
        context = await mortal.live();
    }
  }
  const page = await customer.tab(context);
  /** @type {{ state: string, label: string, sent: number, cause: string | null }[]} */
  let left = [];
  const isOver = async () => {
    left = await page.evaluate("queue.entries()");
    return left.every(({ state }) => state === "unknown");
  };
  await until("all that can be sent is", isOver, PATIENCE_MS).catch(() =>
    assert.fail(`${left.length} are left: ${JSON.stringify(left.slice(0, 3))}`),
  );
  return { site, customer, left };
}

/** What the origin saw, by order. @param {Shop} site */
function byOrder({ arrivals }) {
  /** @type {Map<string, import("./shop.mjs").Arrival[]>} */
  const all = new Map();
  for (const arrival of arrivals)
    all.set(arrival.order, [...(all.get(arrival.order) ?? []), arrival]);
  return all;
}

/**
 * Whether the browser sent it again, and not the queue. Chromium does that by itself if a
 * connection that was not opened for this request is reset: one that took a quarter of a second
 * to open gets a second beside it, which is then left for the next request.
 * @param {import("./shop.mjs").Arrival} arrival
 * @param {import("./shop.mjs").Arrival | undefined} before
 */
const isTheBrowsers = ({ attempt, at }, before) =>
  before !== undefined &&
  before.attempt === attempt &&
  before.deed.startsWith("reset") &&
  at - before.at < BROWSERS_MS;

const BROWSERS_MS = 1000;

/** @param {import("./shop.mjs").Arrival[]} arrivals */
const timesCarriedOut = (arrivals) =>
  arrivals.filter(({ carriedOut }) => carriedOut).length;

test(
  `an origin that deduplicates carries out each of ${WRITES} once`,
  { timeout: 240_000 },
  async (t) => {
    const { site, customer, left } = await outlive(t, true);
    const seen = byOrder(site);
    assert.deepEqual(left, []);
    for (const order of customer.stored) {
      const arrivals = seen.get(order) ?? [];
      const story = `${order}: ${arrivals.map(({ deed }) => deed)}`;
      assert.equal(timesCarriedOut(arrivals), 1, story);
    }
    for (const order of customer.perhaps)
      assert.ok(timesCarriedOut(seen.get(order) ?? []) <= 1, order);
    t.diagnostic(
      `${customer.stored.size} stored, ${site.arrivals.length} sendings, ${customer.perhaps.size} cut off before they were stored`,
    );
  },
);

test(
  `one that does not gets none of ${WRITES} again that it may have carried out`,
  { timeout: 240_000 },
  async (t) => {
    const { site, customer, left } = await outlive(t, false);
    const seen = byOrder(site);
    let browsers = 0;
    for (const [order, all] of seen) {
      const arrivals = all.filter((it, n) => !isTheBrowsers(it, all[n - 1]));
      browsers += all.length - arrivals.length;
      const doubt = arrivals.findIndex(({ deed }) => leavesDoubt(deed));
      const story = all.map(
        ({ deed, attempt, at }) => `${deed}, attempt ${attempt} at ${at}`,
      );
      assert.ok(
        doubt < 0 || doubt === arrivals.length - 1,
        `${order} was sent again in doubt: ${story.join("; ")}`,
      );
      assert.ok(timesCarriedOut(arrivals) <= 1, order);
    }
    const told = new Set(left.map(({ label }) => label));
    for (const order of customer.stored) {
      const last = seen.get(order)?.at(-1);
      assert.ok(last?.deed === "good" || told.has(order), `${order} is lost`);
    }
    const lost = [...told].filter((order) => !seen.has(order)).length;
    t.diagnostic(
      `${customer.stored.size} stored, ${site.arrivals.length} sendings, ${left.length} unknown, ${lost} of them never arrived, ${browsers} sent again by the browser`,
    );
  },
);
