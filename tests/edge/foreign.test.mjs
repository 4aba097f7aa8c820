// @ts-check
/** What is in the store and is no copy, or not any more: as if it were not there. */
import assert from "node:assert/strict";
import {
  BRISK,
  FORGETFUL,
  HOST,
  keep,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { codeWithStoreThat } from "../support/store.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

const PAGE = `http://${HOST}/`;
const NOW = Date.now();
const at = (/** @type {number} */ time) => `stored ${`${time}`.length} ${time}`;

/** @type {Record<string, Record<string, string>>} */
const FOREIGN = {
  "without an envelope": {},
  "with an empty one": { "lastgood-envelope": "" },
  "with junk": { "lastgood-envelope": "\u00ff\u00fe{}[]" },
  "cut short": { "lastgood-envelope": `${at(NOW)} selecting 0  etag 900 "a"` },
  "without an end": { "lastgood-envelope": `${at(NOW)} selecting 0  ` },
  "with a length that is none": {
    "lastgood-envelope": `${at(NOW)} selecting x  .`,
  },
  "with a status that is none": {
    "lastgood-envelope": `${at(NOW)} selecting 0  status 3 999 .`,
  },
  "stored in a year": {
    "lastgood-envelope": `${at(NOW + 365 * 86_400_000)} selecting 0  .`,
  },
  "of 100 KB": { "lastgood-envelope": "x".repeat(100_000) },
};

for (const [what, fields] of Object.entries(FOREIGN))
  for (const mode of ["standby", "cache"])
    test(`${what}, in ${mode}`, async (t) => {
      const site = await siteWith(t, {
        script: ["502"],
        lastgood: { ...BRISK, ...FORGETFUL, mode },
      });
      await site.worker.store(PAGE, "foreign", {
        "content-type": "text/html",
        ...fields,
      });
      assert.equal(await site.worker.stored(PAGE), "foreign");
      const seen = await site.get("/");
      assert.equal(seen.status, 503);
      assert.equal(sourceOf(seen), "answer");
      assert.deepEqual(site.log.of("fault"), []);
      await until(
        "it is removed",
        async () => (await site.worker.stored(PAGE)) === null,
      );
      await site.origin.setScript(["200", "502"]);
      const good = await keep(site);
      assert.ok((await site.get("/")).text.includes(good.text.slice(-100)));
    });

test("an envelope as it should be is one", async (t) => {
  const site = await siteWith(t, { script: ["502"], lastgood: BRISK });
  await site.worker.store(PAGE, "ours", {
    "content-type": "text/html",
    "lastgood-envelope": `${at(Date.now())} selecting 0  .`,
  });
  const seen = await site.get("/");
  assert.equal(sourceOf(seen), "copy");
  assert.ok(seen.text.includes("ours"));
});

test("nobody waits for a store that removes nothing", async (t) => {
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: BRISK,
    code: codeWithStoreThat("removesNothing"),
  });
  await site.worker.store(PAGE, "foreign", { "content-type": "text/html" });
  const seen = await site.get("/");
  assert.equal(seen.status, 503);
  assert.ok(seen.ms < 2000, `after ${seen.ms} ms`);
});

test("what lies beside a page is removed alike", async (t) => {
  const site = await siteWith(t, {
    script: ["404[ma=60]"],
    lastgood: { ...BRISK, ...FORGETFUL, mode: "cache" },
    code: codeWithStoreThat("tells"),
  });
  const said = async () => {
    const { headers } = await site.get("/");
    return headers["cache-status"];
  };
  await until("the error is remembered", async () =>
    (await said()).startsWith("lastgood; hit"),
  );
  const beside = site.log.of("put").at(-1)?.url;
  await site.worker.store(beside, "foreign", { "content-type": "text/html" });
  assert.match(await said(), /fwd=miss/);
  await site.log.waitFor(
    "its removal",
    ({ lastgood, url }) => lastgood === "delete" && url === beside,
  );
});
