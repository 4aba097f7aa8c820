// @ts-check
/** A page of the operator's own, and links to what still works. */
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import {
  BRISK,
  FORGETFUL,
  keep,
  originWith,
  siteWith,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").TestContext} TestContext */

const OWN = `<!doctype html><html lang="{{language}}" dir="{{ direction }}"><title>{{title}}</title>
<h1>{{title}}</h1><p>{{text}}</p><p>{{later}}</p><p>{{quote}} {{cause}} {{status}} {{retry_after}} {{request_id}} {{site}} {{path}}</p>`;

const HTML = { accept: "text/html" };

/** @param {TestContext} t @param {unknown} script @param {string} text @param {object} [more] */
async function own(t, script, text, more) {
  const errors = await originWith(t, script, {
    content: () => ({ type: "text/html", bytes: Buffer.from(text) }),
  });
  const template = { url: `${errors.url}/oops`, ...more };
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...BRISK, ...FORGETFUL, page: { name: "A & B", template } },
  });
  return { ...site, errors };
}

test("a page of one's own is filled in, and asked for once a minute", async (t) => {
  const { get, errors } = await own(t, ["200"], OWN);
  const seen = await get("/<b>?x", { ...HTML, "accept-language": "ar" });
  assert.equal(seen.status, 503);
  assert.match(seen.text, /<html lang="ar" dir="rtl">/);
  assert.match(
    seen.text,
    /bad-gateway 503 \d+ [0-9a-f]{16} A &amp; B \/&lt;b&gt;</,
  );
  assert.doesNotMatch(seen.text, /\{\{|<b>/);
  assert.equal(seen.headers["content-security-policy"], undefined);
  assert.ok(seen.headers["retry-after"]);
  await get("/", HTML);
  assert.equal(errors.calls.length, 1);
  const [{ headers }] = errors.calls;
  assert.doesNotMatch(JSON.stringify(headers), /accept-language|x-forwarded/);
});

test("only a page is filled in", async (t) => {
  const { get, errors } = await own(t, ["200"], OWN);
  const seen = await get("/", { accept: "application/json" });
  assert.equal(JSON.parse(seen.text).cause, "bad-gateway");
  assert.equal(errors.calls.length, 0);
});

test("one that fails gives way to ours", async (t) => {
  /** @type {[string, unknown, string][]} */
  const ways = [
    ["it is missing", ["404"], OWN],
    ["it hangs", ["hang"], OWN],
    ["it is cut", ["200 cut(40)"], OWN],
    ["it has a place that nobody fills in", ["200"], "{{title}} {{surprise}}"],
    ["it has a place without an end", ["200"], "<h1>{{title</h1>"],
    ["it is endless", ["200"], "x".repeat(300_000)],
  ];
  for (const [why, script, text] of ways) {
    const { get } = await own(t, script, text, { wait: "200ms" });
    const seen = await get("/", HTML);
    assert.equal(seen.status, 503, why);
    assert.match(seen.text, /<h1>The site’s server gave no proper answer/, why);
    assert.ok(seen.headers["content-security-policy"], why);
    assert.ok(seen.ms < 1500, `${why}: ${seen.ms} ms`);
  }
});

test("pages of the site are linked to where there is a copy of them", async (t) => {
  const site = await siteWith(t, {
    script: { "/menu": ["200", "502"], "*": ["502"] },
    lastgood: {
      ...BRISK,
      ...FORGETFUL,
      page: {
        links: [
          { text: "Menu", url: "/menu" },
          { text: "Never seen", url: "/never-seen" },
          { text: "Status", url: "https://status.example.com/?a=1&b=2" },
        ],
      },
    },
  });
  await keep(site, "/menu");
  const { text } = await site.get("/", HTML);
  assert.match(text, /<a href="\/menu"><bdi>Menu</);
  assert.match(
    text,
    /href="https:\/\/status\.example\.com\/\?a=1&amp;b=2"><bdi>Status/,
  );
  assert.doesNotMatch(text, /Never seen/);
});

test("a template that lies behind us goes round once", async (t) => {
  let port = 0;
  const proxy = http.createServer(({ headers }, response) => {
    const own = { "cdn-loop": String(headers["cdn-loop"] ?? ""), ...HTML };
    fetch(`http://127.0.0.1:${port}/oops`, { headers: own }).then(
      async (reply) => {
        response.writeHead(reply.status, { "content-type": "text/html" });
        response.end(await reply.text());
      },
    );
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => void proxy.close());
  const address = /** @type {import("node:net").AddressInfo} */ (
    proxy.address()
  );
  const template = { url: `http://127.0.0.1:${address.port}/` };
  const { origin, worker, get } = await siteWith(t, {
    script: ["502"],
    lastgood: { ...BRISK, ...FORGETFUL, page: { template } },
  });
  port = worker.port;
  const seen = await get("/", HTML);
  assert.equal(seen.status, 503);
  assert.equal(origin.calls.length, 2);
});

test("a path is no way to another site", async (t) => {
  const { get } = await own(t, ["200"], '<a href="{{path}}">');
  const { text } = await get("//evil.example/x", HTML);
  assert.equal(text, '<a href="/evil.example/x">');
});

test("a page of one's own may be in another encoding", async (t) => {
  const errors = await originWith(t, ["200"], {
    content: () => ({
      type: "text/html; charset=iso-8859-1",
      bytes: Buffer.from("<p>Größe</p>", "latin1"),
    }),
  });
  const { get } = await siteWith(t, {
    script: ["502"],
    lastgood: { ...BRISK, page: { template: { url: errors.url } } },
  });
  assert.equal((await get("/", HTML)).text, "<p>Größe</p>");
});

test("a page that may not be shown any more is not linked to", async (t) => {
  const site = await siteWith(t, {
    script: {
      "/menu": ["200[Cache-Control: max-age=1, must-revalidate]", "502"],
      "*": ["502"],
    },
    lastgood: {
      ...BRISK,
      ...FORGETFUL,
      page: { links: [{ text: "Menu", url: "/menu" }] },
    },
  });
  await keep(site, "/menu");
  await sleep(1500);
  const { text } = await site.get("/", HTML);
  assert.doesNotMatch(text, /Menu/);
});

test("words are found by whatever their language is called", async (t) => {
  const { get } = await siteWith(t, {
    script: ["502"],
    lastgood: {
      ...BRISK,
      ...FORGETFUL,
      page: { title: { "zh-CN": "暂停", no: "Stengt" } },
    },
  });
  for (const [language, title] of [
    ["zh-CN", "暂停"],
    ["zh-Hans", "暂停"],
    ["nb", "Stengt"],
  ]) {
    const seen = await get("/", { ...HTML, "accept-language": language });
    assert.match(seen.text, new RegExp(`<h1>${title}`), language);
  }
});

test("what an operator writes is text, and never markup", async (t) => {
  const { get } = await siteWith(t, {
    script: ["502"],
    lastgood: {
      ...BRISK,
      page: {
        name: "<script>alert(1)</script>",
        title: "<img src=x onerror=alert(1)>",
        message: "</p><script>alert(2)</script>",
      },
    },
  });
  const { text } = await get("/", HTML);
  assert.doesNotMatch(text, /<script>alert|<img src=x/);
  assert.match(text, /&lt;script&gt;alert\(2\)/);
});
