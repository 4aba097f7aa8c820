// @ts-check
/** The queue's two databases: what one loses comes back from the other, and is not sent twice for it. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { launch, open } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { openShop } from "./shop.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */

const browser = await launch();
after(() => browser.close());

const OPTIONS = {
  routes: [{ path: "/api/*", name: "orders", unknownBlocks: false }],
  backoff: { base: "1h", cap: "1h" },
};

/**
 * A page without a queue, and how one is opened in it.
 * @param {TestContext} t @param {import("./shop.mjs").ShopOptions} options
 */
async function shopWith(t, options) {
  const site = await openShop(t, options);
  const { page, close } = await open(browser);
  t.after(close);
  const visit = async () => {
    await page.goto(site.url);
    await page.waitForSelector("html[data-ready]");
  };
  const run = (/** @type {string} */ text) =>
    /** @type {Promise<any>} */ (page.evaluate(text));
  return {
    ...{ site, run, visit },
    async queue() {
      await visit();
      const given = JSON.stringify(OPTIONS);
      await run(`globalThis.queue = new lastgood.WriteQueue(${given}); 0`);
    },
    send: (/** @type {string} */ body) =>
      run(`queue.send("/api/x", { method: "POST", body: "${body}" })
        .then(({ sent, queued }) => sent?.status ?? queued.state)`),
    entries: () =>
      run(`queue.entries().then((all) => all.map(({ label, state, sent, bytes }) =>
        ({ state, sent, bytes })))`),
    /** As the browser does when it takes one for damaged: no page is told. */
    lose: async (/** @type {"main" | "spare"} */ which) => {
      await visit();
      await run(`${BUCKET}.then((bucket) => new Promise((resolve, reject) => {
        const factory = "${which}" === "main" ? indexedDB : bucket.indexedDB;
        const request = factory.deleteDatabase("lastgood-queue");
        Object.assign(request, { onsuccess: resolve, onerror: reject, onblocked: reject });
      })).then(() => 0)`);
    },
    /** How many the spare one has. */
    spared: () =>
      run(`${BUCKET}.then((bucket) => new Promise((resolve) => {
        const request = bucket.indexedDB.open("lastgood-queue");
        request.onsuccess = () => {
          const { result } = request;
          if (!result.objectStoreNames.length) { result.close(); return resolve(undefined); }
          const counted = result.transaction("entries").objectStore("entries").count();
          counted.onsuccess = () => { result.close(); resolve(counted.result); };
        };
      }))`),
  };
}

const states = (/** @type {{ state: string }[]} */ entries) =>
  entries.map(({ state }) => state);

const BUCKET = 'navigator.storageBuckets.open("lastgood-queue")';

/** @type {import("./shop.mjs").ShopOptions["deed"]} */
const byName = (_, nth, order) =>
  nth > 1
    ? "good"
    : order === "doubt"
      ? "502"
      : order === "wait"
        ? "521"
        : "good";

test("what a lost database had comes back, and is sent once", async (t) => {
  const shop = await shopWith(t, { deed: byName });
  await shop.queue();
  await shop.send("doubt");
  await shop.send("bread");
  await shop.send("wait");
  const before = await shop.entries();
  assert.deepEqual(states(before), ["unknown", "waiting"]);
  await shop.lose("main");
  await shop.queue();
  assert.deepEqual(await shop.entries(), before);
  await shop.run("queue.entries().then(([, { id }]) => queue.sendAgain(id))");
  await until("it is sent", async () => (await shop.entries()).length === 1);
  assert.deepEqual(shop.site.orders(), ["bread", "wait"]);
});

test("one that was being sent is in doubt when it comes back", async (t) => {
  const shop = await shopWith(t, { deed: () => "hang" });
  await shop.queue();
  await shop.run(`void queue.add("/api/x", { method: "POST", body: "bread" })`);
  await until("it arrives", () => shop.site.arrivals.length === 1);
  await shop.lose("main");
  await shop.queue();
  const isKnown = async () => (await shop.entries())[0]?.state === "unknown";
  await until("its fate is unknown", isKnown);
  assert.equal(shop.site.arrivals.length, 1);
});

test("a lost spare one is made anew, bodies and all", async (t) => {
  const shop = await shopWith(t, { deed: byName });
  await shop.queue();
  await shop.send("wait");
  await shop.lose("spare");
  await shop.queue();
  assert.equal((await shop.entries()).length, 1);
  await until("it is made", async () => (await shop.spared()) === 1);
  await shop.lose("main");
  await shop.queue();
  await shop.run("queue.entries().then(([{ id }]) => queue.sendAgain(id))");
  await until("it is sent", async () => (await shop.entries()).length === 0);
  assert.deepEqual(shop.site.orders(), ["wait"]);
  await until("it is empty", async () => (await shop.spared()) === 0);
});

test("what the spare one missed of a write it takes whole, when the write is changed", async (t) => {
  const shop = await shopWith(t, {
    deed: (_, nth) => (nth > 2 ? "good" : "521"),
  });
  await shop.queue();
  // A page that ends between the two databases: what it asks for comes no more.
  await shop.run(`{
    const { get } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.get = function (...given) {
      if (this.name === "bodies") return {};
      return get.apply(this, given);
    };
  } void queue.add("/api/x", { method: "POST", body: "bread" }); 0`);
  await until("it is stored", async () => (await shop.entries()).length === 1);
  await shop.visit();
  await shop.run(
    `globalThis.queue = new lastgood.WriteQueue(${JSON.stringify(OPTIONS)}); 0`,
  );
  await shop.run("queue.entries().then(([{ id }]) => queue.sendAgain(id))");
  await until("it was tried", () => shop.site.arrivals.length >= 1);
  await until("the spare one has it", async () => (await shop.spared()) === 1);
  await shop.lose("main");
  await shop.queue();
  for (let n = 0; n < 3 && (await shop.entries()).length; n++) {
    await shop.run(
      "queue.entries().then(([it]) => it && queue.sendAgain(it.id))",
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await until("it is sent", async () => (await shop.entries()).length === 0);
  assert.deepEqual(shop.site.orders(), ["bread"]);
});

test("a spare one that cannot be read is kept for when it can", async (t) => {
  const shop = await shopWith(t, { deed: byName });
  await shop.queue();
  await shop.send("wait");
  await shop.lose("main");
  await shop.visit();
  await shop.run(`{
    const { getAll } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.getAll = function () {
      IDBObjectStore.prototype.getAll = getAll;
      throw new DOMException("a bad sector", "UnknownError");
    };
  } globalThis.queue = new lastgood.WriteQueue(${JSON.stringify(OPTIONS)}); 0`);
  assert.deepEqual(await shop.entries(), []);
  await shop.send("bread");
  await shop.queue();
  assert.deepEqual(states(await shop.entries()), ["waiting"]);
  await shop.run("queue.entries().then(([{ id }]) => queue.sendAgain(id))");
  await until("it is sent", async () => (await shop.entries()).length === 0);
  assert.deepEqual(shop.site.orders(), ["bread", "wait"]);
});

test("who deletes the queue's database has it deleted", async (t) => {
  const shop = await shopWith(t, { deed: byName });
  await shop.queue();
  await shop.send("wait");
  await shop.run(`new Promise((resolve) => {
    indexedDB.deleteDatabase("lastgood-queue").onsuccess = () => resolve(0); })`);
  // The queue may have begun both anew by then.
  await until("the spare one is gone", async () => !(await shop.spared()));
  await shop.queue();
  assert.deepEqual(await shop.entries(), []);
});

test("where the spare one fails, the queue goes on, and it comes back empty of mistakes", async (t) => {
  const shop = await shopWith(t, { deed: byName });
  await shop.queue();
  await shop.send("wait");
  // The next change of the spare one finds its disk full.
  await shop.run(`{
    const { put } = IDBObjectStore.prototype;
    let puts = 0;
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name === "entries" && ++puts === 2) {
        IDBObjectStore.prototype.put = put;
        throw new DOMException("full", "QuotaExceededError");
      }
      return put.apply(this, given);
    };
  } 0`);
  await shop.run("queue.entries().then(([{ id }]) => queue.sendAgain(id))");
  await until("it is sent", async () => (await shop.entries()).length === 0);
  await shop.send("doubt");
  await shop.queue();
  assert.deepEqual(states(await shop.entries()), ["unknown"]);
  await until("the spare one has it", async () => (await shop.spared()) === 1);
  await shop.lose("main");
  await shop.queue();
  assert.deepEqual(states(await shop.entries()), ["unknown"]);
  assert.deepEqual(shop.site.orders(), ["wait"]);
});
