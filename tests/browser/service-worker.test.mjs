// @ts-check
/** The service worker in a real browser: what a visitor is shown when a site fails. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fits, isAccessible, launch, shoot } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { openAt, pageOf, script, Site, tabOf } from "./worker-site.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => void (browser = await launch()));
after(() => browser?.close());

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("./worker-site.mjs").Answer} Answer */

/** What a bad gateway says. @type {Answer} */
const BAD = { status: 502, body: "<h1>502 Bad Gateway</h1>" };
/** Nothing is remembered of failures, so that each request finds out by itself. */
const FORGETFUL = { breaker: false };

/**
 * A site with its service worker installed.
 * @param {TestContext} t
 * @param {{ worker?: Answer, settings?: object, options?: object }} [chosen]
 */
async function installed(t, { worker, settings = {}, options } = {}) {
  const body = script({ ...FORGETFUL, ...settings });
  const site = await Site.start(t, worker ?? { body });
  const tab = await openAt(t, browser, site, options);
  await tab.visit("/start");
  await tab.install();
  return { site, ...tab };
}

/**
 * Visits a page and waits until it is kept.
 * @param {Awaited<ReturnType<typeof installed>>} shown @param {string} path
 */
async function keep({ visit, kept }, path) {
  const seen = await visit(path);
  assert.equal(seen.status, 200);
  await until(`${path} is kept`, async () => (await kept()).includes(path));
  return seen;
}

test("a page that answers 502 is shown from its copy, labelled and with a notice", async (t) => {
  const shown = await installed(t);
  await keep(shown, "/a");
  shown.site.all = BAD;
  const { status, mark, headers, text } = await shown.visit("/a");
  assert.deepEqual([status, mark], [200, "/a#1"]);
  assert.match(headers["cache-status"], /^lastgood; fwd=stale; fwd-status=502/);
  assert.match(headers["proxy-status"], /lastgood; received-status=502/);
  assert.equal(headers["cache-control"], "no-store");
  assert.match(text, /data-lastgood="notice"/);
  await shoot(shown.page, "service-worker-copy");
  await isAccessible(shown.page);
  assert.equal(shown.site.callsOf("/a").length, 3, "one, and then two tries");
});

test("on a good day the network's own response goes out", async (t) => {
  const shown = await installed(t);
  await keep(shown, "/a");
  const { mark, headers } = await shown.visit("/a");
  assert.equal(mark, "/a#2");
  assert.equal(headers["cache-status"], undefined);
  assert.equal(shown.site.callsOf("/a").length, 2);
});

for (const width of [320, 1280])
  for (const colorScheme of /** @type {const} */ (["light", "dark"]))
    test(`what has no copy gets a page in the visitor's language, ${width} ${colorScheme}`, async (t) => {
      const viewport = { width, height: 700 };
      const options = { locale: "de-DE", viewport, colorScheme };
      const shown = await installed(t, { options });
      shown.site.all = BAD;
      const { status, headers, text } = await shown.visit("/b");
      assert.equal(status, 503);
      assert.match(headers["content-language"], /^de$/);
      assert.match(text, /Der Server der Website antwortet nicht richtig/);
      assert.ok(Number(headers["retry-after"]) > 0);
      await shoot(shown.page, `service-worker-answer-${width}-${colorScheme}`);
      await fits(shown.page);
      await isAccessible(shown.page);
    });

test("open pages are told of a copy, and when the network answers again", async (t) => {
  const shown = await installed(t);
  await keep(shown, "/a");
  await shown.visit("/start");
  const { page } = shown;
  await page.evaluate(() => {
    const heard = /** @type {any[]} */ ([]);
    Object.assign(globalThis, { heard });
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("message", ({ data }) => heard.push(data));
  });
  const heard = () => /** @type {Promise<any[]>} */ (page.evaluate("heard"));
  shown.site.all = BAD;
  await shown.ask("/a");
  await until("a copy is told of", async () => (await heard()).length === 1);
  const [{ lastgood, url, age }] = await heard();
  assert.deepEqual([lastgood, new URL(url).pathname], ["copy", "/a"]);
  assert.ok(age >= 0);
  shown.site.all = undefined;
  await shown.ask("/a");
  await shown.ask("/a");
  await until("all is well", async () => (await heard()).length === 2);
  assert.deepEqual((await heard())[1], { lastgood: "good" });
});

test("offline has words of its own, with a copy and without", async (t) => {
  const shown = await installed(t, { options: { locale: "fr-FR" } });
  await keep(shown, "/a");
  await shown.context.setOffline(true);
  const copy = await shown.visit("/a");
  assert.deepEqual([copy.status, copy.mark], [200, "/a#1"]);
  assert.match(copy.text, /Votre appareil est hors connexion\./);
  const { status, text } = await shown.visit("/b");
  assert.equal(status, 503);
  assert.match(text, /<h1>Votre appareil est hors connexion<\/h1>/);
  assert.doesNotMatch(text, /class="way"|Ce n’est pas/);
  await shoot(shown.page, "service-worker-offline");
  await fits(shown.page);
  await isAccessible(shown.page);
});

test("without an answer nobody says that it is not the visitor's connection", async (t) => {
  const shown = await installed(t);
  await shown.site.down();
  const { status, text } = await shown.visit("/b");
  assert.equal(status, 503);
  assert.match(text, /<h1>The site’s server cannot be reached<\/h1>/);
  assert.match(text, /check your connection/);
  assert.doesNotMatch(text, /class="way"|not caused by your device/);
  await shoot(shown.page, "service-worker-unreachable");
  await fits(shown.page);
  await isAccessible(shown.page);
});

test("the page for nothing loads the site when it answers again", async (t) => {
  const shown = await installed(t);
  shown.site.all = BAD;
  assert.equal((await shown.visit("/b")).status, 503);
  shown.site.all = undefined;
  await shown.page.click("#again");
  // While the page is on its way there is none.
  const content = () => shown.page.content().catch(() => "");
  await until("it is there", async () => (await content()).includes("[[/b#"));
});

test("each asker gets what its parser takes", async (t) => {
  const { site, ask, page } = await installed(t);
  await site.down();
  const asked = await ask("/api", { headers: { accept: "application/json" } });
  assert.equal(asked.status, 503);
  assert.equal(asked.headers["content-type"], "application/json");
  assert.equal(JSON.parse(asked.text).retryable, true);
  const seen = await page.evaluate(async () => {
    const image = new Image();
    const end = new Promise((resolve) => {
      image.onload = () => resolve(image.naturalWidth > 0);
      image.onerror = () => resolve(false);
    });
    image.src = "/picture.png";
    return end;
  });
  assert.equal(seen, true, "a picture that says so");
});

test("a script gets the network's own error, not our page", async (t) => {
  const { site, ask } = await installed(t);
  site.all = { status: 502, body: '{"own":1}' };
  const asked = await ask("/api");
  assert.deepEqual([asked.status, asked.text], [502, '{"own":1}']);
});

test("what breaks off, is reset or refused is a failure as well", async (t) => {
  const shown = await installed(t, { settings: { rescue: "64KiB" } });
  const { site } = shown;
  await keep(shown, "/a");
  site.answers["/a"] = { body: pageOf("/cut", 1), cutAfter: 20 };
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  site.answers["/a"] = { reset: true };
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  await site.down();
  assert.equal((await shown.visit("/a")).mark, "/a#1");
});

/** @type {[string, Record<string, string>, boolean][]} */
const LAW = [
  ["nothing", {}, true],
  ["max-age", { "cache-control": "max-age=60" }, true],
  ["no-store", { "cache-control": "no-store" }, false],
  ["private", { "cache-control": "private, max-age=0" }, false],
  ["no-cache", { "cache-control": "no-cache" }, false],
  ["stale-forbidden", { "cache-control": "max-age=0, must-revalidate" }, false],
  ["for-shared-caches", { "cache-control": "s-maxage=9, max-age=0" }, true],
  ["sie-0", { "cache-control": "max-age=0, stale-if-error=0" }, false],
  ["vary-any", { vary: "*" }, false],
  ["vary-cookie", { vary: "Accept-Encoding, Cookie" }, false],
  ["vary-language", { vary: "Accept-Language" }, true],
];

test("what may be shown is what the law of caches allows", async (t) => {
  const shown = await installed(t);
  for (const [name, headers] of LAW)
    shown.site.answers[`/${name}`] = { headers, body: pageOf(`/${name}`, 1) };
  for (const [name] of LAW) await shown.ask(`/${name}`);
  await keep(shown, "/last");
  const lawful = LAW.filter(([, , keeps]) => keeps).map(([name]) => `/${name}`);
  await until("those are kept", async () => {
    const kept = await shown.kept();
    return lawful.every((path) => kept.includes(path));
  });
  shown.site.answers = {};
  shown.site.all = BAD;
  for (const [name, , keeps] of LAW) {
    const { status } = await shown.ask(`/${name}`);
    assert.equal(status, keeps ? 200 : 502, name);
  }
});

test("an answer to somebody with credentials is not kept, nor is one of another site", async (t) => {
  const shown = await installed(t);
  const other = await Site.start(t);
  const headers = {
    "access-control-allow-origin": "*",
    "content-type": "text/plain",
  };
  other.answers["/x"] = { headers, body: "theirs" };
  shown.site.answers["/me"] = {
    headers: { "content-type": "text/plain", "cache-control": "max-age=60" },
    body: "me",
  };
  await shown.ask("/me", { headers: { authorization: "Basic x" } });
  assert.equal((await shown.ask(`${other.url}/x`)).text, "theirs");
  await shown.ask(`${other.url}/x`, { mode: "no-cors" });
  shown.site.answers["/moved"] = {
    status: 302,
    headers: { location: "/there" },
  };
  assert.equal((await shown.visit("/moved")).mark, "/there#1");
  await until("the page is kept", async () =>
    (await shown.kept()).includes("/there"),
  );
  const kept = await shown.kept();
  assert.ok(!kept.some((path) => /me|moved|http/.test(path)), kept.join(" "));
});

test("a part is cut out of a whole copy", async (t) => {
  const shown = await installed(t);
  const headers = {
    "content-type": "text/plain",
    etag: '"1"',
    "cache-control": "public, max-age=0",
  };
  shown.site.answers["/file"] = { headers, body: "0123456789" };
  await shown.ask("/file");
  await until("it is kept", async () => (await shown.kept()).includes("/file"));
  await shown.site.down();
  const part = await shown.ask("/file", { headers: { range: "bytes=2-4" } });
  assert.deepEqual([part.status, part.text], [206, "234"]);
  assert.equal(part.headers["content-range"], "bytes 2-4/10");
  const end = await shown.ask("/file", { headers: { range: "bytes=-3" } });
  assert.equal(end.text, "789");
  const beyond = await shown.ask("/file", { headers: { range: "bytes=99-" } });
  assert.deepEqual([beyond.status, beyond.text], [416, ""]);
});

/** Tells in the console which requests are answered. */
const TELLS = `self.addEventListener("fetch", (event) => {
  const { url } = event.request;
  const respond = event.respondWith.bind(event);
  event.respondWith = (answer) => {
    console.log("answered", new URL(url).pathname);
    respond(answer);
  };
});`;

test("streams of events, players, uploads and what a script wants anew do not pass through", async (t) => {
  const body = script(FORGETFUL, TELLS);
  const { site, page, context, ask } = await installed(t, { worker: { body } });
  /** @type {string[]} */
  const said = [];
  context.on("console", (message) => said.push(message.text()));
  const stream = { "content-type": "text/event-stream" };
  site.answers["/events"] = { headers: stream, body: "data: 1\n\n" };
  site.answers["/clip.mp4"] = { status: 404 };
  await page.evaluate(async () => {
    const source = new EventSource("/events");
    await new Promise((resolve) => (source.onmessage = resolve));
    source.close();
    const video = document.createElement("video");
    video.src = "/clip.mp4";
    await new Promise((resolve) => (video.onerror = resolve));
  });
  const headers = { "content-type": "image/png" };
  await ask("/upload", { method: "PUT", headers, body: "x" });
  await ask("/anew", { cache: "no-store" });
  await ask("/usual");
  await until("the last one is told of", () =>
    said.includes("answered /usual"),
  );
  const answered = said.filter((line) => line.startsWith("answered"));
  assert.deepEqual(answered, ["answered /usual"]);
  for (const path of ["/events", "/clip.mp4", "/upload", "/anew"])
    assert.ok(site.callsOf(path).length > 0, `${path} got through`);
});

test("the page that was asked for ahead is the first attempt, and is asked for once", async (t) => {
  const { site, visit } = await installed(t);
  const { mark } = await visit("/a");
  assert.equal(mark, "/a#1");
  const [call, more] = site.callsOf("/a");
  assert.equal(call.headers["service-worker-navigation-preload"], "true");
  assert.equal(more, undefined);
  site.answers["/a"] = { reset: true };
  await visit("/a");
  const tries = site.callsOf("/a").slice(1);
  assert.ok(
    tries.length >= 2,
    "a preload that fails is an attempt that failed",
  );
});

test("two tabs have the same copies", async (t) => {
  const shown = await installed(t);
  const other = await tabOf(shown.context, shown.site);
  await keep(shown, "/a");
  shown.site.all = BAD;
  const both = await Promise.all([shown.visit("/a"), other.visit("/a")]);
  assert.deepEqual(
    both.map(({ mark }) => mark),
    ["/a#1", "/a#1"],
  );
});

test("what a write changes is not shown as it was", async (t) => {
  const shown = await installed(t);
  await keep(shown, "/a");
  await keep(shown, "/b");
  shown.site.answers["/a"] = { headers: { "content-location": "/b" } };
  await shown.ask("/a", { method: "POST", body: "x=1" });
  assert.deepEqual(
    (await shown.kept()).filter((it) => /^.[ab]$/.test(it)),
    [],
  );
  await keep(shown, "/c");
  shown.site.answers["/c"] = BAD;
  const failed = await shown.ask("/c", { method: "POST" });
  assert.equal(failed.status, 502);
  assert.equal(
    shown.site.calls.filter(({ method }) => method === "POST").length,
    2,
    "each once",
  );
  assert.ok((await shown.kept()).includes("/c"), "a failure outdates nothing");
});

test("a route can be left alone, answer at once, or have limits of its own", async (t) => {
  const routes = [
    { path: "/off/*", mode: "off" },
    { path: "/cached/*", mode: "cache" },
  ];
  const shown = await installed(t, { settings: { routes } });
  const headers = {
    "cache-control": "max-age=60",
    "content-type": "text/plain",
  };
  shown.site.answers["/cached/x"] = { headers, body: "first" };
  await shown.ask("/cached/x");
  await until("it is kept", async () =>
    (await shown.kept()).includes("/cached/x"),
  );
  shown.site.answers["/cached/x"] = { headers, body: "second" };
  const again = await shown.ask("/cached/x", { cache: "reload" });
  assert.equal(again.text, "first");
  assert.match(again.headers["cache-status"], /^lastgood; hit/);
  await shown.visit("/off/x");
  assert.equal(shown.site.callsOf("/off/x").length, 1);
  shown.site.all = BAD;
  assert.equal((await shown.visit("/off/x")).status, 502);
});
