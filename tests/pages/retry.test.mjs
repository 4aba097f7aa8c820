// @ts-check
/** How the error page tries again: when, how often, and as its visitor says. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { launch, open, shoot } from "../support/chromium.mjs";
import { BRISK, FORGETFUL, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */

const FORM = Buffer.from(`<!doctype html><html lang="en"><title>Order</title>
  <form method="post" action="/order"><label>Loaves <input name="loaves"></label><button>Order</button></form>`);

/** An error that a visitor soon gets another one for. */
const SOON = "502[Retry-After: 1]";

const browser = await launch();
after(() => browser.close());

/** @param {import("../support/site.mjs").TestContext} t @param {unknown} script @param {object} [policy] */
async function shop(t, script, policy) {
  const site = await siteWith(t, {
    script: {
      "/favicon.ico": ["204"],
      "/form": ["200[no-store]"],
      "*": script,
    },
    lastgood: { ...BRISK, ...FORGETFUL, ...policy },
    content: (_, { path }) =>
      path === "/form" ? { type: "text/html", bytes: FORM } : undefined,
  });
  const shown = await open(browser);
  t.after(shown.close);
  return {
    ...shown,
    site,
    url: (/** @type {string} */ path) =>
      `http://127.0.0.1:${site.worker.port}${path}`,
    /** @param {string} method */
    calls: (method) =>
      site.origin.calls.filter(
        (call) => call.method === method && call.path !== "/favicon.ico",
      ).length,
  };
}

/** @param {Page} page */
const state = (page) => page.innerText("#state");
/** @param {Page} page @param {string} text */
const says = (page, text) =>
  until(`the page says “${text}”`, async () =>
    (await page.innerText("#retry")).includes(text),
  );

/** @param {Page} page @param {string} name */
async function press(page, name) {
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    const focused = await page.locator(":focus").innerText();
    if (focused === name) return page.keyboard.press("Enter");
  }
  throw new Error(`${name} is not reached by the keyboard`);
}

test("a site that is back is found by one probe and loaded once", async (t) => {
  const { page, url, calls, complaints } = await shop(t, [SOON, SOON, "200"]);
  await page.goto(url("/news#sports"));
  assert.match(await page.innerText("#when"), /^Next try in \d s/);
  await page.waitForSelector("text=Opening hours");
  assert.equal(page.url(), url("/news#sports"));
  await sleep(2500);
  assert.deepEqual([calls("HEAD"), calls("GET")], [2, 2]);
  complaints.none();
});

test("what is in vain is said, and tried again when the edge says so", async (t) => {
  const { page, url, calls } = await shop(t, [SOON, "502[Retry-After: 3]"]);
  await page.goto(url("/"));
  await says(page, "Still no proper answer.");
  await says(page, "Next try in 3 s");
  assert.equal(calls("HEAD"), 1);
  await until("it is tried again", () => calls("HEAD") === 2);
});

test("it is paused, goes on, is tried at once and stopped, by keyboard alone", async (t) => {
  const { page, url, calls } = await shop(t, ["502[Retry-After: 2]"]);
  await page.goto(url("/"));
  await press(page, "Pause");
  await says(page, "Paused.");
  assert.equal(await page.innerText("#when"), "");
  await sleep(2500);
  assert.equal(calls("HEAD"), 0);
  await page.keyboard.press("Enter");
  await until("it is tried", () => calls("HEAD") === 1);
  await says(page, "Next try in");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await until("it is tried at once", () => calls("HEAD") === 2);
  await says(page, "Next try in");
  await press(page, "Stop");
  await says(page, "Stopped.");
  assert.equal(await page.locator(":focus").innerText(), "Try again");
  assert.equal(await page.locator("button:visible").count(), 0);
  await shoot(page, "answer-stopped");
  const before = calls("HEAD");
  await sleep(2500);
  assert.equal(calls("HEAD"), before);
  await page.keyboard.press("Enter");
  await until("it can still be tried", () => calls("HEAD") === before + 1);
});

test("two tabs of a browser ask once, and both come back", async (t) => {
  const { page, url, calls, site } = await shop(t, [SOON]);
  await page.goto(url("/"));
  const other = await page.context().newPage();
  await other.goto(url("/"));
  await says(other, "in another tab");
  const before = calls("HEAD");
  await sleep(7000);
  const asked = calls("HEAD") - before;
  assert.ok(asked >= 1 && asked <= 2, `${asked} probes in 7 s`);
  await site.origin.setScript({ "*": ["200"] });
  await page.waitForSelector("text=Opening hours");
  await other.waitForSelector("text=Opening hours");
});

test("a tab that is left over asks by itself", async (t) => {
  const { page, url, calls } = await shop(t, [SOON]);
  await page.goto(url("/"));
  const other = await page.context().newPage();
  await other.goto(url("/"));
  await says(other, "in another tab");
  await page.close();
  const before = calls("HEAD");
  // The one that was closed may just have asked: then the next is due five seconds later.
  await until("the other one asks", () => calls("HEAD") > before, 12_000);
});

test("offline it waits for the device, and asks when that is back", async (t) => {
  const { page, url, calls } = await shop(t, [SOON]);
  await page.goto(url("/"));
  await page.context().setOffline(true);
  await says(page, "Your device is offline.");
  const before = calls("HEAD");
  await sleep(2500);
  assert.equal(calls("HEAD"), before);
  await page.context().setOffline(false);
  await until("it asks", () => calls("HEAD") > before);
});

test("a tab that nobody sees asks a quarter as often", async (t) => {
  const { page, url, calls } = await shop(t, [SOON]);
  await page.addInitScript(
    "Object.defineProperty(document, 'hidden', { get: () => true })",
  );
  await page.goto(url("/"));
  await sleep(2500);
  assert.equal(calls("HEAD"), 0);
  await until("it asks", () => calls("HEAD") === 1);
});

test("a form that failed is never sent again by itself", async (t) => {
  const { page, url, calls, complaints } = await shop(t, [SOON]);
  await page.goto(url("/form"));
  await page.fill("[name=loaves]", "2");
  await page.click("button");
  await page.waitForSelector("#back:visible");
  assert.match(await page.innerText("main"), /may or may not have been saved/);
  assert.equal(await page.locator("#retry").count(), 0);
  await sleep(2500);
  assert.deepEqual([calls("POST"), calls("HEAD")], [1, 0]);
  complaints.none();
  await page.click("#back");
  await page.waitForSelector("[name=loaves]");
  assert.equal(await page.inputValue("[name=loaves]"), "2");
  assert.equal(calls("POST"), 1);
});

test("what is said goes to a live region, and the seconds don't", async (t) => {
  const { page, url } = await shop(t, [SOON]);
  await page.goto(url("/"));
  assert.equal(await page.locator("[role=status]").count(), 1);
  assert.equal(await page.locator("[role=status] #when").count(), 0);
  assert.equal(await state(page), "");
});

test("what is pressed while it tries has the last word", async (t) => {
  const pressed = async (/** @type {string} */ name) => {
    const { page, url, calls } = await shop(t, [SOON, "200 slow(5000)"]);
    await page.goto(url("/"));
    await until("it tries", () => calls("HEAD") === 1);
    await page.click(`text=${name}`);
    await sleep(6500);
    assert.match(await state(page), /^(Stopped|Paused)\./);
    assert.equal(calls("GET"), 1, "it was not loaded");
  };
  await Promise.all(["Stop", "Pause"].map(pressed));
});

test("whatever an origin asks for, it is tried in good time", async (t) => {
  for (const said of ["Tue, 01 Jan 2999 00:00:00 GMT", "86400", "0", "soon"]) {
    const { page, url, close } = await shop(t, [
      SOON,
      `502[Retry-After: ${said}]`,
    ]);
    await page.goto(url("/"));
    await says(page, "Still no proper answer.");
    const when = await page.innerText("#when");
    assert.match(when, /Next try in ([1-9]|\d\d|[2-5])\s(s|min)/, said);
    await close();
  }
});

test("a tab with another page asks for itself", async (t) => {
  const { page, url, site } = await shop(t, [SOON]);
  await page.goto(url("/a"));
  const other = await page.context().newPage();
  await other.goto(url("/b"));
  await site.origin.setScript({ "/b": ["200"], "*": [SOON] });
  await other.waitForSelector("text=Opening hours", { timeout: 12_000 });
});

test("a page that fails although the edge says it answers is loaded ever more rarely", async (t) => {
  // A HEAD has no body in which an error could be disguised.
  const { page, url, calls } = await shop(t, ["200 disguised(nginx)"], {
    disguised: true,
  });
  await page.goto(url("/"));
  for (let times = 1; times <= 2; times++) {
    await page.click("#again");
    await until("it is loaded in vain", () => calls("GET") === times + 1);
    await page.waitForFunction(`history.state?.lastgood === ${times}`);
  }
  assert.equal(calls("HEAD"), 2);
  await page.waitForFunction("document.getElementById('when')?.textContent");
  const [, seconds] =
    /Next try in (\d+)\ss/.exec(await page.innerText("#when")) ?? [];
  assert.ok(Number(seconds) >= 19, `${seconds} s, and 5 to 15 the first time`);
});
