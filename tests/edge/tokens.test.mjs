// @ts-check
/** Pages that carry a token are no copies, where that is refused. */
import assert from "node:assert/strict";
import { EAGER, HOST, keep, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep } from "../support/until.mjs";

const REFUSES = { ...EAGER, refuse_tokens: true };
const TOKEN = "Zm9yZ2VkLXRva2Vu-4f1c2a77d0";
const HEX = "0123456789abcdef0123456789abcdef";

/** What frameworks write, by the names of those. @type {Record<string, string>} */
const CARRYING = {
  django: `<input type="hidden" name="csrfmiddlewaretoken" value="${TOKEN}">`,
  spring: `<input type="hidden" name="_csrf" value="${TOKEN}"/>`,
  flask: `<input id="csrf_token" name="csrf_token" type="hidden" value="${TOKEN}">`,
  yii: `<input type=hidden name=YII_CSRF_TOKEN value=${TOKEN}>`,
  angular: `<INPUT TYPE='hidden' NAME='xsrf' VALUE='${TOKEN}'>`,
  rails: `<input type="hidden" name="authenticity_token" value="${TOKEN}">`,
  aspnet: `<input name="__RequestVerificationToken" type="hidden" value="${TOKEN}" />`,
  laravel: `<input type="hidden" name="_token" value="${TOKEN}">`,
  bare: `<input type=hidden value=${TOKEN} name=_token>`,
  symfony: `<input type="hidden" id="f__token" name="contact[_token]" value="${TOKEN}">`,
  drupal: `<input type="hidden" name="form_build_id" value="${TOKEN}">`,
  drupalUser: `<input type="hidden" name="form_token" value="${TOKEN}">`,
  magento: `<input name="form_key" type="hidden" value="${TOKEN}">`,
  wordpress: `<input type="hidden" id="_wpnonce" name="_wpnonce" value="${TOKEN}">`,
  moodle: `<input type="hidden" name="sesskey" value="${TOKEN}">`,
  moodleLogin: `<input type="hidden" name="logintoken" value="${TOKEN}">`,
  mediawiki: `<input type="hidden" value="${TOKEN}" name="wpEditToken"/>`,
  joomla: `<input type="hidden" name="${HEX}" value="1">`,
  lines: `<input\n  type="hidden"\n  name = "csrf"\n  value="${TOKEN}"\n>`,
  metaRails: `<meta name="csrf-token" content="${TOKEN}" />`,
  metaSpring: `<meta content="${TOKEN}" name="_csrf">`,
  script: `<script>window.csrfToken = "${TOKEN}";</script>`,
  json: `<script type="application/json">{"csrf_token":"${TOKEN}"}</script>`,
  attribute: `<body data-csrf='${TOKEN}'>`,
  header: `<body hx-headers='{"X-CSRFToken": "${TOKEN}"}'>`,
  nonceOfScript: `<script nonce="${TOKEN}">x()</script>`,
  nonceOfStyle: `<style type=text/css nonce=${TOKEN}>a{}</style>`,
  nonceOfLink: `<link rel="stylesheet" nonce='${TOKEN}' href="/a.css">`,
};

/** What looks like it and is for all. @type {Record<string, string>} */
const INNOCENT = {
  search: '<form><input type="search" name="q"><button>Search</button></form>',
  named:
    '<input name="access_token" placeholder="your token"><input name="_tokens">',
  prose: "<p>How csrf tokens work: each form has a csrf-token = a secret.</p>",
  configured: '<script>var axios = {xsrfCookieName: "XSRF-TOKEN"};</script>',
  empty: '<script nonce="">x()</script><style nonce>a{}</style>',
  meta: '<meta name="viewport" content="csrf">',
  colour: `<input name="colour" value="${HEX}">`,
};

/** @param {string} body */
const page = (body) => ({
  type: "text/html; charset=utf-8",
  bytes: Buffer.from(`<!doctype html><title>A</title>${body}`),
});

test("what carries a token is not kept, and what looks like it is", async (t) => {
  const pages = { ...CARRYING, ...INNOCENT };
  const site = await siteWith(t, {
    lastgood: REFUSES,
    content: (_, { path }) => page(pages[path.slice(1)]),
  });
  for (const name of Object.keys(CARRYING)) {
    assert.equal((await site.get(`/${name}`)).status, 200);
  }
  for (const name of Object.keys(INNOCENT)) await keep(site, `/${name}`);
  await sleep(200);
  for (const name of Object.keys(CARRYING)) {
    const stored = await site.worker.stored(`http://${HOST}/${name}`);
    assert.equal(stored, null, name);
  }
});

test("they are kept where nobody asked for that", async (t) => {
  const routes = [{ path: "/forms/*", refuse_tokens: true }];
  const site = await siteWith(t, {
    script: ["200 csrf"],
    lastgood: { ...EAGER, routes },
  });
  await site.get("/forms/a");
  await keep(site, "/a");
  assert.equal(await site.worker.stored(`http://${HOST}/forms/a`), null);
});

test("a page that got a token leaves the copy as it was", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ETag: 1]", "200[ETag: 2] csrf", "502"],
    lastgood: REFUSES,
  });
  const first = await keep(site);
  await site.get("/");
  await sleep(200);
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "copy");
  assert.ok(!seen.text.includes("csrf_token"));
  assert.ok(seen.text.includes(first.text.slice(-200)));
});

test("what can't be looked through is not kept", async (t) => {
  const long = `<!-- ${"x".repeat(1024 * 1024)} -->`;
  /** @type {Record<string, Buffer>} */
  const bodies = {
    "/long": Buffer.from(long),
    "/wide": Buffer.from("<p>hello</p>", "utf16le"),
  };
  const site = await siteWith(t, {
    lastgood: REFUSES,
    script: {
      "/": ["200"],
      "/long": ["200"],
      "/wide": ["200[Content-Type: text/html; charset=utf-16]"],
      "/packed": ["200[Content-Encoding: zstd]"],
    },
    content: (_, { path }) =>
      bodies[path] && { type: "text/html", bytes: bodies[path] },
  });
  for (const path of ["/long", "/wide", "/packed"]) await site.get(path);
  await keep(site);
  for (const path of ["/long", "/wide", "/packed"])
    assert.equal(await site.worker.stored(`http://${HOST}${path}`), null, path);
});

test("a hostile page takes no longer to look through than its length", async (t) => {
  const parts = [
    "<input",
    "<input name=",
    " name = ",
    "csrf",
    "csrf=",
    "nonce ",
  ];
  const site = await siteWith(t, {
    lastgood: REFUSES,
    content: (_, { path }) =>
      page(parts[Number(path.slice(1))]?.repeat(150_000).slice(0, 1e6) ?? ""),
  });
  for (const index of parts.keys()) await site.get(`/${index}`);
  const since = performance.now();
  await keep(site, "/last");
  assert.ok(performance.now() - since < 3000, "it takes seconds");
});
