// @ts-check
/**
 * How a site is doing, as the tabs of a real browser know it together: who asks, how
 * often, what the others learn, and what a page is told.
 */
import assert from "node:assert/strict";
import { after } from "node:test";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";
import {
  DOWN,
  edgeShop,
  fails,
  GOOD,
  is,
  plainShop,
  script,
  told,
  WITHOUT_WASM,
} from "./watched.mjs";

const browser = await launch();
after(() => browser.close());

test("while all is well, nobody asks", async (t) => {
  const { open, asked } = await plainShop(t, browser);
  const { page, complaints } = await open();
  await is(page, "well");
  await page.evaluate("lastgoodFetch('/api')");
  await sleep(1500);
  assert.equal(asked(), 0);
  assert.equal(await told(page), "");
  complaints.none();
});

test("a request that fails makes one tab ask, and all three know", async (t) => {
  const { open, become, asked } = await plainShop(t, browser);
  const tabs = [await open(), await open(), await open()];
  await become(script(DOWN));
  const since = performance.now();
  await fails(tabs[0].page);
  for (const { page } of tabs) await is(page, "failing");
  await Promise.all(tabs.map(({ page }) => fails(page)));
  await sleep(4000);
  const times = asked();
  const most = 1 + (performance.now() - since) / 1000;
  // Pauses are of 1 to 1.5 s, and three tabs would ask three times as often.
  assert.ok(times >= 3 && times <= most, `${times} times, at most ${most}`);
  await become(script(GOOD));
  for (const { page } of tabs) {
    await is(page, "well");
    assert.equal(await told(page), "failing,well,back");
  }
  const after = asked();
  await sleep(2000);
  assert.equal(asked(), after, "it is over");
});

test("a failure that is no outage of what is watched is asked after, and not told", async (t) => {
  const { open, asked } = await plainShop(t, browser, script(GOOD, "502"));
  const { page } = await open();
  await fails(page);
  await until("it is asked", () => asked() === 1);
  for (let turn = 0; turn < 10; turn++) await fails(page);
  await sleep(500);
  assert.ok(asked() <= 4, `${asked()} times asked`);
  assert.equal(await told(page), "");
});

test("when the tab that asks is closed, another one goes on", async (t) => {
  const { open, become, asked } = await plainShop(t, browser);
  const tabs = [await open(), await open()];
  await become(script(DOWN));
  await fails(tabs[0].page);
  for (const { page } of tabs) await is(page, "failing");
  const leads = tabs.findIndex(({ asked }) => asked() > 0);
  await tabs[leads].page.close();
  const left = tabs[1 - leads];
  await until("the other one asks", () => left.asked() > 1);
  await become(script(GOOD));
  await is(left.page, "well");
  assert.equal(await told(left.page), "failing,well,back");
  assert.ok(asked() >= 2);
});

const HIDEABLE = `let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  globalThis.hide = (to) => { hidden = to; document.dispatchEvent(new Event("visibilitychange")); };`;

test("a tab that is hidden leaves it to one that is seen", async (t) => {
  const { open, become } = await plainShop(t, browser);
  const tabs = [await open(HIDEABLE), await open(HIDEABLE)];
  await become(script(DOWN));
  await fails(tabs[0].page);
  for (const { page } of tabs) await is(page, "failing");
  await until("it is asked twice", () => tabs[0].asked() > 1);
  await tabs[0].page.evaluate("hide(true)");
  const before = tabs[0].asked();
  await until("the other one asks", () => tabs[1].asked() > 1);
  assert.ok(tabs[0].asked() <= before + 1, "only what was on its way");
  // Nobody is seen: it is asked, but seldom.
  await tabs[1].page.evaluate("hide(true)");
  const sum = () => tabs[0].asked() + tabs[1].asked();
  const then = sum();
  await sleep(2500);
  assert.ok(sum() <= then + 1);
  await until("it is asked all the same", () => sum() > then, 8000);
});

test("offline nobody asks; then one tab does, and both are back", async (t) => {
  const { open, asked, context } = await plainShop(t, browser);
  const tabs = [await open(), await open()];
  await context.setOffline(true);
  for (const { page } of tabs) await is(page, "offline");
  await sleep(1500);
  assert.equal(asked(), 0);
  await context.setOffline(false);
  for (const { page } of tabs) await is(page, "well");
  assert.equal(asked(), 1);
  for (const { page } of tabs)
    assert.equal(await told(page), "offline,well,back");
});

test("a page that is a copy says so with its age, and that it is over", async (t) => {
  const { open, become, kept } = await edgeShop(t, browser);
  const first = await open();
  await kept();
  await sleep(1100);
  await become(script(DOWN));
  const copy = await open();
  await is(copy.page, "degraded");
  const age = await until("its age is known", () =>
    copy.page.evaluate("site.age"),
  );
  assert.ok(Number(age) >= 1 && Number(age) < 20, `${age} s`);
  // The other tab watches the same page, though its own is as it should be.
  await is(first.page, "degraded");
  const late = await open();
  await is(late.page, "degraded");
  const since = "site.since";
  assert.equal(
    await first.page.evaluate(since),
    await copy.page.evaluate(since),
  );
  await become(script(GOOD));
  for (const { page } of [first, copy, late]) {
    await is(page, "well");
    assert.equal(await told(page), "degraded,well,back");
  }
});

test("a tab that is opened later knows what the others found out", async (t) => {
  const { open, become, asked } = await plainShop(t, browser);
  const { page } = await open();
  const other = script("502[Retry-After: 60]");
  await become({ ...other, "/page": ["502[Retry-After: 60]"] });
  await fails(page);
  await is(page, "failing");
  await become({ ...other, "/page": [GOOD] });
  const late = await open();
  await is(late.page, "failing");
  assert.equal(
    await late.page.evaluate("site.since"),
    await page.evaluate("site.since"),
  );
  assert.equal(asked(), 1);
});

test("an origin that one tab knows to be down is known to the other, and its return", async (t) => {
  const { open, become } = await plainShop(t, browser);
  const [one, other] = [await open(), await open()];
  await become(script("502[Retry-After: 1]", "502"));
  await until("it is known to be down", async () => {
    await Promise.all(Array.from({ length: 8 }, () => fails(one.page)));
    return (await fails(one.page)) === 0;
  });
  // Fewer than it takes to find out by itself.
  const tries = [];
  for (let turn = 0; turn < 3; turn++) tries.push(await fails(other.page));
  assert.ok(tries.includes(0), "the other one spares it");
  for (const { page } of [one, other]) await is(page, "failing");
  await become(script(GOOD));
  for (const { page } of [one, other]) {
    await is(page, "well");
    const all = `Promise.all(Array.from({ length: 10 }, () =>
      lastgoodFetch("/api", {}, { attempts: 1 }).then(({ status }) => status))).then((all) => all.join())`;
    assert.equal(await page.evaluate(all), Array(10).fill(200).join());
  }
});

test("pausing is obeyed, trying at once as well", async (t) => {
  const { open, become, asked } = await plainShop(t, browser);
  const { page } = await open();
  await become(script(DOWN));
  await fails(page);
  await is(page, "failing");
  await page.evaluate("site.pause()");
  const before = asked();
  await sleep(2500);
  assert.equal(asked(), before);
  assert.equal(await page.evaluate("site.tryNow()"), "failing");
  assert.equal(asked(), before + 1);
  await page.evaluate("site.resume()");
  await until("it is asked again", () => asked() > before + 1);
  await page.evaluate("site.close()");
  const then = asked();
  await sleep(2500);
  assert.ok(asked() <= then + 1);
});

test("what a service worker says is heard", async (t) => {
  const { open, asked } = await plainShop(t, browser);
  const { page } = await open(
    `const worker = new EventTarget(); Object.defineProperty(navigator, "serviceWorker", { value: worker });
     globalThis.say = (data) => worker.dispatchEvent(new MessageEvent("message", { data }));`,
  );
  await is(page, "well");
  await page.evaluate(`say({ lastgood: "copy", url: location.href, age: 90 })`);
  await is(page, "well");
  assert.equal(await told(page), "degraded,well,back");
  assert.equal(asked(), 1);
});

test("the page of an answer and a page that watches ask once for both", async (t) => {
  const { open, become, asked } = await edgeShop(t, browser, { mode: "off" });
  const { page } = await open();
  await become(script("502[Retry-After: 2]"));
  await fails(page);
  await is(page, "failing");
  const answer = await open();
  await answer.page.waitForSelector("#retry");
  const before = asked();
  await sleep(5000);
  const times = asked() - before;
  assert.ok(times >= 1 && times <= 3, `${times} times asked in 5 s`);
  assert.equal(answer.asked(), 0);
  await become(script(GOOD));
  await answer.page.waitForSelector("text=Opening hours");
  await is(page, "well");
});

test("a page that says itself that it is an answer is one", async (t) => {
  const answer = `503[Server-Timing: lastgood; desc="bad-gateway"; dur=3; Retry-After: 1]`;
  const { open, become } = await plainShop(t, browser, script(answer, GOOD));
  const { page } = await open();
  await is(page, "failing");
  await become(script(GOOD));
  await is(page, "well");
  assert.equal(await told(page), "failing,well,back");
});

test("a copy of something else makes one ask after the page", async (t) => {
  const { open, become, kept, site } = await edgeShop(t, browser);
  const { page } = await open();
  await kept();
  await page.evaluate("lastgoodFetch('/api')");
  const api = new URL("/api", page.url()).href;
  await until("it is kept", () => site.worker.stored(api));
  await become(script(DOWN));
  const heard = `import("/lastgood/lastgood.js").then(({ events }) => new Promise((resolve) => {
    events.addEventListener("copy", ({ detail }) => resolve(detail));
    lastgoodFetch("/api");
  }))`;
  const { type, url, age } = /** @type {any} */ (await page.evaluate(heard));
  assert.deepEqual([type, url], ["copy", api]);
  assert.ok(age >= 0 && age < 20, `${age} s`);
  await is(page, "degraded");
});

/** What replies say of a site: status, fields, and how it is doing. @type {[number, Record<string, string>, string][]} */
const REPLIES = [
  [200, {}, "well"],
  [404, {}, "well"],
  [405, {}, "well"],
  [501, {}, "well"],
  [502, {}, "failing"],
  [521, {}, "failing"],
  [530, {}, "failing"],
  [404, { "lastgood-verdict": "good" }, "well"],
  [503, { "lastgood-verdict": "failing" }, "failing"],
  [200, { "lastgood-verdict": "copy" }, "degraded"],
  [200, { "cache-status": "lastgood; fwd=stale; ttl=20" }, "degraded"],
  [
    200,
    { "cache-status": "a; hit, lastgood; fwd=stale; fwd-status=502; ttl=-9" },
    "degraded",
  ],
  [200, { "cache-status": "lastgood; fwd=miss; detail=archive" }, "degraded"],
  [200, { "cache-status": "lastgood; fwd=stale; fwd-status=304" }, "well"],
  [200, { "cache-status": "a; fwd=stale; ttl=-9" }, "well"],
  // Fresh, or stale and renewed behind the reply: nothing is wrong.
  ...[20, -3].map(
    (ttl) =>
      /** @type {[number, Record<string, string>, string]} */ ([
        200,
        {
          "cache-status": `lastgood; hit; ttl=${ttl}`,
          "lastgood-verdict": "copy",
        },
        "well",
      ]),
  ),
];

for (const [kind, good] of Object.entries({ GOOD, WITHOUT_WASM }))
  test(`replies say the same in a page that is ${kind}`, async (t) => {
    const { open, become, asked } = await plainShop(t, browser, script(good));
    const { page, complaints } = await open();
    await is(page, "well");
    for (const [status, headers, expected] of REPLIES) {
      const init = JSON.stringify({ status, headers });
      assert.equal(
        await page.evaluate(`site.heed(new Response(null, ${init}))`),
        expected,
        init,
      );
    }
    const forbidden = complaints.all.some((it) => it.includes("forbids wasm"));
    assert.equal(forbidden, good === WITHOUT_WASM);
    assert.equal(asked(), 0);
    await become(script("502[Retry-After: 1]", good));
    await page.evaluate("fetch('/page').then((reply) => site.heed(reply))");
    await is(page, "failing");
    await become(script(good));
    await is(page, "well");
  });
