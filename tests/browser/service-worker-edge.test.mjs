// @ts-check
/** The service worker with lastgood at the edge: neither undoes what the other does. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";
import { startWorker } from "../support/worker.mjs";
import { openAt, script, Site } from "./worker-site.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => void (browser = await launch()));
after(() => browser?.close());

/** @type {import("./worker-site.mjs").Answer} */
const BAD = { status: 502, body: "<h1>502 Bad Gateway</h1>" };
const FORGETFUL = { breaker: false, hold_down: false, ejection: false };

/** @param {import("node:test").TestContext} t @param {object} [lastgood] */
async function behindTheEdge(t, lastgood) {
  const body = script({ breaker: false });
  const origin = await Site.start(t, { body });
  const bindings = {
    ORIGIN: origin.url,
    LASTGOOD: { ...FORGETFUL, ...lastgood },
  };
  const edge = await startWorker({ bindings });
  let stops = () => edge.stop();
  const stop = () => {
    const ended = stops();
    stops = async () => {};
    return ended;
  };
  t.after(stop);
  const url = `http://127.0.0.1:${edge.port}`;
  const tab = await openAt(t, browser, { url });
  await tab.visit("/start");
  await tab.install();
  return { origin, edge, stop, url, ...tab };
}

test("a copy of the edge's goes out as it is, once noted, and is no copy of ours", async (t) => {
  const shown = await behindTheEdge(t);
  await shown.visit("/a");
  await until("both have it", async () => {
    const here = (await shown.kept()).includes("/a");
    return here && shown.edge.stored(`${shown.url}/a`);
  });
  const before = await envelope(shown, "/a");
  shown.origin.all = BAD;
  const { status, headers, text } = await shown.visit("/a");
  assert.equal(status, 200);
  assert.match(headers["cache-status"], /^lastgood; fwd=stale/);
  assert.equal(text.match(/data-lastgood="notice"/g)?.length, 1);
  assert.equal(await envelope(shown, "/a"), before, "kept as it was");
});

test("where the edge has no copy, ours is shown, and the origin is not asked anew", async (t) => {
  const shown = await behindTheEdge(t);
  await shown.visit("/a");
  await until("it is kept", async () => (await shown.kept()).includes("/a"));
  await until("there, too", () => shown.edge.stored(`${shown.url}/a`));
  await shown.edge.lose(`${shown.url}/a`);
  const calls = shown.origin.callsOf("/a").length;
  shown.origin.all = BAD;
  const { status, mark, text } = await shown.visit("/a");
  assert.deepEqual([status, mark], [200, "/a#1"]);
  assert.match(text, /data-lastgood="notice"/);
  const tries = shown.origin.callsOf("/a").length - calls;
  assert.ok(tries <= 3, `${tries} attempts: one layer repeats`);
});

test("where nobody has a copy, the edge's own page goes out", async (t) => {
  const shown = await behindTheEdge(t, { page: { name: "Corner Bakery" } });
  const { origin } = shown;
  origin.all = BAD;
  const { status, text } = await shown.visit("/b");
  assert.equal(status, 503);
  assert.match(text, /Corner Bakery/);
  assert.ok(origin.callsOf("/b").length <= 3, "one layer repeats");
});

test("where there is no edge any more, ours is shown", async (t) => {
  const shown = await behindTheEdge(t);
  await shown.visit("/a");
  await until("it is kept", async () => (await shown.kept()).includes("/a"));
  await shown.stop();
  const { status, mark } = await shown.visit("/a");
  assert.deepEqual([status, mark], [200, "/a#1"]);
});

/** @param {Awaited<ReturnType<typeof behindTheEdge>>} shown @param {string} path */
const envelope = ({ page }, path) =>
  page.evaluate(async (path) => {
    const store = await caches.open("lastgood-copies-1");
    return (await store.match(path))?.headers.get("lastgood-envelope");
  }, path);
