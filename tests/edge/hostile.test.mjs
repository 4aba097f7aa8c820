// @ts-check
/** Caching fields that nobody in their right mind sends: each is survived. */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, HOST, keep, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

const KB100 = 100 * 1024;
/** @param {string} piece */
const long = (piece) => piece.repeat(KB100 / piece.length);

const NAMES = Array.from({ length: 5000 }, (_, n) => `x-${n}`).join(", ");

/** What comes of each: a copy, or none. @type {Record<string, [string, boolean]>} */
const HOSTILE = {
  "/vary-name": [`Vary: ${long("a")} | ma=60`, false],
  "/vary-names": [`Vary: ${long("accept, ")} | ma=60`, false],
  "/vary-many": [`Vary: ${NAMES} | ma=60`, false],
  "/control": [`Cache-Control: ${long("x=1, ")}max-age=60`, true],
  "/control-private": [`Cache-Control: ${long("x=1, ")}private`, false],
  "/control-quoted": [`Cache-Control: max-age=60, x="${long("a")}`, true],
  "/targeted": [
    `Lastgood-Cache-Control: ${long("a=1, ")}max-age=60 | ma=60`,
    true,
  ],
  "/targeted-broken": [
    `Lastgood-Cache-Control: ${long("=,")}no-store | ma=60`,
    true,
  ],
  "/etag": [`ETag: "${long("a")}" | ma=60`, true],
};

for (const mode of ["standby", "cache"])
  test(`fields of 100 KB, in ${mode}`, async (t) => {
    const scripts = Object.entries(HOSTILE).map(([path, [fields]]) => [
      path,
      [`200[${fields}]`],
    ]);
    const site = await siteWith(t, {
      script: { ...Object.fromEntries(scripts), "/": ["200"] },
      lastgood: { ...BRISK, ...FORGETFUL, mode },
    });
    const stored = (/** @type {string} */ path) =>
      site.worker.stored(`http://${HOST}${path}`);
    for (const [path, [, kept]] of Object.entries(HOSTILE)) {
      const seen = await site.get(path);
      assert.equal(seen.status, 200, path);
      assert.ok(seen.complete, path);
      if (kept) await until(`${path} is kept`, () => stored(path));
      assert.equal((await site.get(path)).status, 200, path);
    }
    await sleep(200);
    for (const [path, [, kept]] of Object.entries(HOSTILE)) {
      if (!kept) assert.equal(await stored(path), null, path);
    }
    assert.deepEqual(site.log.of("fault"), []);
  });

test("demands of 100 KB", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60 | Vary: Accept-Language]"],
    lastgood: { ...BRISK, mode: "cache" },
  });
  await keep(site);
  for (const headers of [
    { "cache-control": `${long("x, ")}no-cache` },
    { "if-none-match": long('"a", ') },
    { range: `bytes=${long("1-2,")}` },
    { "accept-language": long("de, ") },
    { cookie: long("a=b; ") },
  ]) {
    const seen = await site.get("/", /** @type {any} */ (headers));
    const refused = [400, 413, 431].includes(seen.status);
    assert.ok(refused || seen.status === 200, `${seen.status}`);
  }
  assert.deepEqual(site.log.of("fault"), []);
});
