// @ts-check
/** What a service worker does behind its reply, and with no page open. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";
import { openAt, pageOf, script, Site } from "./worker-site.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => void (browser = await launch()));
after(() => browser?.close());

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("./worker-site.mjs").Answer} Answer */

/** @type {Answer} */
const BAD = { status: 502, body: "<h1>502 Bad Gateway</h1>" };

/**
 * A site with its service worker installed, and `/a` kept.
 * @param {TestContext} t @param {string} body of its script @param {object} [options]
 */
async function installed(t, body, options) {
  const site = await Site.start(t, { body });
  const tab = await openAt(t, browser, site);
  /** @type {string[]} */
  const said = [];
  tab.context.on("console", (message) => said.push(message.text()));
  const session = await tab.context.newCDPSession(tab.page);
  /** What the browser has against the service worker. @type {string[]} */
  const complaints = [];
  session.on("ServiceWorker.workerErrorReported", ({ errorMessage }) =>
    complaints.push(`${errorMessage.errorMessage} After: ${said.at(-1)}`),
  );
  await session.send("ServiceWorker.enable");
  await tab.page.addInitScript(() => {
    const heard = /** @type {any[]} */ ([]);
    Object.assign(globalThis, { heard });
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("message", ({ data }) => heard.push(data));
  });
  /** What the page hears of its service worker. */
  const heard = () =>
    /** @type {Promise<any[]>} */ (tab.page.evaluate("heard"));
  await tab.visit("/start");
  await tab.install(options);
  await tab.visit("/a");
  await until("/a is kept", async () => (await tab.kept()).includes("/a"));
  const holds = (/** @type {string} */ mark) =>
    until(`${mark} is the copy`, () =>
      tab.page.evaluate(async (mark) => {
        const store = await caches.open("lastgood-copies-1");
        return (await (await store.match("/a"))?.text())?.includes(mark);
      }, `[[${mark}]]`),
    );
  return { site, said, complaints, heard, holds, ...tab };
}

const SLOW = script({ breaker: false, softDeadline: 200 });

test("a slow page is shown from its copy, which its late answer renews, and is told so", async (t) => {
  const shown = await installed(t, SLOW);
  const { site } = shown;
  site.answers["/a"] = { afterMs: 1500, body: pageOf("/late", 1) };
  const before = performance.now();
  const { mark } = await shown.visit("/a");
  assert.equal(mark, "/a#1");
  assert.ok(performance.now() - before < 1400, "it was not waited for");
  await shown.holds("/late#1");
  await until("the page is told", async () => (await shown.heard()).length > 0);
  assert.deepEqual(await shown.heard(), [
    { lastgood: "fresh", url: `${site.url}/a` },
  ]);
});

test("so is the page of a script that asked", async (t) => {
  const shown = await installed(t, SLOW);
  shown.site.answers["/a"] = { afterMs: 900, body: pageOf("/late", 1) };
  await shown.visit("/start");
  assert.match((await shown.ask("/a")).text, /\[\[\/a#1\]\]/);
  await until("the page is told", async () => (await shown.heard()).length > 1);
  const told = (await shown.heard()).map(({ lastgood }) => lastgood);
  assert.deepEqual(told, ["copy", "fresh"]);
});

test("with the breaker that all have: copies at once while the origin is down, and it is found again", async (t) => {
  const shown = await installed(t, script({}));
  shown.site.all = BAD;
  await until("it is known to be down", async () => {
    assert.equal((await shown.visit("/a")).mark, "/a#1");
    return shown.said.some((line) => line.includes('"why":"origin-down"'));
  });
  for (const answer of [BAD, { reset: true }, { ...BAD, afterMs: 400 }]) {
    shown.site.all = answer;
    const { mark, headers } = await shown.visit("/a");
    assert.equal(mark, "/a#1");
    assert.equal(headers["lastgood-attempt"], undefined, "nobody waits for it");
  }
  await sleep(1000);
  shown.site.all = undefined;
  await until("it is found again", async () => {
    const { headers } = await shown.visit("/a");
    return headers["cache-status"] === undefined;
  });
  assert.deepEqual(shown.complaints, []);
});

/** Down after the first failure, and not asked again for a minute. */
const SPARING = script({
  breaker: { failures: 1, span: "1ms", probeEvery: "1m" },
});

test("a page that was asked for ahead in vain is waited for, and changes nothing", async (t) => {
  const shown = await installed(t, SPARING);
  shown.site.all = BAD;
  await shown.visit("/a");
  // Sooner than this the event is still there, whoever waits.
  const late = { ...BAD, afterMs: 4000 };
  const inPieces = { ...BAD, bodyAfterMs: 4000 };
  for (const answer of [late, inPieces, { reset: true }, BAD]) {
    shown.site.all = answer;
    const { mark } = await shown.visit("/a");
    assert.equal(mark, "/a#1");
    await sleep(answer === late || answer === inPieces ? 5000 : 800);
  }
  assert.deepEqual(shown.complaints, []);
  assert.equal((await shown.visit("/a")).mark, "/a#1");
});

/** A store that takes its time. */
const SLOWLY = `const match = Cache.prototype.match;
Cache.prototype.match = async function (...asked) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return match.apply(this, asked);
};`;

test("a page that was asked for ahead may fail while its copy is looked for", async (t) => {
  const shown = await installed(t, SLOWLY + SPARING);
  shown.site.all = BAD;
  await shown.visit("/a");
  shown.site.all = { reset: true };
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  await sleep(500);
  assert.deepEqual(shown.complaints, []);
});

test("a page that was asked for ahead renews the copy that went out at once, and tells of the origin", async (t) => {
  const shown = await installed(t, SPARING);
  shown.site.all = BAD;
  await shown.visit("/a");
  shown.site.answers["/a"] = { afterMs: 600, body: pageOf("/late", 1) };
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  await shown.holds("/late#1");
  await until("the page is told", async () => (await shown.heard()).length > 0);
  assert.equal((await shown.heard())[0].lastgood, "fresh");
  shown.site.answers = {};
  shown.site.all = undefined;
  const { mark, headers } = await shown.visit("/a");
  assert.equal(headers["cache-status"], undefined, "the origin is asked again");
  assert.match(mark, /^\/a#/);
  assert.deepEqual(shown.complaints, []);
});

test("a page that was asked for ahead can switch it off behind a copy", async (t) => {
  const shown = await installed(t, SPARING);
  shown.site.all = BAD;
  await shown.visit("/a");
  const headers = { "lastgood-service-worker": "off" };
  const late = { afterMs: 600, headers, body: pageOf("/late", 1) };
  shown.site.answers["/a"] = late;
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  await until("it is gone", async () => !(await shown.has()));
  assert.deepEqual(await shown.kept(), []);
});

/** As docs/service-worker.md has it. */
const WITH_QUEUE = `
import "/lastgood/sw.js";
import { SYNC_TAG, WriteQueue, queued, synced } from "/lastgood/queue.js";
const queue = new WriteQueue({ routes: [{ path: "/api/*", deduplicates: true }],
  backoff: { base: "10ms", cap: "20ms" } });
self.LASTGOOD = { send: ({ request }) =>
  queue.takes(request) ? queued(queue, request) : fetch(request) };
addEventListener("sync", (event) => {
  if (event.tag === SYNC_TAG) event.waitUntil(synced(queue));
});
addEventListener("message", ({ data }) => { if (data === "sync") void synced(queue); });`;

/** The browser does not fire by itself. */
const ASKED = `SyncManager.prototype.register = async (tag) => console.log("asked for", tag);`;

test("a site's queue takes the writes, and what they outdate is removed", async (t) => {
  const body = `${WITH_QUEUE}
${ASKED}`;
  const shown = await installed(t, body, { type: "module" });
  const { site } = shown;
  await shown.visit("/api/a");
  await until("/api/a is kept", async () =>
    (await shown.kept()).includes("/api/a"),
  );
  site.answers["/api/a"] = { status: 503, body: "" };
  const later = await shown.ask("/api/a", { method: "POST", body: "bread" });
  assert.equal(later.status, 202);
  assert.equal(JSON.parse(later.text).state, "waiting");
  const isKept = async () => (await shown.kept()).includes("/api/a");
  assert.ok(await isKept(), "what waits has changed nothing");
  const posts = () =>
    site.callsOf("/api/a").filter(({ method }) => method === "POST");
  delete site.answers["/api/a"];
  const tries = posts().length;
  await shown.page.evaluate(() =>
    navigator.serviceWorker.controller?.postMessage("sync"),
  );
  await until("it is sent", () => posts().length > tries);
  const keys = posts().map(({ headers }) => headers["idempotency-key"]);
  assert.ok(keys[0]);
  assert.equal(new Set(keys).size, 1);
  assert.ok(await isKept());
  for (const path of ["/api/a", "/b"]) {
    const sent = await shown.ask(path, { method: "POST", body: "jam" });
    assert.equal(sent.status, 200);
  }
  await until("its copy is removed", async () => !(await isKept()));
  const sent = posts().length;
  const beacon = { method: "POST", body: "jam", mode: "no-cors" };
  const passed = await shown.ask("/api/a", /** @type {any} */ (beacon));
  assert.equal(passed.status, 200);
  assert.equal(posts().length, sent + 1);
});

/** The tag by which the queue asks for an event. */
const SYNC_TAG = "lastgood-queue";

/**
 * A write that waits, as the origin fails, and no page of the site.
 * @param {TestContext} t @param {string} line that is said before the page is closed
 * @param {string} [more] what the script does besides
 */
async function waiting(t, line, more = "") {
  const body = `${WITH_QUEUE}
addEventListener("sync", ({ tag }) => console.log("sync", tag));
${more}`;
  const shown = await installed(t, body, { type: "module" });
  const { site, said, context, page } = shown;
  const beside = await context.newPage();
  const session = await context.newCDPSession(beside);
  await session.send("ServiceWorker.enable");
  site.answers["/api/a"] = { status: 503, body: "" };
  const { status } = await shown.ask("/api/a", { method: "POST", body: "x" });
  assert.equal(status, 202);
  // A browser takes no wish of a site that has no page open.
  await until(line, () => said.includes(line));
  await page.close();
  /** Whether the origin got it, once, as what it was sent as at first. */
  const isSent = async () => {
    delete site.answers["/api/a"];
    const tries = site.callsOf("/api/a").length;
    await until("it is sent", () => site.callsOf("/api/a").length > tries);
    await sleep(300);
    const calls = site.callsOf("/api/a");
    assert.equal(calls.length, tries + 1);
    const keys = calls.map(({ headers }) => headers["idempotency-key"]);
    assert.equal(new Set(keys).size, 1);
  };
  return { ...shown, session, isSent };
}

test("a write that waits is sent when the browser says that it is time, with no page open", async (t) => {
  const { isSent } = await waiting(t, `sync ${SYNC_TAG}`);
  await isSent();
});

test("so it is by a worker that was started for it", async (t) => {
  const line = `asked for ${SYNC_TAG}`;
  const { site, session, isSent } = await waiting(t, line, ASKED);
  await session.send("ServiceWorker.stopAllWorkers");
  const tries = site.callsOf("/api/a").length;
  await sleep(300);
  assert.equal(site.callsOf("/api/a").length, tries, "nobody sends it");
  const sent = isSent();
  await session.send("ServiceWorker.dispatchSyncEvent", {
    origin: site.url,
    registrationId: "0",
    tag: SYNC_TAG,
    lastChance: false,
  });
  await sent;
});
