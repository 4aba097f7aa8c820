// @ts-check
/** How a service worker comes, is renewed, fails and goes; and what it does not keep. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { openAt, script, Site } from "./worker-site.mjs";

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
 * @param {TestContext} t @param {string} [body] of its script
 * @param {Record<string, string>} [headers] of its script
 */
async function installed(t, body = script({ breaker: false }), headers = {}) {
  const site = await Site.start(t, { body, headers });
  const tab = await openAt(t, browser, site);
  /** @type {string[]} */
  const said = [];
  tab.context.on("console", (message) => said.push(message.text()));
  await tab.visit("/start");
  await tab.install();
  return { site, said, ...tab };
}

/** @param {Awaited<ReturnType<typeof installed>>} shown @param {string} [path] */
async function keep(shown, path = "/a") {
  await shown.visit(path);
  await until(`${path} is kept`, async () =>
    (await shown.kept()).includes(path),
  );
}

/** What stays where a response switched it off. */
const NOTE = ["lastgood-off"];
/** @type {Record<string, string>} */
const OFF = { "lastgood-service-worker": "off" };

/**
 * @param {Awaited<ReturnType<typeof installed>>} shown
 * @param {string[]} [stays]
 */
async function isGone(shown, stays = []) {
  await until("there is no service worker", async () => !(await shown.has()));
  await until("nothing is kept", async () => (await shown.kept()).length === 0);
  const left = () => shown.page.evaluate(() => caches.keys());
  await until("nothing else is left", async () => {
    const ours = (await left()).filter((name) => name.startsWith("lastgood"));
    return ours.join() === stays.join();
  });
  shown.site.answers = {};
  shown.site.all = BAD;
  const { status, text } = await shown.visit("/a");
  assert.equal(status, 502, "the network's own answer");
  assert.match(text, /502 Bad Gateway/);
}

test("a new version takes over an open page, and has the copies of the old one", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  await shown.page.evaluate(() => caches.open("lastgood-copies-0"));
  shown.site.worker = { body: script({ breaker: false, notice: false }) };
  await shown.page.evaluate(async () => {
    const url = "/lastgood/register.js";
    const { register } = await import(url);
    const updated = new Promise(
      (resolve) => void register({ updated: resolve }),
    );
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    await updated;
  });
  await until("what an older form left is gone", async () =>
    shown.page.evaluate(async () => !(await caches.has("lastgood-copies-0"))),
  );
  shown.site.all = BAD;
  const { mark, text } = await shown.visit("/a");
  assert.equal(mark, "/a#1");
  assert.doesNotMatch(text, /data-lastgood/, "by the settings of the new one");
});

test("a version that does not load changes nothing", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  for (const worker of [BAD, { body: "this is no script" }]) {
    shown.site.worker = worker;
    await shown.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update().catch(() => {});
    });
  }
  await shown.site.down();
  assert.equal((await shown.visit("/a")).mark, "/a#1");
});

test("kill switch: a script that removes it, in its place", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  const off = new URL("../../dist/browser/sw-off.js", import.meta.url);
  shown.site.worker = { body: readFileSync(off, "utf8") };
  await shown.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
  });
  await isGone(shown);
});

test("kill switch: a header of any page", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  shown.site.answers["/b"] = { headers: OFF, body: "<p>[[/b#1]]" };
  assert.equal((await shown.visit("/b")).mark, "/b#1");
  await isGone(shown, NOTE);
});

test("kill switch: a header of a page that is slower than its copy", async (t) => {
  const settings = { breaker: false, softDeadline: 200 };
  const shown = await installed(t, script(settings));
  await keep(shown);
  const body = "<p>[[late#1]]";
  shown.site.answers["/a"] = { afterMs: 900, headers: OFF, body };
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  await isGone(shown, NOTE);
});

test("kill switch: a header of a failing answer, in whose place a copy would be shown", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  shown.site.answers["/a"] = { ...BAD, headers: OFF };
  const { status, text } = await shown.visit("/a");
  assert.equal(status, 502, "the site's own word");
  assert.match(text, /502 Bad Gateway/);
  assert.equal(shown.site.callsOf("/a").length, 2, "it is not asked again");
  await isGone(shown, NOTE);
});

test("kill switch: a header of a page that is left alone, and of a write", async (t) => {
  const routes = [{ path: "/off/*", mode: "off" }];
  for (const ask of [
    (/** @type {Awaited<ReturnType<typeof installed>>} */ { visit }) =>
      visit("/off/x"),
    (/** @type {Awaited<ReturnType<typeof installed>>} */ { ask }) =>
      ask("/off", { method: "POST" }),
  ]) {
    const shown = await installed(t, script({ breaker: false, routes }));
    await keep(shown);
    const said = { headers: OFF, body: "<p>[[x]]" };
    shown.site.answers = { "/off/x": said, "/off": said };
    await ask(shown);
    await isGone(shown, NOTE);
  }
});

test("what another site answers in the end switches nothing off", async (t) => {
  const shown = await installed(t);
  const other = await Site.start(t);
  other.answers["/x"] = {
    headers: {
      ...OFF,
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "*",
    },
    body: "theirs",
  };
  const location = `${other.url}/x`;
  shown.site.answers["/moved"] = { status: 302, headers: { location } };
  const { text, headers } = await shown.ask("/moved");
  assert.equal(text, "theirs");
  assert.equal(headers["lastgood-service-worker"], "off");
  await keep(shown);
  assert.equal(await shown.has(), true);
});

test("where a header switched it off, register() keeps away until that says so no more", async (t) => {
  const shown = await installed(t);
  const register = () =>
    shown.page.evaluate(async () => {
      const url = "/lastgood/register.js";
      const { forget, register } = await import(url);
      await forget();
      return !!(await register());
    });
  shown.site.answers["/b"] = { headers: OFF, body: "<p>[[/b#1]]" };
  await shown.visit("/b");
  await isGone(shown, NOTE);
  shown.site.all = undefined;
  await shown.visit("/a");
  shown.site.answers["/b"] = { headers: OFF };
  assert.equal(await register(), false, "it still says so");
  shown.site.answers["/b"] = BAD;
  assert.equal(await register(), false, "a site that fails says nothing");
  assert.equal(await shown.has(), false);
  assert.deepEqual(
    shown.site.callsOf("/b").map(({ method }) => method),
    ["GET", "HEAD", "HEAD"],
  );
  delete shown.site.answers["/b"];
  assert.equal(await register(), true);
  assert.equal(await shown.has(), true);
  const names = await shown.page.evaluate(() => caches.keys());
  assert.ok(!names.includes("lastgood-off"), "it is not asked for again");
});

for (const status of [404, 410])
  test(`kill switch: the script answers ${status} while the site is well`, async (t) => {
    const shown = await installed(t);
    shown.site.worker = { status };
    await shown.visit("/b");
    await isGone(shown);
  });

/** A clock that a page can put forward. */
const CLOCK = `{
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  addEventListener("message", ({ data }) => {
    if (typeof data === "number") ahead = data;
  });
}`;

/**
 * With a copy, and a look for a new version an hour ago.
 * @param {TestContext} t
 */
async function anHourAgo(t) {
  const shown = await installed(t, script({ breaker: false }, CLOCK));
  const { page } = shown;
  await keep(shown);
  const looked = () =>
    page.evaluate(async () => {
      const url = "https://looked.lastgood.invalid/";
      const told = await caches.match(url);
      return Number(await told?.text());
    });
  let last = await until("it has looked", looked);
  const later = (/** @type {number} */ hours) =>
    page.evaluate(
      (ms) => navigator.serviceWorker.controller?.postMessage(ms),
      hours * 61 * 60 * 1000,
    );
  await later(1);
  return {
    ...shown,
    later,
    /** Asks until it has. @param {() => Promise<unknown>} ask */
    hasLooked: (ask) =>
      until("it has looked again", async () => {
        await ask();
        const now = await looked();
        const anew = now > last;
        last = now;
        return anew;
      }),
  };
}

test("a page that stays open has its service worker look for a new version, while copies are shown, too", async (t) => {
  const shown = await anHourAgo(t);
  shown.site.all = BAD;
  const asked = await shown.ask("/a");
  assert.match(asked.headers["cache-status"], /^lastgood; fwd=stale/);
  await shown.hasLooked(() => shown.ask("/a"));
  const off = new URL("../../dist/browser/sw-off.js", import.meta.url);
  shown.site.worker = { body: readFileSync(off, "utf8") };
  await shown.later(2);
  await shown.hasLooked(() => shown.ask("/a"));
  await isGone(shown);
});

test("so it does by what it leaves alone", async (t) => {
  const shown = await anHourAgo(t);
  await shown.hasLooked(() => shown.ask("/anew", { cache: "no-store" }));
});

test("a script that is missing while the site fails removes nothing, until it is well", async (t) => {
  const shown = await anHourAgo(t);
  shown.site.worker = { status: 404 };
  shown.site.all = BAD;
  await shown.hasLooked(() => shown.ask("/a"));
  assert.equal((await shown.visit("/a")).mark, "/a#1");
  assert.equal(await shown.has(), true);
  shown.site.all = undefined;
  await until("it is gone", async () => {
    await shown.ask("/api");
    return !(await shown.has());
  });
  await isGone(shown);
});

test("the page's own unregister() leaves nothing", async (t) => {
  const shown = await installed(t);
  await keep(shown);
  await shown.page.evaluate(async () => {
    const url = "/lastgood/register.js";
    await (await import(url)).unregister();
  });
  await isGone(shown);
});

/** @type {[string, (shown: Awaited<ReturnType<typeof installed>>) => Promise<unknown>][]} */
const SIGN_OUTS = [
  [
    "the page says so",
    ({ page }) =>
      page.evaluate(async () => {
        const url = "/lastgood/register.js";
        await (await import(url)).forget();
      }),
  ],
  [
    "an answer says so",
    ({ site, ask }) => {
      const headers = { "lastgood-service-worker": "forget" };
      site.answers["/bye"] = { headers };
      return ask("/bye", { method: "POST" });
    },
  ],
  [
    "Clear-Site-Data names storage",
    ({ site, ask }) => {
      const headers = { "clear-site-data": '"storage"' };
      site.answers["/bye"] = { headers };
      return ask("/bye", { method: "POST" });
    },
  ],
  [
    "a visitor signs out",
    ({ ask }) => ask("/account/logout", { method: "POST" }),
  ],
  ["a visitor follows a link to sign out", ({ visit }) => visit("/sign-out")],
  [
    "an answer says so that fails",
    ({ site, ask }) => {
      const headers = { "lastgood-service-worker": "forget" };
      site.answers["/a"] = { ...BAD, headers };
      return ask("/a");
    },
  ],
  [
    "an answer says so behind its copy",
    async ({ site, ask }) => {
      const headers = { "lastgood-service-worker": "forget" };
      site.answers["/a"] = { afterMs: 1200, headers, body: "<p>[[late]]" };
      await ask("/a");
      delete site.answers["/a"];
    },
  ],
];

for (const [name, signOut] of SIGN_OUTS)
  test(`no copy is left when ${name}`, async (t) => {
    const shown = await installed(t);
    await keep(shown);
    await signOut(shown);
    await until(
      "/a is forgotten",
      async () => !(await shown.kept()).includes("/a"),
    );
    shown.site.all = BAD;
    assert.notEqual((await shown.visit("/a")).status, 200);
  });

test("copies have bounds, and the oldest goes first", async (t) => {
  const settings = { breaker: false, store: { copies: 3 } };
  const shown = await installed(t, script(settings));
  for (const path of ["/1", "/2", "/3", "/4"]) await keep(shown, path);
  const pages = (await shown.kept()).filter((path) => /^.\d$/.test(path));
  assert.deepEqual(pages.sort(), ["/2", "/3", "/4"]);
});

test("where the browser has no room, old copies make room, and the site goes on", async (t) => {
  const shown = await installed(t);
  const large = (/** @type {string} */ name) => ({
    body: `<!doctype html><p>[[${name}#1]]<!--${"x".repeat(300_000)}-->`,
  });
  for (const path of ["/1", "/2", "/3", "/4"]) {
    shown.site.answers[path] = large(path);
    await keep(shown, path);
  }
  const session = await shown.context.newCDPSession(shown.page);
  const used = await shown.page.evaluate(
    async () => (await navigator.storage.estimate()).usage ?? 0,
  );
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: shown.site.url,
    quotaSize: used + 100_000,
  });
  shown.site.answers["/5"] = large("/5");
  await keep(shown, "/5");
  const kept = await shown.kept();
  assert.ok(!kept.includes("/1"), kept.join(" "));
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: shown.site.url,
    quotaSize: 1,
  });
  shown.site.answers["/6"] = large("/6");
  assert.equal((await shown.visit("/6")).mark, "/6#1");
});

/** @type {[string, string][]} */
const FAULTS = [
  [
    "the store cannot be opened",
    "caches.open = () => Promise.reject(new Error('out of order'));",
  ],
  ["the store hangs", "caches.open = () => new Promise(() => {});"],
  [
    "the core traps",
    `const { Instance } = WebAssembly;
     WebAssembly.Instance = function (module, imports) {
       const { exports } = new Instance(module, imports);
       return { exports: new Proxy({}, { get: (_, name) =>
         /^visit_start$/.test(name)
           ? () => { throw new WebAssembly.RuntimeError("unreachable"); }
           : exports[name] }) };
     };`,
  ],
];

for (const [name, fault] of FAULTS)
  test(`${name}: the network's answers go out`, async (t) => {
    const settings = { breaker: false, softDeadline: 200 };
    const shown = await installed(t, script(settings, fault));
    for (const path of ["/a", "/b", "/a"]) {
      const { status, mark } = await shown.visit(path);
      assert.deepEqual([status, mark.slice(0, 2)], [200, path]);
    }
    assert.equal((await shown.ask("/c")).status, 200);
    shown.site.all = BAD;
    assert.ok([502, 503].includes((await shown.visit("/d")).status));
  });

test("without leave to compile wasm it passes on, says so, and can be switched off", async (t) => {
  const policy = { "content-security-policy": "script-src 'self'" };
  const shown = await installed(t, script({}), policy);
  for (const path of ["/a", "/b"])
    assert.equal((await shown.visit(path)).status, 200);
  const warnings = shown.said.filter((line) => /'wasm-unsafe-eval'/.test(line));
  assert.equal(warnings.length, 1, "once for each start");
  assert.deepEqual(await shown.kept(), []);
  shown.site.all = BAD;
  assert.equal((await shown.visit("/a")).status, 502);
  shown.site.answers["/c"] = { headers: OFF, body: "<p>[[/c#1]]" };
  await shown.visit("/c");
  await isGone(shown, NOTE);
});

test("a wrong setting is named, and costs itself only", async (t) => {
  const shown = await installed(
    t,
    script({ breaker: false, softDedline: 5, forgetAfter: "x" }),
  );
  const told = await until("it is said", () =>
    shown.said.find((line) => /softDedline/.test(line)),
  );
  assert.match(told, /did you mean `softDeadline`\\?/);
  assert.match(told, /forgetAfter = "x": use a list of paths/);
  await keep(shown);
});
