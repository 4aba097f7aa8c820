// @ts-check
/** The line on a stale page: readable in every coding, in pages and nowhere else. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
} from "node:zlib";
import {
  ask,
  BRISK,
  HOST,
  keep,
  originWith,
  siteWith,
  sourceOf,
  workerWith,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Seen} Seen */

const NOTICE = /data-lastgood="notice"/;

/** @param {Seen} seen */
function decoded({ headers, body }) {
  const coding = headers["content-encoding"] ?? "identity";
  if (coding === "gzip") return gunzipSync(body).toString();
  if (coding === "br") return brotliDecompressSync(body).toString();
  assert.equal(coding, "identity");
  return body.toString();
}

const PAGE = Buffer.from(
  "<!doctype html><html><body><h1>Öffnungszeiten</h1></body></html>",
);

for (const [coding, bytes] of /** @type {[string, Buffer][]} */ ([
  ["gzip", gzipSync(PAGE)],
  ["br", brotliCompressSync(PAGE)],
]))
  for (const accepted of [coding, "gzip, br", "identity", ""])
    test(`a ${coding} page with the notice is readable: Accept-Encoding "${accepted}"`, async (t) => {
      const content = () => ({ type: "text/html; charset=utf-8", bytes });
      const origin = await originWith(
        t,
        [`200[Content-Encoding: ${coding}]`, "502"],
        { content },
      );
      const worker = await workerWith(t, {
        bindings: { ORIGIN: origin.url, LASTGOOD: BRISK },
      });
      await ask(worker.port);
      await until("it is kept", () => worker.stored(`http://${HOST}/`));
      const headers = /** @type {[string, string][]} */ ([
        ["Accept-Encoding", accepted],
      ]);
      const seen = await ask(worker.port, { headers });
      assert.equal(sourceOf(seen), "copy");
      const text = decoded(seen);
      assert.match(text, NOTICE);
      assert.match(text, /Öffnungszeiten/);
    });

/** @type {[string, string, Record<string, string>, boolean, object?][]} */
const NOTICED = [
  ["a document", "200", { "sec-fetch-dest": "document" }, true],
  ["a frame", "200", { "sec-fetch-dest": "iframe" }, false],
  ["a part of a frameset", "200", { "sec-fetch-dest": "frame" }, false],
  ["what htmx asks for", "200", { "hx-request": "true" }, false],
  ["what Turbo asks for", "200", { "turbo-frame": "cart" }, false],
  [
    "what jQuery asks for",
    "200",
    { "x-requested-with": "XMLHttpRequest" },
    false,
  ],
  [
    "a page in an app's window",
    "200",
    { "x-requested-with": "com.example.reader" },
    true,
  ],
  ["a client that does not say", "200", {}, true],
  [
    "a script's fetch",
    "200",
    { "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" },
    false,
  ],
  [
    "a script's fetch, without a mode",
    "200",
    { "sec-fetch-dest": "empty" },
    false,
  ],
  ["an embedded object", "200", { "sec-fetch-dest": "object" }, false],
  [
    "a page that nobody may change",
    "200[Cache-Control: max-age=60, no-transform]",
    {},
    false,
  ],
  ["XHTML", "200 type(application/xhtml+xml)", {}, false],
  ["JSON", "200[ma=60] type(application/json)", {}, false],
  ["a style sheet", "200 type(text/css)", {}, false],
  ["plain text", "200[ma=60] type(text/plain)", {}, false],
  ["where policy says no", "200", {}, false, { notice: false }],
];

for (const [name, script, headers, noticed, lastgood] of NOTICED)
  test(`the notice is ${noticed ? "" : "not "}in ${name}`, async (t) => {
    const site = await siteWith(t, {
      script: [script, "502"],
      lastgood: { ...BRISK, ...lastgood },
    });
    const fresh = await keep(site, "/", headers);
    const seen = await site.get("/", headers);
    assert.equal(sourceOf(seen), "copy");
    assert.equal(NOTICE.test(seen.text), noticed);
    if (!noticed) assert.ok(seen.body.equals(fresh.body));
  });

/**
 * A copy of a page with these bytes, and the reply that first brought it.
 * @param {import("../support/site.mjs").TestContext} t
 * @param {string | Buffer} page
 * @param {{ type?: string, headers?: string }} [options]
 */
async function copyOf(t, page, { type = "text/html", headers = "" } = {}) {
  const bytes = Buffer.from(page);
  const site = await siteWith(t, {
    script: [`200${headers}`, "502"],
    lastgood: BRISK,
    content: () => ({ type, bytes }),
  });
  const fresh = await keep(site);
  /** @param {Record<string, string>} [asked] */
  const again = async (asked) => {
    const seen = await site.get("/", asked);
    assert.equal(sourceOf(seen), "copy");
    return seen;
  };
  return { fresh, again };
}

const UTF_16 = Buffer.from("\ufeff<!doctype html><body>é</body>", "utf16le");

/** @type {Record<string, { page: string | Buffer, type?: string, headers?: string }>} */
const LEFT_AS_THEY_ARE = {
  "a fragment": { page: "<li>Bread</li><li>Rolls</li>" },
  "a body in a comment": { page: "<!-- <body> --><p>Bread" },
  "a body in a script": { page: "<script>'<body>'</script><p>Bread" },
  "JSON that calls itself HTML": { page: '{"html":"<b>Bread</b>"}' },
  "a frameset": {
    page: "<html><frameset><frame src=a><noframes><body>Old</body></noframes></frameset></html>",
  },
  "an AMP page": { page: "<!doctype html><html amp><body>Bread</body></html>" },
  "an AMP page with its sign": {
    page: "<!doctype html><html ⚡ lang=en><body>Bread</body></html>",
  },
  "UTF-16 that says so": { page: UTF_16, type: "text/html; charset=utf-16" },
  "UTF-16 that does not": { page: UTF_16 },
  "what is packed in a way of its own": {
    page: deflateSync(PAGE),
    headers: "[Content-Encoding: deflate]",
  },
  nothing: { page: " " },
};

for (const [name, { page, ...how }] of Object.entries(LEFT_AS_THEY_ARE))
  test(`left as it is: ${name}`, async (t) => {
    const { fresh, again } = await copyOf(t, page, how);
    const seen = await again();
    assert.ok(seen.body.equals(fresh.body), seen.text);
    assert.equal(seen.headers["content-type"], fresh.headers["content-type"]);
  });

/** @type {Record<string, { page: string | Buffer, type?: string }>} */
const NOTED = {
  "an ordinary page": { page: "<!doctype html><body><h1>Ö</h1></body></html>" },
  "a page without a doctype": { page: "<body>Bread" },
  "several bodies": { page: "<body>One</body><body>Two</body></html>\n" },
  "a page that names no body": {
    page: "<!doctype html><title>Terse</title><p>Open until six.",
  },
  "a coding that nobody knows": {
    page: "<body>Bread</body>",
    type: "text/html; charset=klingon",
  },
  "Japanese in seven bits": {
    page: Buffer.from("<body>\x1b$B%Q%s\x1b(B</body>", "latin1"),
    type: "text/html; charset=iso-2022-jp",
  },
  "a large page": {
    page: `<!doctype html><body>${"<p>Bread</p>".repeat(50_000)}`,
  },
  Latin: {
    page: Buffer.from("<html><body>Bäckerei</body></html>", "latin1"),
    type: "text/html; charset=iso-8859-1",
  },
  Japanese: {
    page: Buffer.from(
      "<html><body>\x83p\x83\x93\x83\\</body></html>",
      "latin1",
    ),
    type: "text/html; charset=Shift_JIS",
  },
};

for (const [name, { page, type }] of Object.entries(NOTED))
  test(`one line behind the end, and not a byte else: ${name}`, async (t) => {
    const { fresh, again } = await copyOf(t, page, { type });
    const { body } = await again();
    const own = fresh.body.length;
    assert.ok(body.subarray(0, own).equals(fresh.body));
    const line = body.subarray(own).toString("latin1");
    assert.match(line, /^<div data-lastgood="notice" [\x20-\x7e]+<\/div>$/);
    assert.equal(line.split("data-lastgood").length, 2);
  });

const DIGESTS = ["content-digest", "content-md5", "digest", "repr-digest"];

test("what was said of the page's own bytes is not said of others", async (t) => {
  const said = ["etag", "last-modified", "accept-ranges", ...DIGESTS];
  const headers = said.map((name) => `${name}: "x"`).join(" | ");
  const { fresh, again } = await copyOf(t, PAGE, { headers: `[${headers}]` });
  for (const name of said) assert.equal(fresh.headers[name], '"x"');
  const noted = await again();
  for (const name of said) assert.equal(noted.headers[name], undefined, name);
  assert.notEqual(Number(noted.headers["content-length"]), PAGE.length);
  assert.match(String(noted.headers["cache-control"]), /no-store/);
  const bare = await again({ "sec-fetch-dest": "empty" });
  for (const name of DIGESTS) assert.equal(bare.headers[name], '"x"');
});

test("a policy that forbids the style allows this one, and what else it forbids it still does", async (t) => {
  const headers =
    "[Content-Security-Policy: default-src 'none'; img-src 'self' | Content-Security-Policy-Report-Only: style-src 'none']";
  const { fresh, again } = await copyOf(t, PAGE, { headers });
  const { headers: noted, text } = await again();
  const style = /<style>(.*?)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  assert.deepEqual(
    [
      noted["content-security-policy"],
      noted["content-security-policy-report-only"],
    ],
    [
      `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'`,
      `style-src 'sha256-${hash}'`,
    ],
  );
  const { headers: bare } = await again({ "sec-fetch-dest": "empty" });
  const name = "content-security-policy";
  assert.equal(bare[name], fresh.headers[name]);
});

const TEXTS = new URL("../../src/answer/languages/", import.meta.url);

/** What a file of a language says under a key. @param {string} tag @param {string} key */
function textOf(tag, key) {
  const file = readFileSync(new URL(`${tag}.txt`, TEXTS), "utf8");
  return new RegExp(`^${key} = (.*)$`, "m").exec(file)?.[1] ?? "";
}

/** What a browser shows of character references. @param {string} html */
const shown = (html) =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code));

/** @type {[string, string][]} */
const READERS = [
  ["de-AT,de;q=0.9,en;q=0.8", "de"],
  ["en;q=0.2, ar", "ar"],
  ["zh-CN,zh;q=0.9", "zh-Hans"],
  ["zh-HK", "zh-Hant"],
  ["pt-PT", "pt-BR"],
  ["nn", "nb"],
  ["iw", "he"],
  ["sw", "en"],
  ["*", "en"],
  ["xx-,".repeat(4000), "en"],
];

test("it is in the language of whoever asks", async (t) => {
  const { again } = await copyOf(t, PAGE);
  const all = readdirSync(TEXTS).map((file) => file.replace(".txt", ""));
  const tags = all.filter((tag) => tag !== "aliases");
  assert.equal(tags.length, 31);
  const readers = [...READERS, ...tags.map((tag) => [tag, tag])];
  for (const [accepted, tag] of readers) {
    const { text } = await again({ "accept-language": accepted });
    const label = accepted.slice(0, 40);
    assert.ok(text.includes(` lang="${tag}" `), `${label}: ${text}`);
    assert.ok(shown(text).includes(textOf(tag, "why")), label);
    const [before, behind] = textOf(tag, "saved").split("{age}");
    const age = shown(text).split(before || "</template>")[1];
    assert.ok(age.includes(behind), label);
  }
});
