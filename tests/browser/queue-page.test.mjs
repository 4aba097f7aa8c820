// @ts-check
/** What people see of the write queue: the list, forms, and answers of a service worker. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { SCHEMES, isDecent, launch, open } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { WORKER, openShop } from "./shop.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("./shop.mjs").ShopOptions} ShopOptions */
/** @typedef {import("playwright-core").Page} Page */

const browser = await launch();
after(() => browser.close());

/** Neither styles nor scripts in the page. */
const STRICT =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'";

const HEAD = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Shop</title><script type="module" src="/page.js"></script>`;

const ROUTES = (/** @type {boolean} */ deduplicates) => [
  { path: "/api/orders", label: "Order", deduplicates, unknownBlocks: false },
  { path: "/api/notes", label: "Note", deduplicates },
];

/**
 * @param {TestContext} t @param {string} body of the page
 * @param {ShopOptions & { width?: number, colorScheme?: "light" | "dark", forcedColors?: "active", locale?: string, html?: string, deduplicates?: boolean, base?: string }} options
 */
async function pageWith(
  t,
  body,
  {
    width,
    colorScheme,
    forcedColors,
    locale,
    html = 'lang="en"',
    base = "1h",
    ...options
  },
) {
  const site = await openShop(t, { policy: STRICT, ...options });
  site.pages.set("/", `${HEAD.replace('lang="en"', html)}<body>${body}`);
  site.pages.set("/thanks", `${HEAD}<body><h1>Thank you</h1>`);
  const shown = await open(browser, {
    ...(width ? { width } : {}),
    ...(colorScheme ? { colorScheme } : {}),
    ...(forcedColors ? { forcedColors } : {}),
    ...(locale ? { locale } : {}),
  });
  t.after(shown.close);
  const { page } = shown;
  const start = async () => {
    await page.goto(site.url);
    await page.waitForSelector("html[data-ready]");
    await page.evaluate(`globalThis.queue = new lastgood.WriteQueue({
      routes: ${JSON.stringify(ROUTES(options.deduplicates ?? false))},
      backoff: { base: "${base}", cap: "1h" } });
      for (const list of document.querySelectorAll("lastgood-queue")) list.queue = queue;
      lastgood.enhanceForms(queue); 0`);
  };
  await start();
  return { ...shown, site, start };
}

/** @param {Page} page @param {string} label @param {string} [path] */
const write = (page, label, path = "/api/orders") =>
  page.evaluate(
    `queue.send("${path}", { method: "POST", body: ${JSON.stringify(label)}, label: ${JSON.stringify(label)} }).then(() => 0)`,
  );

/** @param {Page} page @param {string} text */
const shows = (page, text) =>
  page.locator(`lastgood-queue >> text=${text}`).first().waitFor();

/** @param {Page} page @param {string} text */
const announces = (page, text) =>
  until(`“${text}” is announced`, async () =>
    (await page.locator("lastgood-queue [role=status]").innerText()).includes(
      text,
    ),
  );

/** All that is announced from now on. @param {Page} page */
async function listened(page) {
  await page.evaluate(`globalThis.heard = [];
    const live = document.querySelector("lastgood-queue").shadowRoot.querySelector("[role=status]");
    new MutationObserver(() => heard.push(live.textContent)).observe(live, { childList: true }); 0`);
  return () => /** @type {Promise<string[]>} */ (page.evaluate("heard"));
}

/** The browser notes each answer that is an error; here they are meant. @param {{ complaints: import("../support/chromium.mjs").Complaints }} shown */
function expectFailures({ complaints }) {
  complaints.all = complaints.all.filter((it) => !/Failed to load/.test(it));
}

/** @param {Page} page */
const isHidden = (page) =>
  page.locator("lastgood-queue section").waitFor({ state: "hidden" });

const LIST = `<main><h1>Our bakery</h1><lastgood-queue></lastgood-queue></main>`;

/** One of each kind. @type {NonNullable<ShopOptions["deed"]>} */
const kinds = (_, nth, order) => {
  if (order.startsWith("Two loaves")) return "reset-after";
  if (order.startsWith("Cancelled")) return nth === 1 ? "521" : "404";
  return "521";
};

/** @param {Page} page */
async function fill(page) {
  await write(page, "Two loaves of rye bread, sliced, for Saturday morning");
  await write(page, "Cancelled cake");
  await page
    .evaluate("queue.entries().then((all) => queue.sendAgain(all[1].id))")
    .then(() => {});
  await until("it is refused", () =>
    page.evaluate("queue.entries().then((all) => all[1].state === 'refused')"),
  );
  await write(page, "Note for the baker", "/api/notes");
  await shows(page, "Note for the baker");
}

for (const scheme of SCHEMES)
  for (const width of [320, 1280])
    test(`the list in ${scheme}, ${width} px wide`, async (t) => {
      const shop = await pageWith(t, LIST, {
        deed: kinds,
        width,
        colorScheme: scheme,
      });
      await fill(shop.page);
      for (const text of [
        "May have been received",
        "Was not accepted",
        "Waits to be sent",
      ])
        await shows(shop.page, text);
      expectFailures(shop);
      await isDecent(shop, `queue-${scheme}-${width}`);
    });

test("the list in forced colours", async (t) => {
  const shop = await pageWith(t, LIST, { deed: kinds, forcedColors: "active" });
  await fill(shop.page);
  expectFailures(shop);
  await isDecent(shop, "queue-forced");
});

test("nothing is shown while nothing waits", async (t) => {
  const { page } = await pageWith(t, LIST, {});
  await write(page, "Bread");
  await isHidden(page);
});

test("what becomes of a write is announced, and decided by keyboard", async (t) => {
  const { page, site } = await pageWith(t, LIST, { deed: kinds });
  await write(page, "Two loaves");
  await announces(
    page,
    "Two loaves may have been received. Please decide what to do.",
  );
  await write(page, "Note", "/api/notes");
  await announces(page, "Note is stored on this device, and sent later.");
  await page
    .getByRole("button", { name: "It went through: Two loaves" })
    .focus();
  await page.keyboard.press("Enter");
  await announces(page, "Two loaves was removed.");
  const focused = await page.evaluate(
    "document.querySelector('lastgood-queue').shadowRoot.activeElement.getAttribute('aria-label')",
  );
  assert.equal(focused, "Cancel: Note");
  site.state.deed = () => "good";
  await page.getByRole("button", { name: "Send now: Note" }).click();
  await announces(page, "Note was sent.");
  await isHidden(page);
  assert.deepEqual(site.orders(), ["Two loaves", "Note"]);
});

test("what was seen while it was being sent is announced when it waits, and not with each try", async (t) => {
  const { page, site } = await pageWith(t, LIST, {
    ...{ deed: () => "521", afterMs: 400, base: "300ms" },
  });
  const heard = await listened(page);
  const adding = write(page, "Note", "/api/notes");
  await shows(page, "Is being sent");
  await adding;
  await announces(page, "Note is stored on this device, and sent later.");
  await until("it was tried again", () => site.arrivals.length >= 3);
  site.state.deed = () => "good";
  await announces(page, "Note was sent.");
  assert.deepEqual(await heard(), [
    "Note is stored on this device, and sent later.",
    "Note was sent.",
  ]);
});

test("who presses a key hears what came of it, even if that is what was before", async (t) => {
  const { page, site } = await pageWith(t, LIST, { deed: kinds });
  await write(page, "Note", "/api/notes");
  await write(page, "Two loaves");
  await announces(page, "Two loaves may have been received.");
  const heard = await listened(page);
  for (const [key, said] of [
    ["Send now: Note", "Note is stored on this device, and sent later."],
    [
      "Send again: Two loaves",
      "Two loaves may have been received. Please decide what to do.",
    ],
  ]) {
    const before = site.arrivals.length;
    await page.getByRole("button", { name: key }).click();
    await until("it was sent", () => site.arrivals.length > before);
    await until("it is said", async () => (await heard()).at(-1) === said);
  }
  // Without the silence the same words would be no change.
  assert.deepEqual(
    (await heard()).map((said) => said && "said"),
    ["", "said", "", "said"],
  );
});

test("what waits is shown after a reload, in one's own words", async (t) => {
  const { page, start } = await pageWith(t, LIST, { deed: () => "521" });
  await write(page, "Brot");
  await start();
  await page.evaluate(
    `document.querySelector("lastgood-queue").texts = { waiting: "Wartet", cancel: "Doch nicht" }; 0`,
  );
  await shows(page, "Wartet");
  await page.getByRole("button", { name: "Doch nicht: Brot" }).click();
  await until("it is gone", () =>
    page.evaluate("queue.entries().then((all) => all.length === 0)"),
  );
});

/** What users read in a language. @param {string} tag */
const textsIn = async (tag) =>
  (await import(`../../dist/browser/queue-languages/${tag}.js`)).default;

for (const [tag, html, locale] of [
  ["de", 'lang="de-AT"', "en-GB"],
  ["ar", 'lang="ar" dir="rtl"', "en-GB"],
  // What the page speaks is not among them.
  ["fa", 'lang="sw"', "prs"],
  ["zh-Hant", 'lang="sw"', "zh-TW"],
])
  test(`the list and a form in ${tag}: the page is ${html}, its reader ${locale}`, async (t) => {
    const shop = await pageWith(t, FORM, {
      ...{ deed: kinds, width: 640, html, locale },
    });
    const { page } = shop;
    const texts = await textsIn(tag);
    await fill(page);
    for (const name of ["unknown", "refused", "waiting", "heading"])
      await shows(page, texts[name]);
    const box = page.locator("lastgood-queue section");
    assert.equal(await box.getAttribute("lang"), tag);
    assert.equal(await box.getAttribute("dir"), texts.direction);
    await page.getByRole("button", { name: "Order", exact: true }).click();
    await says(page, texts.formQueued);
    expectFailures(shop);
    await isDecent(shop, `queue-in-${tag}`);
  });

test("one's own words hold in any language, and in place of one that does not come", async (t) => {
  const shop = await pageWith(t, LIST, { deed: kinds, html: 'lang="de"' });
  const { page, start } = shop;
  const texts = await textsIn("de");
  await write(page, "Note", "/api/notes");
  await shows(page, texts.waiting);
  const own = `document.querySelector("lastgood-queue").texts = { waiting: "Kommt noch" }; 0`;
  await page.evaluate(own);
  await shows(page, "Kommt noch");
  await shows(page, texts.heading);
  await page.route("**/queue-languages/*", (route) => route.abort());
  await start();
  await page.evaluate(own);
  await shows(page, "Kommt noch");
  await shows(page, "Not sent yet");
});

const FORM = `<main><h1>Order</h1><form data-lastgood-queue data-lastgood-label="Your order" method="post" action="/api/orders">
<label>Loaves <input name="loaves" value="2"></label> <button name="kind" value="rye">Order</button></form>
<lastgood-queue></lastgood-queue></main>`;
const FILES = `<main><h1>Note</h1><form data-lastgood-queue method="post" action="/api/notes" enctype="multipart/form-data">
<label>Text <textarea name="text">two
lines</textarea></label><label>Picture <input type="file" name="picture"></label><button>Send</button></form></main>`;

/** @param {Page} page @param {string} text */
const says = (page, text) =>
  until(`the form says “${text}”`, async () =>
    (await page.locator("form [role=status]").innerText()).includes(text),
  );

test("a form that is taken leads where it would have led", async (t) => {
  const { page, site } = await pageWith(t, FORM, { deed: () => "moved" });
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.waitForURL("**/thanks");
  assert.deepEqual(site.orders(), ["loaves=2&kind=rye"]);
  assert.equal(
    site.requests[0]?.headers["content-type"],
    "application/x-www-form-urlencoded;charset=UTF-8",
  );
});

test("a form that is answered with a page shows it", async (t) => {
  const { page, site } = await pageWith(t, FORM, { deed: () => "page" });
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.getByRole("heading", { name: "Taken" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/api/orders");
  assert.equal(site.arrivals.length, 1);
});

test("a form that is not taken is stored, says so, and is one write however often it is sent", async (t) => {
  const shop = await pageWith(t, FORM, {
    deed: () => "502",
    deduplicates: true,
  });
  const { page, site } = shop;
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await says(page, "stored on this device and sent as soon as possible");
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await says(page, "stored on this device and sent as soon as possible");
  await shows(page, "Your order");
  assert.equal(
    await page.evaluate("queue.entries().then((all) => all.length)"),
    1,
  );
  expectFailures(shop);
  await isDecent(shop, "queue-form");
  await page.getByLabel("Loaves").fill("3");
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await until("there are two", () =>
    page.evaluate("queue.entries().then((all) => all.length === 2)"),
  );
  site.state.deed = () => "good";
  await page.evaluate(
    "queue.entries().then((all) => queue.sendAgain(all[0].id)).then(() => 0)",
  );
  await until("both are taken", () => site.orders().length === 2);
  assert.deepEqual(site.orders(), ["loaves=2&kind=rye", "loaves=3&kind=rye"]);
});

test("files are stored with a form, and arrive as they were", async (t) => {
  const { page, site } = await pageWith(t, FILES, {
    deed: (_, nth) => (nth === 1 ? "521" : "good"),
  });
  const picture = Buffer.from([0, 255, 1, 254, 13, 10, 0]);
  await page
    .getByLabel("Picture")
    .setInputFiles({ name: "a.png", mimeType: "image/png", buffer: picture });
  await page.getByRole("button", { name: "Send" }).click();
  await says(page, "stored on this device");
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(`globalThis.queue = new lastgood.WriteQueue({ routes: ${JSON.stringify(ROUTES(false))} });
    queue.entries().then((all) => queue.sendAgain(all[0].id)).then(() => 0)`);
  await until("it arrives", () => site.requests.length === 2);
  const [first, second] = site.requests;
  assert.deepEqual(second?.body, first?.body);
  assert.equal(second?.headers["content-type"], first?.headers["content-type"]);
  assert.ok(
    second?.body.includes(picture) && second.body.includes('filename="a.png"'),
  );
  assert.ok(second?.body.includes("two\r\nlines"));
});

test("a form that is refused shows what is wrong, and is not kept", async (t) => {
  const { page } = await pageWith(t, FORM, { deed: () => "422" });
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.getByRole("heading", { name: "No such loaf" }).waitFor();
});

test("a form whose answer is lost says that it may have been received", async (t) => {
  const { page } = await pageWith(t, FORM, { deed: () => "reset-after" });
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await says(page, "what you entered may have been received");
});

/** @param {TestContext} t @param {ShopOptions} options */
async function workerWith(t, options) {
  const site = await openShop(t, { deduplicates: true, ...options });
  site.pages.set(
    "/",
    `${HEAD}<body><h1>Order</h1><form method="post" action="/api/orders"><button>Order</button></form>`,
  );
  site.pages.set("/thanks", `${HEAD}<body><h1>Thank you</h1>`);
  const shown = await open(browser);
  t.after(shown.close);
  await shown.page.goto(site.url);
  await shown.page.evaluate(`(async () => {
    navigator.serviceWorker.register("/sw.js", { type: "module" });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
  })()`);
  return { ...shown, site };
}

const DRAIN = `new Promise((resolve) => {
  navigator.serviceWorker.addEventListener("message", ({ data }) => resolve(data));
  navigator.serviceWorker.controller.postMessage("drain"); })`;

test("a service worker answers 202 to what asks for JSON, and sends it later", async (t) => {
  const { page, site } = await workerWith(t, {
    deed: (_, nth) => (nth === 1 ? "502" : "good"),
  });
  const told =
    await page.evaluate(`fetch("/api/orders", { method: "POST", body: "bread" })
    .then(async (it) => [it.status, it.headers.get("content-type"), await it.json()])`);
  const [status, type, body] = /** @type {any[]} */ (told);
  assert.deepEqual(
    [status, type, body.queued, body.state],
    [202, "application/json", true, "waiting"],
  );
  assert.equal(await page.evaluate(DRAIN), "drained");
  assert.deepEqual(site.orders(), ["bread"]);
});

test("a service worker passes good answers on, and redirections of a page", async (t) => {
  const { page, site } = await workerWith(t, { deed: () => "moved" });
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  assert.equal(site.arrivals.length, 1);
});

test("a service worker shows a page where one was asked for", async (t) => {
  const shop = await workerWith(t, { deed: () => "reset" });
  await shop.page.getByRole("button", { name: "Order", exact: true }).click();
  await shop.page.getByRole("heading", { name: "Not sent yet" }).waitFor();
  await isDecent(shop, "queue-worker");
});

test("a service worker speaks what it was given", async (t) => {
  const { page } = await workerWith(t, {
    deed: () => "reset",
    worker: `import texts from "/lastgood/queue-languages/ar.js";
${WORKER.replace("queued(queue, event.request)", "queued(queue, event.request, { texts })")}`,
  });
  const texts = await textsIn("ar");
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.getByRole("heading", { name: texts.heading }).waitFor();
  const { lang, dir } = await page.evaluate(() => {
    const { lang, dir } = document.documentElement;
    return { lang, dir };
  });
  assert.deepEqual([lang, dir], ["ar", "rtl"]);
  await page.getByRole("link", { name: texts.pageBack }).waitFor();
});

test("a service worker that may not use wasm takes no write, and passes it on", async (t) => {
  const { page, site } = await workerWith(t, {
    deed: () => (site.arrivals.length ? "good" : "502"),
    workerPolicy: "script-src 'self'",
  });
  const order = `fetch("/api/orders", { method: "POST", body: "bread" }).then((it) => it.status)`;
  assert.equal(await page.evaluate(order), 502);
  assert.equal(await page.evaluate(order), 201);
  assert.equal(site.arrivals.length, 2);
  await page.waitForSelector("html[data-ready]");
  const waiting = `new lastgood.WriteQueue({ routes: [{ path: "/api/*", name: "orders" }] })
    .entries().then((all) => all.length)`;
  assert.equal(await page.evaluate(waiting), 0);
});

test("a page's own queue and its service worker's are one, and do not wait for each other", async (t) => {
  const { page, site } = await workerWith(t, {
    deed: (_, nth) => (nth === 1 ? "502" : "good"),
  });
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(`globalThis.queue = new lastgood.WriteQueue({ backoff: { base: "20ms", cap: "50ms" },
    routes: [{ path: "/api/*", name: "orders", deduplicates: true }] });
    queue.send("/api/orders", { method: "POST", body: "bread" }).then(() => 0)`);
  await until("it is taken", () => site.orders().length === 1);
  await until("nothing waits", () =>
    page.evaluate("queue.entries().then((all) => all.length === 0)"),
  );
  assert.equal(site.arrivals.length, 2);
});
