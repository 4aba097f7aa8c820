// @ts-check
/**
 * When the core itself fails, it gets out of the way: whoever met the fault is
 * answered, nothing that was sent is sent again, and the next request finds a
 * new instance with the configuration of the old one.
 */
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import {
  isWell,
  WELL_CONFIGURED,
  WELL_SCRIPTED,
} from "../support/afterwards.mjs";
import { hexedCode, HEX } from "../support/hexed.mjs";
import { keep, originWith, siteWith, sourceOf } from "../support/site.mjs";

/**
 * @typedef {object} Row
 * @property {string} at the export that traps
 * @property {string} method
 * @property {string[]} script what the origin does to the hexed request
 * @property {number[]} status what the visitor may get
 * @property {number} calls how often the origin may be asked
 * @property {unknown[]} [tiers]
 */

/** Before the first attempt: the request goes to the origin as it came. @type {Row[]} */
const BEFORE = [
  { at: "configure", method: "GET", script: ["200"], status: [200], calls: 1 },
  {
    at: "configure",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  { at: "open", method: "GET", script: ["200"], status: [200], calls: 1 },
  { at: "open", method: "POST", script: ["200 echo"], status: [200], calls: 1 },
  {
    at: "body_limit",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_new",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_start",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_attempt",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
];

/** After an attempt: safe methods go on, others get what there is. @type {Row[]} */
const AFTER = [
  { at: "settle", method: "GET", script: ["200"], status: [200], calls: 1 },
  {
    at: "exchange_new",
    method: "GET",
    script: ["502", "200"],
    status: [200],
    calls: 2,
  },
  {
    at: "exchange_looked",
    method: "GET",
    script: ["502", "200"],
    status: [200],
    calls: 2,
  },
  {
    at: "exchange_start_after",
    method: "GET",
    script: ["502", "200"],
    status: [200],
    calls: 2,
  },
  {
    at: "exchange_start_after",
    method: "GET",
    script: ["reset", "200"],
    status: [200],
    calls: 2,
  },
  {
    at: "exchange_responded",
    method: "GET",
    script: ["502", "502", "200"],
    status: [200],
    calls: 3,
  },
  {
    at: "exchange_failed",
    method: "GET",
    script: ["reset", "reset", "200"],
    status: [200],
    calls: 3,
  },
  {
    at: "exchange_woke",
    method: "GET",
    script: ["hang", "200"],
    status: [200],
    calls: 2,
  },
  {
    at: "claim_copy",
    method: "GET",
    script: ["502", "200"],
    status: [200],
    calls: 3,
  },
  {
    at: "exchange_reply",
    method: "GET",
    script: ["502", "502", "502", "200"],
    status: [200],
    calls: 4,
  },
  {
    at: "exchange_looked_further",
    method: "GET",
    script: ["502", "502", "502", "200"],
    status: [200],
    calls: 4,
    tiers: [{ kv: "COPIES" }],
  },
  {
    at: "exchange_begun",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_responded",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_reply",
    method: "POST",
    script: ["200 echo"],
    status: [200],
    calls: 1,
  },
  {
    at: "exchange_responded",
    method: "POST",
    script: ["502", "200"],
    status: [502, 503],
    calls: 1,
  },
  {
    at: "exchange_failed",
    method: "POST",
    script: ["reset", "200"],
    status: [503],
    calls: 1,
  },
];

const SEALED_LONG = `200[ETag: "${"x".repeat(3000)}"]`;

/** Behind the reply: nobody is waiting any more. @type {Row[]} */
const BEHIND = [
  {
    at: "seal",
    method: "GET",
    script: [SEALED_LONG],
    status: [200],
    calls: 1,
  },
  {
    at: "spread",
    method: "GET",
    script: ["200"],
    status: [200],
    calls: 1,
    tiers: [{ kv: "COPIES" }],
  },
  {
    at: "broke_off",
    method: "GET",
    script: ["200 cut(120)"],
    status: [200],
    calls: 1,
  },
];

for (const row of [...BEFORE, ...AFTER, ...BEHIND]) {
  const { at, method, script } = row;
  const name = `${at} traps: ${method}, ${script.join(", ").slice(0, 30)}`;
  test(name, (t) => check(t, row));
}

/** @param {import("../support/test.mjs").TestContext} t @param {Row} row */
async function check(t, { at, method, script, status, calls, tiers }) {
  const site = await siteWith(t, {
    script: { ...WELL_SCRIPTED, "/hexed": script },
    lastgood: { ...WELL_CONFIGURED, tiers: tiers ?? [] },
    tiers: tiers && { kv: ["COPIES"] },
    code: hexedCode(at),
  });
  const body = method === "POST" ? Buffer.from("two loaves, please") : null;
  const seen = await site.ask({ method, target: `/hexed${HEX}`, body });
  assert.ok(status.includes(seen.status), `the visitor got ${seen.status}`);
  if (script[0] === "200 echo" && seen.status === 200)
    assert.equal(seen.text, String(body));
  const asked = site.origin.calls.filter(({ path }) => path === "/hexed");
  assert.ok(
    asked.length <= calls,
    `the origin was asked ${asked.length} times`,
  );
  await site.log.waitFor("the fault", ({ lastgood }) => lastgood === "fault");
  if (at !== "configure") await isWell(site);
}

/** @type {[string, object, string[]][]} */
const AT_ONCE = [
  ["hit", { mode: "cache" }, ["200[Cache-Control: max-age=60]"]],
  ["missed", { mode: "cache" }, ["200[Cache-Control: max-age=60]"]],
  ["fetched", { mode: "cache" }, ["200[Cache-Control: max-age=60]"]],
  ["stand_in", {}, ["200[Cache-Control: max-age=60]", "502"]],
];

for (const [at, lastgood, script] of AT_ONCE) {
  test(`${at} traps: there still is a page`, async (t) => {
    const site = await siteWith(t, {
      script: { ...WELL_SCRIPTED, "/hexed": script },
      lastgood: { ...WELL_CONFIGURED, ...lastgood },
      code: hexedCode(at),
    });
    const fault = site.log.waitFor("a fault", (it) => it.lastgood === "fault");
    await site.get(`/hexed${HEX}`);
    while (site.log.of("fault").length === 0) {
      const { status } = await site.get(`/hexed${HEX}`);
      assert.equal(status, 200);
    }
    await fault;
  });
}

test("the core traps and the origin refuses: a plain answer", async (t) => {
  const site = await siteWith(t, {
    script: ["refuse"],
    lastgood: WELL_CONFIGURED,
    code: hexedCode("open"),
  });
  const seen = await site.get(`/${HEX}`);
  assert.equal(seen.status, 503);
  assert.match(seen.headers["content-type"], /^text\/plain/);
  assert.equal(seen.headers["cache-control"], "no-store");
  assert.ok(Number(seen.headers["retry-after"]) > 0);
});

test("a plain answer to a write that may have been carried out", async (t) => {
  const site = await siteWith(t, {
    script: ["reset"],
    lastgood: WELL_CONFIGURED,
    code: hexedCode("exchange_failed"),
  });
  const body = Buffer.from("x");
  const seen = await site.ask({ method: "POST", target: `/${HEX}`, body });
  assert.equal(seen.status, 503);
  assert.equal(seen.headers["cache-control"], "no-store");
  assert.match(seen.text, /not available right now/);
  assert.equal(site.origin.count, 1);
});

/** Origins that must not see a request as it came. */
const UNSAFE = {
  "not trusted": { trusted: false },
  "at another path": { strip: "/hexed" },
  "taken out": { down: true },
};

for (const at of ["configure", "open", "exchange_new"])
  for (const [what, said] of Object.entries(UNSAFE)) {
    const hexed = { target: `/hexed${HEX}`, method: "OPTIONS" };

    test(`${at} traps: no way out by an origin that is ${what}`, async (t) => {
      const site = await siteWith(t, {
        lastgood: { ...WELL_CONFIGURED, attempt_header: "x-try" },
        code: hexedCode(at),
        origins: (url) => ({ url, ...said }),
      });
      const seen = await site.ask(hexed);
      assert.equal(seen.status, 503);
      assert.match(seen.text, /not available right now/);
      assert.equal(site.origin.count, 0);
    });

    test(`${at} traps: past an origin that is ${what}`, async (t) => {
      const other = await originWith(t, ["200"], { name: "O2" });
      const site = await siteWith(t, {
        lastgood: { ...WELL_CONFIGURED, attempt_header: "x-try" },
        code: hexedCode(at),
        origins: (url) => [{ url, ...said }, other.url],
      });
      const seen = await site.ask(hexed);
      assert.equal(seen.status, 200);
      assert.equal(other.calls[0].path, "/hexed");
      assert.equal(site.origin.count, 0);
    });
  }

test("what the old instance made is not freed in the new one", async (t) => {
  const site = await siteWith(t, {
    script: {
      ...WELL_SCRIPTED,
      "/": ["200", "200 slow(800)"],
      "/hexed": ["200"],
    },
    lastgood: { ...WELL_CONFIGURED, keep_every: "0s" },
    code: hexedCode("open", { onlyFreesItsOwn: true }),
  });
  await keep(site);
  assert.equal(sourceOf(await site.get("/")), "copy");
  await site.get(`/hexed${HEX}`);
  const stale = ({ error = "" }) => error.includes("stale");
  await site.log.waitFor("the end of what went on", stale);
  const trapped = site.log.of("fault").filter((line) => !stale(line));
  assert.equal(trapped.length, 1);
  await isWell(site);
});
