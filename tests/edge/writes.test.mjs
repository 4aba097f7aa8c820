// @ts-check
/** How often a busy page is written in standby, where the origin is always asked. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, siteWith, sourceOf } from "../support/site.mjs";
import { codeWithStoreThat } from "../support/store.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

const REQUESTS = 200;
const LANGUAGES = ["de", "en", "fr"];

/** @typedef {import("../support/site.mjs").Site} Site */

/**
 * @param {import("../support/test.mjs").TestContext} t @param {unknown[]} script
 * @param {"tells" | "tellsSlowly"} [how]
 */
const siteThatTells = (t, script, how = "tells") =>
  siteWith(t, {
    script,
    lastgood: { ...BRISK, ...FORGETFUL },
    code: codeWithStoreThat(how),
    content: (_, { headers }) => ({
      type: "text/html",
      bytes: Buffer.from(`<p>${headers["accept-language"] ?? "hello"}</p>`),
    }),
  });

/**
 * Reads the page so often, in one language after another, some at once.
 * @param {Site} site @param {string[]} languages
 */
async function read(site, languages) {
  for (let n = 0; n < REQUESTS; n += languages.length) {
    for (const language of languages) {
      const seen = await site.get("/", { "accept-language": language });
      assert.equal(seen.text, `<p>${language}</p>`);
    }
  }
}

test("one page", async (t) => {
  const site = await siteThatTells(t, ["200"]);
  await read(site, ["de"]);
  await until("it is kept", () => site.log.of("put").length > 0);
  assert.equal(site.log.of("put").length, 1);
});

for (const [what, answer] of [
  ["variants of one length", "200[Vary: Accept-Language]"],
  ["without a length", "200[Vary: Accept-Language] chunked"],
  [
    "that differ in white space",
    "200[Vary: Accept-Language , Accept-Encoding]",
  ],
])
  test(`a page with variants: ${what}`, async (t) => {
    const site = await siteThatTells(t, [answer]);
    await read(site, LANGUAGES);
    const puts = () => site.log.of("put");
    await until("all are kept", () => puts().length >= LANGUAGES.length);
    assert.equal(puts().length, LANGUAGES.length);
    assert.equal(new Set(puts().map(({ url }) => url)).size, LANGUAGES.length);
    await site.origin.setScript(["502"]);
    for (const language of LANGUAGES) {
      const seen = await site.get("/", { "accept-language": language });
      assert.equal(sourceOf(seen), "copy", language);
      assert.ok(seen.text.endsWith(`<p>${language}</p>`), seen.text);
    }
  });

test("variants that come at once do not push each other out", async (t) => {
  const script = ["200[Vary: Accept-Language]"];
  const site = await siteThatTells(t, script, "tellsSlowly");
  const all = () =>
    Promise.all(
      LANGUAGES.map((language) =>
        site.get("/", { "accept-language": language }),
      ),
    );
  const puts = () => site.log.of("put");
  await until("all are kept", async () => {
    await all();
    return puts().length >= LANGUAGES.length;
  });
  assert.equal(puts().length, LANGUAGES.length);
  await site.origin.setScript(["502"]);
  for (const seen of await all()) assert.equal(sourceOf(seen), "copy");
});

test("a variant that changed is written again, and no other", async (t) => {
  const script = ["200[Vary: Accept-Language | ETag: 1]"];
  const site = await siteThatTells(t, script);
  for (const _ of [1, 2]) {
    for (const language of LANGUAGES) {
      await site.get("/", { "accept-language": language });
    }
  }
  const puts = () => site.log.of("put");
  await until("all are kept", () => puts().length === LANGUAGES.length);
  await site.origin.setScript(["200[Vary: Accept-Language | ETag: 2]"]);
  for (const _ of [1, 2, 3]) await site.get("/", { "accept-language": "en" });
  await until("it is kept", () => puts().length > LANGUAGES.length);
  assert.equal(puts().length, LANGUAGES.length + 1);
  assert.equal(puts().at(-1)?.url, puts()[1].url);
});

test("a write to the page makes all its variants due", async (t) => {
  const site = await siteThatTells(t, ["200[Vary: Accept-Language]"]);
  const all = async () => {
    for (const language of LANGUAGES) {
      await site.get("/", { "accept-language": language });
    }
  };
  const puts = () => site.log.of("put");
  await all();
  await until("all are kept", () => puts().length === LANGUAGES.length);
  await site.ask({ method: "POST", body: Buffer.from("x") });
  await all();
  await until("all are kept", () => puts().length === 2 * LANGUAGES.length);
});
