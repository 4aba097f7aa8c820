// @ts-check
/** Who gets which answer: `tests/answers/askers.json` against the worker. */
import Ajv from "ajv";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after } from "node:test";
import { gzipSync } from "node:zlib";
import { BRISK, FORGETFUL, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";

/** @param {string} path */
const data = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

/**
 * - `gets`: the kind of answer; `type`: its media type; `says`: words in it
 * @typedef {{ about: string, method?: string, path?: string, headers: Record<string, string>,
 *   gets: keyof typeof KINDS, type?: string, language?: string, says?: string }} Asker
 */
/** @typedef {import("../support/site.mjs").Seen} Seen */

/** @type {Asker[]} */
const ASKERS = JSON.parse(data("../answers/askers.json"));
// @ts-expect-error: the class is the default export of a CommonJS module
const validate = new Ajv().compile(
  JSON.parse(data("../answers/problem.schema.json")),
);

const site = await siteWith(
  { after },
  {
    script: {
      "/reset": ["reset"],
      "/iis": ["502"],
      "/dns": ["530"],
      "*": ["502"],
    },
    lastgood: { ...BRISK, ...FORGETFUL },
    content: (_, { path }) => {
      const text = BODIES[path];
      if (!text) return undefined;
      return { type: "text/html", bytes: Buffer.from(text) };
    },
  },
);

/** @type {Record<string, string>} */
const BODIES = {
  "/dns": "error code: 1016",
  "/iis": data("../disguises/iis-502.3.txt"),
};

/** What makes an answer of each kind. */
const KINDS = {
  page: (/** @type {string} */ text) => {
    assert.match(text, /^<!doctype html>/);
    assert.doesNotMatch(text, /<script>alert|<svg onload/);
  },
  json: (/** @type {string} */ text) => {
    assert.ok(
      validate(JSON.parse(text)),
      `${JSON.stringify(validate.errors)}\n${text}`,
    );
  },
  xml: (/** @type {string} */ text) => {
    const reads =
      "import sys, xml.dom.minidom as m; print(m.parseString(sys.stdin.buffer.read()).documentElement.namespaceURI)";
    const { stdout, stderr } = spawnSync("python3", ["-c", reads], {
      input: text,
      encoding: "utf8",
    });
    assert.equal(stdout.trim(), "urn:ietf:rfc:7807", stderr);
  },
  markdown: (/** @type {string} */ text) => assert.match(text, /^# \S/),
  text: (/** @type {string} */ text) => assert.match(text, /^[^<{#]+$/),
  remark: (/** @type {string} */ text) =>
    assert.match(text, /^\/\* .+ \*\/\n$/),
  picture: (/** @type {string} */ text) =>
    assert.match(text, /^<svg [^]+<\/svg>\n$/),
  nothing: (/** @type {string} */ text) => assert.equal(text, ""),
  origin: (/** @type {string} */ text) => assert.match(text, /O1#/),
};

/** @type {Record<string, string>} */
const TYPES = {
  page: "text/html; charset=utf-8",
  markdown: "text/markdown; charset=utf-8",
  text: "text/plain; charset=utf-8",
  picture: "image/svg+xml",
};

/** @param {string} value */
const written = (value) =>
  value.startsWith("repeat:") ? value.slice(7).repeat(1000) : value;

for (const asker of ASKERS)
  test(`${asker.about}: ${asker.gets}`, async () => {
    const { method = "GET", path = "/", gets } = asker;
    const headers = Object.entries(asker.headers).map(
      ([name, value]) =>
        /** @type {[string, string]} */ ([name, written(value)]),
    );
    const seen = await site.ask({ method, target: encodeURI(path), headers });
    KINDS[gets](seen.text);
    if (gets === "origin") return assert.equal(seen.status, 502);
    isOurs(seen);
    const type = asker.type ?? TYPES[gets];
    assert.equal(seen.headers["content-type"], type);
    if (asker.says) assert.ok(seen.text.includes(asker.says), seen.text);
    if (asker.language)
      assert.equal(seen.headers["content-language"], asker.language);
  });

/** What every answer of ours carries. @param {Seen} seen */
function isOurs({ status, headers }) {
  assert.equal(status, 503);
  assert.match(headers["retry-after"], /^([5-9]|1[0-5])$/);
  assert.equal(headers["cache-control"], "no-store");
  assert.match(headers["vary"], /accept, accept-language, sec-fetch-dest/);
  assert.match(headers["proxy-status"], /^lastgood; (error|received-status)=/);
  assert.match(headers["server-timing"], /^lastgood; desc="[a-z-]+"; dur=\d+$/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.ok(headers["x-request-id"]);
}

const JSON_WANTED = { accept: "application/problem+json" };

test("numbers that operators know are told", async () => {
  const number = async (/** @type {string} */ path) =>
    JSON.parse((await site.get(path, JSON_WANTED)).text).number;
  assert.equal(await number("/iis"), "iis-502.3");
  assert.equal(await number("/dns"), "cloudflare-1016");
  assert.equal(await number("/"), undefined);
  const page = await site.get("/iis", { accept: "text/html" });
  assert.match(page.text, /12002/);
});

test("the page is small in every language", async () => {
  const files = readdirSync(
    new URL("../../src/answer/languages", import.meta.url),
  );
  const tags = files.map((file) => file.replace(".txt", ""));
  for (const tag of tags.filter((tag) => tag !== "aliases")) {
    const seen = await site.get("/iis", {
      accept: "text/html",
      "accept-language": tag,
    });
    const bytes = gzipSync(seen.body).length;
    assert.ok(bytes <= 14 * 1024, `${tag}: ${bytes} bytes`);
    assert.equal(seen.headers["content-language"], tag);
    assert.ok(seen.text.includes(`<html lang="${tag}"`));
    const [, script = ""] = /<script>(.*)<\/script>/s.exec(seen.text) ?? [];
    assert.ok(script.length > 1000 && script.length <= 3 * 1024);
  }
});

test("how long an outage has lasted is told", async (t) => {
  const { get } = await siteWith(t, {
    script: ["502"],
    lastgood: { ...BRISK, breaker: { failures: 2, span: "0s" } },
  });
  for (let i = 0; i < 4; i++) await get("/", JSON_WANTED);
  const { lasting } = JSON.parse((await get("/", JSON_WANTED)).text);
  assert.ok(lasting >= 0, `${lasting}`);
});
