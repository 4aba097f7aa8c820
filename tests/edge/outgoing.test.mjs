// @ts-check
/**
 * What origins are told, and what they are not: which attempt this is, who has
 * passed the request on, where they have the path, and no secrets.
 */
import assert from "node:assert/strict";
import { EAGER, originWith, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";

/** @typedef {import("../origin/server.mjs").ScriptedOrigin} ScriptedOrigin */

/** @param {ScriptedOrigin} origin @param {string} name */
const told = ({ calls }, name) => calls.map(({ headers }) => headers[name]);

test("from the second attempt on, both sides are told", async (t) => {
  const lastgood = { ...EAGER, attempts: 3, deadline: "5s" };
  const script = ["502", "502", "200", "200"];
  const site = await siteWith(t, { script, lastgood });
  const seen = await site.get("/");
  assert.equal(seen.headers["lastgood-attempt"], "3");
  assert.deepEqual(told(site.origin, "lastgood-attempt"), [
    undefined,
    "2",
    "3",
  ]);
  const [first, ...left] = told(site.origin, "lastgood-remaining");
  assert.equal(first, undefined);
  for (const ms of left.map(Number))
    assert.ok(ms > 3000 && ms <= 5000, `${ms}`);
  assert.equal((await site.get("/")).headers["lastgood-attempt"], undefined);
});

test("under another name from the first attempt on", async (t) => {
  const lastgood = { ...EAGER, attempt_header: "x-try" };
  const site = await siteWith(t, { script: ["502", "200"], lastgood });
  const seen = await site.get("/", { "x-try": "9" });
  assert.deepEqual(told(site.origin, "x-try"), ["1", "2"]);
  assert.equal(seen.headers["x-try"], "2");
  assert.deepEqual(told(site.origin, "lastgood-attempt"), [
    undefined,
    undefined,
  ]);
});

const CONTROLS = {
  "lastgood-attempt": "7",
  "lastgood-remaining": "1",
  "x-envoy-max-retries": "9",
  "x-envoy-retry-on": "5xx",
};

test("a client does not say how to retry", async (t) => {
  const site = await siteWith(t);
  await site.get("/", { ...CONTROLS, "x-other": "1" });
  const headers = Object.entries(CONTROLS);
  await site.ask({ method: "POST", headers });
  for (const name of Object.keys(CONTROLS))
    assert.deepEqual(told(site.origin, name), [undefined, undefined], name);
  assert.deepEqual(told(site.origin, "x-other"), ["1", undefined]);
});

for (const [name, value] of Object.entries(CONTROLS)) {
  test(`nor by one field alone: ${name}`, async (t) => {
    const site = await siteWith(t);
    await site.get("/", { [name]: value });
    assert.deepEqual(told(site.origin, name), [undefined]);
  });
}

test("one that is trusted does", async (t) => {
  const lastgood = { trust_control_headers: true };
  const site = await siteWith(t, { lastgood });
  await site.get("/", CONTROLS);
  for (const [name, value] of Object.entries(CONTROLS))
    assert.deepEqual(told(site.origin, name), [value], name);
});

test("who passes a request on says so", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "200", "502", "200"],
    lastgood: EAGER,
  });
  await site.get("/");
  await site.get("/", { "cdn-loop": "other; v=1" });
  await site.get("/", { "cdn-loop": "lastgood" });
  assert.deepEqual(told(site.origin, "cdn-loop"), [
    "lastgood",
    "other; v=1, lastgood",
    "lastgood, lastgood",
    "lastgood, lastgood",
  ]);
});

for (const answer_status of ["503", "upstream"])
  test(`what goes in circles is refused: ${answer_status}`, async (t) => {
    const site = await siteWith(t, { lastgood: { ...EAGER, answer_status } });
    const loop = "lastgood, a, Lastgood; x=1, lastgood";
    for (const method of ["GET", "POST"]) {
      const headers = /** @type {[string, string][]} */ ([["CDN-Loop", loop]]);
      const seen = await site.ask({ method, headers });
      assert.equal(seen.status, 508);
      assert.equal(seen.headers["retry-after"], undefined);
      assert.match(seen.headers["proxy-status"], /error=proxy_loop_detected/);
    }
    assert.equal(site.origin.count, 0);
    const line = await site.log.waitFor(
      "it",
      ({ shown }) => shown === "answer",
    );
    assert.equal(line.status, 508);
  });

test("a limit of its own, and a name of its own", async (t) => {
  const lastgood = { loop: { id: "mine", limit: 1 } };
  const site = await siteWith(t, { lastgood });
  assert.equal((await site.get("/", { "cdn-loop": "lastgood" })).status, 200);
  assert.deepEqual(told(site.origin, "cdn-loop"), ["lastgood, mine"]);
  assert.equal((await site.get("/", { "cdn-loop": "mine" })).status, 508);
});

test("an origin that is not trusted gets no secrets", async (t) => {
  const backup = await originWith(t, ["200"], { name: "O2" });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: EAGER,
    origins: (own) => [own, { url: backup.url, trusted: false }],
  });
  const secrets = {
    cookie: "sid=1",
    authorization: "Bearer x",
    "proxy-authorization": "Basic x",
  };
  const seen = await site.get("/", { ...secrets, "x-other": "1" });
  assert.equal(seen.status, 200);
  for (const [name, value] of Object.entries(secrets)) {
    assert.deepEqual(told(site.origin, name), [value]);
    assert.deepEqual(told(backup, name), [undefined]);
  }
  assert.deepEqual(told(backup, "x-other"), ["1"]);
});

test("nor does it, as the only one, and from the first attempt on", async (t) => {
  const site = await siteWith(t, {
    origins: (url) => ({ url, trusted: false }),
  });
  await site.get("/", { cookie: "sid=1" });
  await site.ask({ method: "POST", headers: [["Cookie", "sid=1"]] });
  assert.deepEqual(told(site.origin, "cookie"), [undefined, undefined]);
});

test("what makes no sense without secrets does not go there", async (t) => {
  const backup = await originWith(t, ["200"], { name: "O2" });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...EAGER, needs_credentials: true },
    origins: (own) => [own, { url: backup.url, trusted: false }],
  });
  assert.equal((await site.get("/", { cookie: "sid=1" })).status, 503);
  assert.equal(backup.count, 0);
  assert.equal((await site.get("/")).status, 200);
});

test("each origin has the path where it has it", async (t) => {
  const backup = await originWith(t, ["200"], { name: "O2" });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: EAGER,
    origins: (own) => [
      { url: `${own}/site`, strip: "/blog" },
      { url: backup.url, strip: "/shop" },
    ],
  });
  for (const path of ["/blog/a?b", "/blogger", "/blog?a", "/shop/c"])
    await site.get(path);
  const paths = (/** @type {ScriptedOrigin} */ { calls }) =>
    calls.map(({ target }) => target);
  assert.deepEqual(paths(site.origin), [
    "/site/a?b",
    "/site/blogger",
    "/site/?a",
    "/site/shop/c",
  ]);
  assert.deepEqual(paths(backup), ["/blog/a?b", "/blogger", "/blog?a", "/c"]);
});

test("origins with a weight share the load in proportion", async (t) => {
  const other = await originWith(t, ["200"], { name: "O2" });
  const site = await siteWith(t, {
    lastgood: { ...EAGER, mode: "off" },
    origins: (own) => [
      { url: own, weight: 3 },
      { url: other.url, weight: 1 },
    ],
  });
  for (let turn = 0; turn < 200; turn++) await site.get(`/${turn}`);
  assert.equal(site.origin.count + other.count, 200);
  // The standard deviation is 6: five of them.
  assert.ok(other.count > 20 && other.count < 80, `${other.count} of 200`);
});

test("one that is taken out by hand is not asked", async (t) => {
  const other = await originWith(t, ["200"], { name: "O2" });
  const site = await siteWith(t, {
    origins: (own) => [{ url: own, down: true }, other.url],
  });
  assert.equal((await site.get("/")).status, 200);
  await other.setScript(["502"]);
  assert.equal(sourceOf(await site.get("/a")), "answer");
  assert.equal(site.origin.count, 0);
});
