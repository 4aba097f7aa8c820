// @ts-check
/** How a copy is shown: to whom, with what, and what it never carries. */
import assert from "node:assert/strict";
import { BRISK, HOST, keep, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

const NOTICE = /data-lastgood="notice"/;
const DOCUMENT = { accept: "text/html", "sec-fetch-dest": "document" };

const FAILURES =
  "500 502 503 504 520 522 527 530 429 reset refuse junk close hang";

for (const failure of FAILURES.split(" "))
  test(`a copy stands in for ${failure}`, async (t) => {
    const site = await siteWith(t, { lastgood: BRISK });
    const fresh = await keep(site);
    await site.origin.setScript([failure]);
    const seen = await site.get("/", DOCUMENT);
    assert.equal(seen.status, 200);
    assert.equal(sourceOf(seen), "copy");
    assert.match(seen.text, NOTICE);
    assert.equal(
      seen.text.replace(/<div data-lastgood="notice".*?<\/div>/s, ""),
      fresh.text,
    );
    assert.match(
      seen.headers["proxy-status"],
      /^lastgood; (error|received-status)=/,
    );
    assert.ok(Number(seen.headers.age) >= 0);
  });

test("a copy survives a restart", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502"],
    lastgood: BRISK,
    keepsStore: true,
  });
  await keep(site);
  await site.worker.restart();
  assert.equal(sourceOf(await site.get("/")), "copy");
});

test("a copy in German is none for who reads French", async (t) => {
  const site = await siteWith(t, {
    script: ["200[Vary: Accept-Language]", "502"],
    lastgood: BRISK,
  });
  await keep(site, "/", { "accept-language": "de" });
  assert.equal(
    sourceOf(await site.get("/", { "accept-language": "fr" })),
    "answer",
  );
  assert.equal(sourceOf(await site.get("/")), "answer");
  assert.equal(
    sourceOf(await site.get("/", { "accept-language": "de" })),
    "copy",
  );
});

test("304 from a copy, for who has it already", async (t) => {
  const site = await siteWith(t, {
    script: ['200[ETag: "v1"]', "502"],
    lastgood: BRISK,
  });
  await keep(site);
  for (const held of ['"v1"', 'W/"v1"', '"v0", "v1"', "*"]) {
    const seen = await site.get("/", { "if-none-match": held });
    assert.equal(seen.status, 304, held);
    assert.equal(seen.headers.etag, '"v1"');
    assert.equal(seen.body.length, 0);
  }
  const other = await site.get("/", { "if-none-match": '"v2"' });
  assert.equal(other.status, 200);
  assert.equal(
    other.headers.etag,
    undefined,
    "with the notice it is another page",
  );
});

test("HEAD from a copy", async (t) => {
  const site = await siteWith(t, { script: ["200", "502"], lastgood: BRISK });
  await keep(site);
  const seen = await site.ask({ method: "HEAD", lingerMs: 30 });
  assert.equal(seen.status, 200);
  assert.equal(sourceOf(seen), "copy");
  assert.equal(seen.extra, 0);
  assert.match(seen.headers["content-type"], /^text\/html/);
});

test("a write never gets a copy", async (t) => {
  const site = await siteWith(t, { script: ["200", "502"], lastgood: BRISK });
  await keep(site);
  const seen = await site.ask({ method: "POST", body: Buffer.from("x") });
  assert.equal(sourceOf(seen), "answer");
  assert.equal(site.origin.count, 2, "and is sent once");
});

test("a copy has the origin's headers back, and none that are ours", async (t) => {
  const utf8 = Buffer.from("Grüße").toString("latin1");
  const own = `200[ma=1 | ETag: "v1" | Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT | Link: </a>; rel=preload | X-Name: ${utf8} | Vary: Accept] type(text/css)`;
  const site = await siteWith(t, { script: [own, "502"], lastgood: BRISK });
  const fresh = await keep(site);
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "copy");
  for (const name of [
    "etag",
    "last-modified",
    "link",
    "x-name",
    "vary",
    "date",
    "content-type",
    "content-length",
  ])
    assert.equal(seen.headers[name], fresh.headers[name], name);
  const ours = Object.keys(seen.headers).filter((name) =>
    /^(lastgood|cf)-/.test(name),
  );
  assert.deepEqual(ours, []);
  assert.equal(seen.headers["cache-control"], "no-store");
});

test("visitors with sessions never see each other's page", async (t) => {
  const site = await siteWith(t, {
    script: ["200 reflect(cookie)"],
    lastgood: BRISK,
  });
  const visitors = Array.from(
    { length: 20 },
    (_, index) => `sid=guest-${index}`,
  );
  /** Everyone at once. */
  const all = () =>
    Promise.all(visitors.map((cookie) => site.get("/account", { cookie })));
  const pages = await all();
  pages.forEach(({ text }, index) =>
    assert.ok(text.includes(`<b>${visitors[index]}</b>`)),
  );
  await site.get("/control");
  await until("the control is kept", () =>
    site.worker.stored(`http://${HOST}/control`),
  );
  await site.origin.setScript(["502"]);
  for (const seen of await all()) {
    assert.equal(sourceOf(seen), "answer");
    assert.ok(!seen.text.includes("guest-"));
  }
});

test("what was kept from an anonymous visitor may help one with a session", async (t) => {
  const site = await siteWith(t, { script: ["200", "502"], lastgood: BRISK });
  await keep(site);
  assert.equal(sourceOf(await site.get("/", { cookie: "sid=1" })), "copy");
});

test("queries are pages of their own", async (t) => {
  const site = await siteWith(t, { script: ["200", "502"], lastgood: BRISK });
  await keep(site, "/a?page=1");
  assert.equal(sourceOf(await site.get("/a?page=2")), "answer");
  assert.equal(sourceOf(await site.get("/a?page=1")), "copy");
});

test("an override of the origin's ban is told, and only where it counts", async (t) => {
  const site = await siteWith(t, {
    script: {
      "/banned": ["200[ma=0,mr]", "502"],
      "/free": ["200[ma=0]", "502"],
      "/private": ["200[ma=0,mr,private]", "502"],
      "/kept-to": ["200[ma=0,mr]", "502"],
    },
    lastgood: {
      ...BRISK,
      ...{ breaker: false, ejection: false },
      stale_although_origin_forbids: true,
      routes: [{ path: "/kept-to", stale_although_origin_forbids: false }],
    },
  });
  for (const path of ["/private", "/kept-to"]) await site.get(path);
  for (const path of ["/banned", "/free"]) await keep(site, path);
  const detail = "; detail=stale-although-origin-forbids";
  const banned = await site.get("/banned");
  assert.equal(banned.status, 200);
  assert.ok(banned.headers["cache-status"].endsWith(detail));
  const line = await site.log.waitFor("it", ({ url }) => url === "/banned");
  assert.equal(line.overridden, "the origin forbids stale");
  const free = await site.get("/free");
  assert.equal(sourceOf(free), "copy");
  assert.ok(!free.headers["cache-status"].includes("detail"));
  const other = await site.log.waitFor("it", ({ url }) => url === "/free");
  assert.equal(other.overridden, undefined);
  for (const path of ["/private", "/kept-to"])
    assert.equal(sourceOf(await site.get(path)), "answer", path);
});

test("mode off keeps nothing", async (t) => {
  const lastgood = { ...BRISK, routes: [{ path: "/off", mode: "off" }] };
  const site = await siteWith(t, { lastgood });
  await site.get("/off");
  await keep(site, "/on");
  assert.equal(await site.worker.stored(`http://${HOST}/off`), null);
});

test("mode cache answers from a fresh copy, and standby asks", async (t) => {
  const lastgood = { ...BRISK, routes: [{ path: "/cached", mode: "cache" }] };
  const site = await siteWith(t, { script: ["200[ma=60]"], lastgood });
  await keep(site, "/cached");
  await keep(site, "/asked");
  assert.match(
    (await site.get("/cached")).headers["cache-status"],
    /^lastgood; hit/,
  );
  assert.equal(sourceOf(await site.get("/asked")), "origin");
  assert.equal(site.origin.count, 3);
});
