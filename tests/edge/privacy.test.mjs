// @ts-check
/**
 * Same page, several visitors, all at once, in any order: nobody ever sees what was
 * made for another. What was made for nobody in particular anyone may see.
 */
import assert from "node:assert/strict";
import { BRISK, FORGETFUL, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";

const REQUESTS = 200;

/** Who asks, by what their requests carry. @type {Record<string, Record<string, string>>} */
const VISITORS = {
  alice: { cookie: "sid=alice" },
  bob: { cookie: "_ga=1; sid=bob" },
  carol: { authorization: "Basic carol" },
  dave: { authorization: "Bearer dave", cookie: "_ga=2" },
  nobody: {},
  somebody: { cookie: "_ga=3" },
};
const PRIVATE = ["alice", "bob", "carol", "dave"];

/** What they may ask for besides. @type {Record<string, string>[]} */
const WISHES = [
  ...[{}, {}, {}, { "cache-control": "no-cache" }, { range: "bytes=0-40" }],
  ...[{ "if-none-match": '"same"' }, { "cache-control": "max-stale" }],
  ...[{ "cache-control": "only-if-cached" }, { "accept-language": "de" }],
];

/**
 * What the origin says of its page: never that it is for all, where it is not. With
 * `must-revalidate` and no lifetime it wants to be asked by each.
 */
const PAGES = [
  ...[
    "X-Plain: yes",
    "ma=60",
    'ma=1 | ETag: "same"',
    "private,ma=60",
    "no-store",
  ],
  ...['no-cache | ETag: "same"', 'ma=0,mr | ETag: "same"', "s-maxage=0"],
  ...["ma=60 | Vary: Cookie, Authorization", "ma=60 | Vary: Accept-Language"],
  ...["ma=60 | Set-Cookie: a=b", "ma=1,sie=60,swr=60"],
];

/** A number below `end`, the next of a seed's. @param {{ seed: number }} chance @param {number} end */
function below(chance, end) {
  chance.seed = (Math.imul(chance.seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((chance.seed / 2 ** 32) * end);
}

/** @template T @param {{ seed: number }} chance @param {T[]} list */
const pick = (chance, list) => list[below(chance, list.length)];

/** Whom a request is from, as an origin sees it. @param {Record<string, string>} headers */
const whose = ({ cookie = "", authorization = "" }) =>
  PRIVATE.find((name) => `${cookie} ${authorization}`.includes(name)) ??
  "anyone";

/** What a page does in an order of its own, one answer in three a failure. @param {{ seed: number }} chance @param {string} fields */
const scriptOf = (chance, fields) =>
  Array.from({ length: 60 }, () =>
    below(chance, 3) === 0
      ? pick(chance, ["502", "reset", "503"])
      : `200[${fields}] slow(${below(chance, 30)})`,
  );

/** @param {import("../support/site.mjs").Site} site @param {{ seed: number }} chance */
async function round(site, chance) {
  let copies = 0;
  const one = async () => {
    const [name, own] = pick(chance, Object.entries(VISITORS));
    const target = `/${below(chance, PAGES.length)}`;
    const method = below(chance, 10) === 0 ? "HEAD" : "GET";
    const headers = Object.entries({ ...own, ...pick(chance, WISHES) });
    const seen = await site.ask({ target, method, headers });
    if (sourceOf(seen) === "copy") copies += 1;
    const others = PRIVATE.filter((other) => other !== name);
    const told = `${seen.text}\n${JSON.stringify(seen.headers)}`;
    for (const other of others) {
      const shows = told.includes(`for ${other}`);
      assert.ok(!shows, `${name} sees ${other}'s ${target}: ${told}`);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, one));
  return copies;
}

for (const [
  what,
  seeds,
  settings,
] of /** @type {[string, number[], object][]} */ ([
  ["standby", [1, 2], {}],
  ["cache", [1, 2], { mode: "cache" }],
  ["standby, overridden", [3], { stale_although_origin_forbids: true }],
  [
    "cache, overridden",
    [3],
    { mode: "cache", stale_although_origin_forbids: true, obey_clients: false },
  ],
]))
  for (const seed of seeds)
    test(`${what}, in the order of seed ${seed}`, async (t) => {
      const chance = { seed };
      const script = Object.fromEntries(
        PAGES.map((fields, n) => [`/${n}`, scriptOf(chance, fields)]),
      );
      const site = await siteWith(t, {
        script,
        lastgood: { ...BRISK, ...FORGETFUL, ...settings },
        content: (_, { headers }) => ({
          type: "text/html",
          bytes: Buffer.from(`<p>for ${whose(headers)}, and nobody else</p>`),
        }),
      });
      await round(site, chance);
      await round(site, chance);
      await site.origin.setScript(["502"]);
      const copies = await round(site, chance);
      assert.ok(copies > 0, "some saw a copy");
      assert.deepEqual(site.log.of("fault"), []);
    });
