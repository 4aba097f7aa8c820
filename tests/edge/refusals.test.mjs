// @ts-check
/**
 * What is never kept: anything that is not for everyone, not whole, or not
 * good. Each page is visited once while the origin is well, and once after; in
 * between, a page that may be kept proves that there was time to keep it.
 */
import assert from "node:assert/strict";
import { after } from "node:test";
import { BRISK, HOST, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {{ script: string, headers?: Record<string, string>, method?: string }} Page */

/** @type {Record<string, Page>} */
const KEPT = {
  "a page": { script: "200" },
  "a page, analytics cookies": {
    script: "200",
    headers: { cookie: "_ga=1; _gid=2" },
  },
  "a public page, any cookie": {
    script: "200[public]",
    headers: { cookie: "sid=1" },
  },
  "a public page, authorised": {
    script: "200[public]",
    headers: { authorization: "Basic eDp5" },
  },
  "a style sheet": { script: "200 type(text/css)" },
  "a picture": { script: "200 type(image/png)" },
  "JSON with a lifetime": { script: "200[ma=60] type(application/json)" },
  "the host by its own name": {
    script: "200",
    headers: { "x-forwarded-host": HOST },
  },
};

/** @type {Record<string, Page>} */
const PRIVATE = {
  "no-store": { script: "200[no-store]" },
  private: { script: "200[private]" },
  "private, with a lifetime": { script: "200[private, ma=60]" },
  'private="field"': { script: '200[private="x-user", ma=60]' },
  "public and private": { script: "200[public, private]" },
  "Set-Cookie": { script: "200[Set-Cookie: sid=1]" },
  "Set-Cookie, public": { script: "200[public, ma=60 | Set-Cookie: sid=1]" },
  Authorization: { script: "200", headers: { authorization: "Basic eDp5" } },
  "Authorization, with a lifetime": {
    script: "200[ma=60]",
    headers: { authorization: "x" },
  },
  "a session cookie": { script: "200", headers: { cookie: "sid=1" } },
  "a session cookie among others": {
    script: "200[ma=60]",
    headers: { cookie: "_ga=1; sid=1" },
  },
  "a cookie without a value": { script: "200", headers: { cookie: "sid" } },
  "Vary: *": { script: "200[Vary: *]" },
  "Vary: *, in a list": { script: "200[Vary: Accept, *]" },
  "a forged host": {
    script: "200",
    headers: { "x-forwarded-host": "evil.test" },
  },
  "forged Forwarded": {
    script: "200",
    headers: { forwarded: "host=evil.test" },
  },
};

/** @type {Record<string, Page>} */
const NEVER_SHOWN = {
  "no-cache": { script: "200[no-cache]" },
  "must-revalidate at once": { script: "200[ma=0, must-revalidate]" },
  "JSON without a lifetime": { script: "200 type(application/json)" },
  "an answer to POST": { script: "200[public, ma=60]", method: "POST" },
  "an answer to HEAD": { script: "200", method: "HEAD" },
};

/** @type {Record<string, Page>} */
const NOT_GOOD = {
  "a part": { script: "200 partial", headers: { range: "bytes=0-9" } },
  "all, though a part was asked for": {
    script: "200",
    headers: { range: "bytes=0-9" },
  },
  203: { script: "203" },
  301: { script: "301[ma=60 | Location: /x]" },
  404: { script: "404[ma=60]" },
  500: { script: "500[ma=60]" },
  "an empty page": { script: "200 empty" },
  "nginx's 502 under 200": { script: "200 disguised(nginx)" },
  "haproxy's 503 under 200": { script: "200 disguised(haproxy)" },
  "varnish's 503 under 200": { script: "200 disguised(varnish)" },
};

/** Broken off in each way there is. @type {Record<string, Page>} */
const CUT = {
  "shorter than declared": { script: "200 cut(120)" },
  "shorter than declared, public": { script: "200[public, ma=60] cut(120)" },
  "reset in the middle": { script: "200 rst(120)" },
  "between two chunks": { script: "200 chunked-cut(120)" },
  "inside a chunk": { script: "200 torn(120)" },
};

const REFUSED = { ...PRIVATE, ...NEVER_SHOWN, ...NOT_GOOD, ...CUT };
const PAGES = Object.entries({ ...KEPT, ...REFUSED });
const pathOf = (/** @type {string} */ name) =>
  `/${PAGES.findIndex(([known]) => known === name)}`;
const urlOf = (/** @type {string} */ name) => `http://${HOST}${pathOf(name)}`;

const site = await siteWith(
  { after },
  {
    script: {
      ...Object.fromEntries(
        PAGES.map(([name, { script }]) => [pathOf(name), [script, "502"]]),
      ),
      "*": ["200"],
    },
    lastgood: { ...BRISK, rescue: "off" },
  },
);

/** @param {string} name @param {Page} page */
const visit = (name, { headers = {}, method = "GET" }) =>
  site.ask({ method, target: pathOf(name), headers: Object.entries(headers) });

for (const [name, page] of Object.entries(KEPT))
  test(`kept: ${name}`, async () => {
    await visit(name, page);
    await until("it is kept", () => site.worker.stored(urlOf(name)));
    const seen = await visit(name, page);
    assert.equal(sourceOf(seen), "copy");
    assert.match(seen.text, /\[\[O1#\d+\]\]/);
  });

for (const [name, page] of Object.entries(REFUSED))
  test(`not kept: ${name}`, async () => {
    await visit(name, page);
    const control = `${pathOf(name)}/control`;
    await site.get(control);
    await until("the control is kept", () =>
      site.worker.stored(`http://${HOST}${control}`),
    );
    assert.equal(await site.worker.stored(urlOf(name)), null);
    const seen = await site.get(pathOf(name));
    assert.equal(sourceOf(seen), "answer");
  });

for (const name of Object.keys(CUT))
  test(`noticed: ${name}`, async () => {
    const line = await site.log.waitFor(
      "it",
      (line) => line.url === pathOf(name) && line.cause,
    );
    assert.equal(line.cause, "truncated");
    assert.equal(line.lastgood, "degraded");
  });

/** @type {[string, string][]} */
const NOT_FOR_KEEPING = [
  ["a page that is not for keeping", "200[no-store] cut(120)"],
  ["a file", "200 type(application/octet-stream) cut(120)"],
];

for (const [name, script] of NOT_FOR_KEEPING)
  test(`noticed as well, where no copy is made: ${name}`, async (t) => {
    const own = await siteWith(t, { script: [script], lastgood: BRISK });
    const seen = await own.get("/");
    assert.equal(seen.complete, false, "the break stays visible");
    const truncated = () =>
      own.log.lines.some(({ cause }) => cause === "truncated");
    await until("it is told", truncated, 1000);
  });

/** Chunks that break off look whole behind the local runtime, with any worker. */
const VISIBLE = ["200 cut(120)", "200 rst(120)"];

for (const script of [...VISIBLE, "200 chunked-cut(120)", "200 torn(120)"])
  test(`the copy from before stays, the break visible: ${script}`, async (t) => {
    const lastgood = { ...BRISK, keep_every: "0s" };
    const own = await siteWith(t, {
      script: ["200#good", script, "502"],
      lastgood,
    });
    await own.get("/");
    await until("it is kept", () => own.worker.stored(`http://${HOST}/`));
    const cut = await own.get("/");
    if (VISIBLE.includes(script)) assert.equal(cut.complete, false);
    await own.log.waitFor("the cut", ({ cause }) => cause === "truncated");
    const seen = await own.get("/");
    assert.equal(sourceOf(seen), "copy");
    assert.match(seen.text, /#good\]\]/);
    assert.match(seen.text, /<\/html>/);
  });

test("what came before the break reaches the visitor", async (t) => {
  const own = await siteWith(t, {
    script: ["200 cut(120)"],
    lastgood: BRISK,
  });
  assert.equal((await own.get("/")).body.length, 120);
});
