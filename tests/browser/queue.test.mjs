// @ts-check
/** The write queue in a real browser, against an origin that counts what it carried out. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { launch, open } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { openShop } from "./shop.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("./shop.mjs").ShopOptions} ShopOptions */
/** What a page tells of an entry. @typedef {{ id: number, state: string, label: string, sent: number, cause: string | null, status: number | null, route: string, key: string }} Told */

const browser = await launch();
after(() => browser.close());

/** Soon enough for a test. */
const BRISK = { backoff: { base: "20ms", cap: "100ms" } };
/** Nothing is sent a second time while a test looks. */
const SLOW = { backoff: { base: "1h", cap: "1h" } };
const ORDERS = { path: "/api/*", name: "orders", label: "Order" };
const KEYED = { ...ORDERS, deduplicates: true };

/**
 * A page with a queue in it, as `queue`.
 * @param {TestContext} t @param {ShopOptions} shop @param {object} [route] @param {object} [options]
 */
async function pageWith(t, shop, route = KEYED, options = BRISK) {
  const site = await openShop(t, {
    deduplicates: "deduplicates" in route,
    ...shop,
  });
  const shown = await open(browser);
  t.after(shown.close);
  const tab = { ...(await tabOf(shown.page, site.url, route, options)) };
  return {
    ...shown,
    ...tab,
    site,
    another: () => another(shown.page, site.url, route, options),
  };
}

/** @param {Page} page @param {string} url @param {object} route @param {object} options */
async function another(page, url, route, options) {
  return tabOf(await page.context().newPage(), url, route, options);
}

/** @param {Page} page @param {string} url @param {object} route @param {object} options */
async function tabOf(page, url, route, options) {
  await start(page, url, route, options);
  return {
    page,
    again: () => start(page, url, route, options),
    /** @param {string} body @param {string} [path] */
    send: (body, path = "/api/orders") =>
      /** @type {Promise<any>} */ (page.evaluate(SEND, { body, path })),
    /** @returns {Promise<Told[]>} */
    entries: () => page.evaluate("queue.entries()"),
    /** @param {string} text */
    run: (text) => /** @type {Promise<any>} */ (page.evaluate(text)),
  };
}

/** @param {Page} page @param {string} url @param {object} route @param {object} options */
async function start(page, url, route, options) {
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  const given = JSON.stringify({ routes: [route], ...options });
  await page.evaluate(`globalThis.queue = new lastgood.WriteQueue(${given})`);
}

const SEND = async (
  /** @type {{ body: string, path: string }} */ { body, path },
) => {
  const { queue } = /** @type {any} */ (globalThis);
  try {
    const { sent, queued, gone, unprotected } = await queue.send(path, {
      method: "POST",
      body,
    });
    const status = sent?.status;
    return { status, text: await sent?.text(), queued, gone, unprotected };
  } catch (error) {
    const { name, message, bound } = /** @type {any} */ (error);
    return { error: name, message, bound };
  }
};

/** @param {{ site: import("./shop.mjs").Shop }} shop @param {number} count */
const arrived = ({ site }, count) =>
  until(`${count} arrive`, () => site.arrivals.length >= count);

/** @param {() => Promise<Told[]>} entries @param {string[]} states */
const become = (entries, states) => {
  const are = async () => {
    const now = (await entries()).map(({ state }) => state);
    return JSON.stringify(now) === JSON.stringify(states);
  };
  return until(`entries are [${states}]`, are, PATIENCE_MS);
};

/** Pauses are drawn, and one after another adds up. */
const PATIENCE_MS = 15_000;

test("what the origin takes is answered as fetch would, with a key", async (t) => {
  const shop = await pageWith(t, {});
  const { status, text } = await shop.send("bread");
  assert.deepEqual([status, text], [201, '{"taken":true}']);
  assert.match(shop.site.arrivals[0]?.key ?? "", /^"[0-9a-f-]{36}"$/);
  assert.deepEqual(await shop.entries(), []);
  shop.complaints.none();
});

test("what no route names is a plain fetch", async (t) => {
  const shop = await pageWith(t, {});
  assert.equal((await shop.send("bread", "/other")).status, 201);
  assert.equal(shop.site.arrivals[0]?.key, "");
});

test("a lost answer: sent again with the same key where that is known", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth < 3 ? "reset-after" : "good"),
  });
  const { queued } = await shop.send("bread");
  assert.deepEqual(
    [queued.state, queued.cause, queued.sent],
    ["waiting", "network", 1],
  );
  await become(shop.entries, []);
  const keys = new Set(shop.site.arrivals.map(({ key }) => key));
  assert.deepEqual([shop.site.arrivals.length, keys.size], [3, 1]);
  assert.deepEqual(shop.site.orders(), ["bread"]);
});

test("a lost answer: unknown where it is not, until the user decides", async (t) => {
  const shop = await pageWith(
    t,
    {
      deed: (_, nth, order) =>
        order === "bread" && nth === 1 ? "reset-after" : "good",
    },
    ORDERS,
  );
  const { queued } = await shop.send("bread");
  assert.deepEqual([queued.state, queued.cause], ["unknown", "network"]);
  // A later write may build on it, and waits with it.
  assert.equal((await shop.send("butter")).queued.state, "waiting");
  await shop.run("queue.drain()");
  await shop.again();
  await shop.run("queue.drain()");
  assert.deepEqual(shop.site.orders(), ["bread"]);
  assert.equal(shop.site.arrivals.length, 1);
  await shop.run(`queue.sendAgain(${queued.id})`);
  await become(shop.entries, []);
  assert.deepEqual(shop.site.orders(), ["bread", "bread", "butter"]);
});

test("one of unknown fate that went through makes way", async (t) => {
  const shop = await pageWith(
    t,
    { deed: (_, nth, order) => (order === "bread" ? "502-after" : "good") },
    ORDERS,
  );
  const { queued } = await shop.send("bread");
  assert.equal((await shop.send("butter")).queued.state, "waiting");
  assert.equal(await shop.run(`queue.cancel(${queued.id})`), true);
  await shop.run("queue.drain()");
  assert.deepEqual(shop.site.orders(), ["bread", "butter"]);
  assert.equal(shop.site.arrivals.length, 2);
});

test("where a route says so, one of unknown fate holds nobody up", async (t) => {
  const route = { ...ORDERS, unknownBlocks: false };
  const shop = await pageWith(
    t,
    { deed: (_, nth, order) => (order === "bread" ? "reset" : "good") },
    route,
  );
  await shop.send("bread");
  assert.equal((await shop.send("butter")).status, 201);
  assert.deepEqual(
    (await shop.entries()).map(({ state }) => state),
    ["unknown"],
  );
});

for (const proof of /** @type {const} */ (["521", "429", "lastgood"]))
  test(`proof that nothing was done (${proof}): sent again without a key that counts`, async (t) => {
    const shop = await pageWith(
      t,
      { deed: (_, nth) => (nth < 3 ? proof : "good") },
      ORDERS,
    );
    assert.equal((await shop.send("bread")).queued.state, "waiting");
    await become(shop.entries, []);
    assert.equal(shop.site.arrivals.length, 3);
  });

test("what is refused is told to who asks, and not kept", async (t) => {
  const shop = await pageWith(t, { deed: () => "422" });
  assert.equal((await shop.send("bread")).status, 422);
  assert.deepEqual(await shop.entries(), []);
});

test("what is refused behind the user's back stays to be told", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "521" : "404"),
  });
  await shop.send("bread");
  await become(shop.entries, ["refused"]);
  const [entry] = await shop.entries();
  assert.deepEqual([entry?.status, shop.site.arrivals.length], [404, 2]);
});

test("a refused repetition leaves open what went before it", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "reset-after" : "404"),
  });
  await shop.send("bread");
  await become(shop.entries, ["unknown"]);
});

test("an error page under 200 is no success", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "disguised" : "good"),
  });
  assert.equal((await shop.send("bread")).queued.cause, "disguised");
  await become(shop.entries, []);
});

test("writes of a route keep their order, whatever happens to them", async (t) => {
  const shop = await pageWith(t, {
    deed: (key, nth) =>
      nth === 1 ? "502" : nth === 2 ? "reset-after" : "good",
  });
  const all = Array.from({ length: 12 }, (_, n) => `order ${n}`);
  await Promise.all(all.map((order) => shop.send(order)));
  await become(shop.entries, []);
  assert.deepEqual(shop.site.orders(), all);
});

test("what a browser repeats by itself carries the same key", async (t) => {
  const shop = await pageWith(t, {
    keepAlive: true,
    deed: (_, nth, order) =>
      order === "butter" && nth === 1 ? "reset-after" : "good",
  });
  await shop.send("bread");
  await shop.send("butter");
  await become(shop.entries, []);
  const keys = shop.site.arrivals
    .filter(({ order }) => order === "butter")
    .map(({ key }) => key);
  assert.ok(keys.length >= 2 && new Set(keys).size === 1);
  assert.deepEqual(shop.site.orders(), ["bread", "butter"]);
});

test("a reload while a write is under way: with a key it is sent again, once carried out", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "hang-after" : "good"),
  });
  void shop.send("bread").catch(() => {});
  await arrived(shop, 1);
  await shop.again();
  await become(shop.entries, []);
  assert.deepEqual(
    [shop.site.arrivals.length, shop.site.orders()],
    [2, ["bread"]],
  );
});

test("a reload while a write is under way: without one it is unknown", async (t) => {
  const shop = await pageWith(t, { deed: () => "hang-after" }, ORDERS);
  void shop.send("bread").catch(() => {});
  await arrived(shop, 1);
  await shop.again();
  await become(shop.entries, ["unknown"]);
  await shop.run("queue.drain()");
  assert.equal(shop.site.arrivals.length, 1);
});

test("a tab that closes leaves its write to another", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "hang" : "good"),
  });
  void shop.send("bread").catch(() => {});
  await arrived(shop, 1);
  // One that was there before might have sent it.
  const other = await shop.another();
  await shop.page.close();
  await become(other.entries, []);
  assert.deepEqual(shop.site.orders(), ["bread"]);
});

test("two tabs send in turn, and each gets its own answers", async (t) => {
  const shop = await pageWith(t, {
    deed: (_, nth) => (nth === 1 ? "good" : "good"),
  });
  const other = await shop.another();
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const outcomes = await Promise.all(
    numbers.map((n) => (n % 2 ? other : shop).send(`order ${n}`)),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    numbers.map(() => 201),
  );
  assert.equal(shop.site.arrivals.length, 20);
  assert.deepEqual(await other.entries(), []);
});

test("offline nothing is sent, and all of it when the network is back", async (t) => {
  const shop = await pageWith(t, {}, ORDERS, SLOW);
  await shop.page.context().setOffline(true);
  const { queued } = await shop.send("bread");
  assert.deepEqual([queued.state, queued.sent], ["waiting", 0]);
  await shop.page.context().setOffline(false);
  await become(shop.entries, []);
  assert.equal(shop.site.arrivals.length, 1);
});

test("what was lost with the network is sent as soon as it is back", async (t) => {
  const shop = await pageWith(
    t,
    { deed: (_, nth) => (nth === 1 ? "reset" : "good") },
    KEYED,
    SLOW,
  );
  await shop.send("bread");
  await shop.page.context().setOffline(true);
  await shop.page.context().setOffline(false);
  await become(shop.entries, []);
});

test("cancelled is not sent; what is being sent is not cancelled", async (t) => {
  const shop = await pageWith(
    t,
    { deed: (_, nth, order) => (order === "bread" ? "502" : "hang") },
    KEYED,
    SLOW,
  );
  const { queued } = await shop.send("bread");
  assert.equal(await shop.run(`queue.cancel(${queued.id})`), true);
  void shop.send("butter").catch(() => {});
  await arrived(shop, 2);
  const [entry] = await shop.entries();
  assert.equal(entry?.state, "sending");
  assert.equal(await shop.run(`queue.cancel(${entry?.id})`), false);
});

test("a sender that gives up before the sending takes it back", async (t) => {
  const shop = await pageWith(t, { deed: () => "502" }, KEYED, SLOW);
  await shop.send("bread");
  const error =
    await shop.run(`queue.send("/api/x", { method: "POST", body: "butter",
    signal: AbortSignal.abort() }).catch((error) => error.name)`);
  assert.equal(error, "AbortError");
  await until("it is gone", async () => (await shop.entries()).length === 1);
});

test("a full queue refuses what is new, and keeps what is old", async (t) => {
  const limits = { entries: 2, entryBytes: 100, bytes: 150 };
  const shop = await pageWith(t, { deed: () => "502" }, KEYED, {
    ...SLOW,
    limits,
  });
  assert.equal((await shop.send("x".repeat(101))).bound, "entryBytes");
  await shop.send("x".repeat(90));
  assert.equal((await shop.send("x".repeat(90))).bound, "bytes");
  await shop.send("bread");
  const { error, bound, message } = await shop.send("butter");
  assert.deepEqual([error, bound], ["QueueFullError", "entries"]);
  assert.match(message, /not stored, and not sent: limits\.entries is 2/);
  assert.equal((await shop.entries()).length, 2);
  const [first] = await shop.entries();
  await shop.run(`queue.cancel(${first?.id})`);
  assert.equal((await shop.send("x".repeat(90))).queued.state, "waiting");
});

test("without a store a write is sent once, and its sender told", async (t) => {
  const shop = await pageWith(t, {});
  await shop.run(`Object.defineProperty(globalThis, "indexedDB", { value: {
    open() { throw new DOMException("no", "SecurityError"); } } });
    globalThis.queue = new lastgood.WriteQueue({ routes: [{ path: "/api/*" }], database: "other" }); 0`);
  const { status, unprotected } = await shop.send("bread");
  assert.deepEqual([status, unprotected], [201, "no-store"]);
});

test("without wasm a write is sent once, and its sender told", async (t) => {
  const shop = await pageWith(t, { policy: "script-src 'self'" });
  const { status, unprotected } = await shop.send("bread");
  assert.deepEqual([status, unprotected], [201, "no-core"]);
});

/** What not every browser has, and how to take it away. */
const LACKS = {
  "storage buckets": "delete Navigator.prototype.storageBuckets",
  "Background Sync": "delete ServiceWorkerRegistration.prototype.sync",
  locks: "delete Navigator.prototype.locks",
};

/** @param {TestContext} t @param {(keyof typeof LACKS)[]} lacks @param {ShopOptions} options */
async function poorTab(t, lacks, options) {
  const site = await openShop(t, { deduplicates: true, ...options });
  const { page, close, complaints } = await open(browser);
  t.after(close);
  for (const lack of lacks) await page.context().addInitScript(LACKS[lack]);
  const tab = await tabOf(page, site.url, KEYED, BRISK);
  assert.deepEqual(
    await tab.run(`["storageBuckets" in navigator, "locks" in navigator,
      "sync" in ServiceWorkerRegistration.prototype]`),
    [
      !lacks.includes("storage buckets"),
      !lacks.includes("locks"),
      !lacks.includes("Background Sync"),
    ],
  );
  return { ...tab, site, complaints };
}

test("without storage buckets and Background Sync writes are stored, outlive a reload and keep their order", async (t) => {
  const { site, ...tab } = await poorTab(
    t,
    ["storage buckets", "Background Sync"],
    { deed: () => "502" },
  );
  for (const order of ["bread", "rolls", "cake"])
    assert.equal((await tab.send(order)).queued.state, "waiting");
  await tab.again();
  assert.equal((await tab.entries()).length, 3);
  site.state.deed = () => "good";
  await become(tab.entries, []);
  assert.deepEqual(site.orders(), ["bread", "rolls", "cake"]);
});

test("without locks nothing is stored: each of two tabs sends once what it has", async (t) => {
  const { site, page, complaints, ...tab } = await poorTab(t, ["locks"], {
    deed: () => "502",
  });
  const other = await another(page, site.url, KEYED, BRISK);
  const sent = await Promise.all([tab.send("bread"), other.send("rolls")]);
  for (const { status, unprotected } of sent)
    assert.deepEqual([status, unprotected], [502, "no-locks"]);
  const refused = await tab.run(
    `queue.add("/api/orders", { method: "POST" }).catch((error) => error.message)`,
  );
  assert.equal(refused, "no-locks");
  await tab.again();
  assert.deepEqual(await tab.entries(), []);
  assert.equal(site.arrivals.length, 2);
  complaints.all = complaints.all.filter((it) => !/Failed to load/.test(it));
  complaints.none();
});

test("what could not be sent without wasm is not stored by add() either", async (t) => {
  const shop = await pageWith(t, { policy: "script-src 'self'" });
  const refused = `queue.add("/api/orders", { method: "POST" }).catch((error) => error.message)`;
  assert.equal(await shop.run(refused), "no-core");
  assert.deepEqual(await shop.entries(), []);
});

test("a write is stored even if the core cannot be got just now", async (t) => {
  const site = await openShop(t, {});
  const { page, close } = await open(browser);
  t.after(close);
  await page.route("**/*.wasm", (route) => route.abort());
  const tab = await tabOf(page, site.url, KEYED, BRISK);
  const { queued } = await tab.send("bread");
  assert.deepEqual([queued.state, queued.sent], ["waiting", 0]);
  await page.unroute("**/*.wasm");
  await tab.run(`queue.sendAgain(${queued.id})`);
  await become(tab.entries, []);
  assert.deepEqual(site.orders(), ["bread"]);
});

test("on a full disk a write is sent once, but never before others", async (t) => {
  const shop = await pageWith(
    t,
    { deed: (_, nth, order) => (order === "bread" ? "502" : "good") },
    KEYED,
    SLOW,
  );
  const full = `IDBObjectStore.prototype.add = function () { this.transaction.abort();
    throw new DOMException("full", "QuotaExceededError"); }`;
  const add = await shop.page.evaluateHandle("IDBObjectStore.prototype.add");
  await shop.run(`${full}; 0`);
  assert.equal((await shop.send("butter")).unprotected, "disk-full");
  await shop.page.evaluate(
    (add) => void (IDBObjectStore.prototype.add = add),
    /** @type {any} */ (add),
  );
  await shop.send("bread");
  await shop.run(`${full}; 0`);
  assert.deepEqual(
    await shop.send("jam").then(({ error, bound }) => [error, bound]),
    ["QueueFullError", "disk"],
  );
  assert.deepEqual(shop.site.orders(), ["butter"]);
});

test("writes of another user are neither shown nor sent", async (t) => {
  const shop = await pageWith(t, { deed: () => "502" }, KEYED, {
    ...SLOW,
    user: "ann",
  });
  await shop.send("bread");
  assert.equal((await shop.entries()).length, 1);
  shop.site.state.deed = () => "good";
  await shop.run(`queue.close(); globalThis.queue = new lastgood.WriteQueue({
    routes: [{ path: "/api/*", name: "orders" }], user: "bob" }); queue.drain()`);
  assert.deepEqual(await shop.entries(), []);
  assert.equal(shop.site.arrivals.length, 1);
});

test("a wrong choice is named, with what would be right", async (t) => {
  const shop = await pageWith(t, {});
  const wrong = (/** @type {string} */ options) =>
    shop.run(
      `try { new lastgood.WriteQueue(${options}); "nothing" } catch (error) { error.message }`,
    );
  for (const [options, message] of [
    ["{}", /^routes = undefined: a list such as/],
    [
      "{ routes: [{ path: 'api' }] }",
      /^routes\[0\]\.path = "api": a path such as/,
    ],
    [
      "{ routes: [{ path: '/a', methods: ['GET'] }] }",
      /^routes\[0\]\.methods = \["GET"\]: some of POST/,
    ],
    [
      "{ routes: [{ path: '/a', dedupe: true }] }",
      /^routes\[0\]\.dedupe = true: unknown; known are path/,
    ],
    [
      "{ routes: [{ path: '/a', deduplicates: 'long' }] }",
      /^routes\[0\]\.deduplicates = "long": a span of time/,
    ],
    [
      "{ routes: [{ path: '/a' }, { path: '/a' }] }",
      /^routes\[1\]\.name = "\/a": a name that no other/,
    ],
    [
      "{ routes: [{ path: '/a' }], limits: { entries: 0 } }",
      /^limits\.entries = 0: a whole number/,
    ],
    ["{ route: [] }", /^route = \[\]: unknown; known are routes/],
  ])
    assert.match(await wrong(String(options)), /** @type {RegExp} */ (message));
});
