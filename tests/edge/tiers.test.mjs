// @ts-check
/**
 * Further tiers than the cache of this data centre: what is found there when there
 * is no copy here, what is written and removed there, and what one that is broken
 * costs.
 */
import assert from "node:assert/strict";
import {
  BRISK,
  FORGETFUL,
  HOST,
  keep,
  originWith,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Site} Site */
/** @typedef {import("../support/site.mjs").TestContext} TestContext */

/** Bytes that are no ASCII, as an origin sends them. */
const UTF8 = Buffer.from("Grüße").toString("latin1");

const NOTICE = /data-lastgood="notice"/;
const WITHOUT_NOTICE = /<div data-lastgood="notice".*?<\/div>/s;
const ALONE = { ...BRISK, ...FORGETFUL };
const KV = { ...ALONE, tiers: [{ kv: "COPIES" }] };

/** As the runtime takes it. @param {Buffer | string} value */
const valueOf = (value) =>
  new Uint8Array(Buffer.from(/** @type {string} */ (value), "latin1")).buffer;

/** @param {string} path */
const urlOf = (path) => `http://${HOST}${path}`;

/**
 * A page that lies in a store of the world, and no more in this data centre.
 * @param {Site} site
 * @param {{ get(key: string): Promise<any> }} store
 * @param {string} [path]
 * @param {Record<string, string>} [headers]
 */
async function distant(site, store, path = "/", headers = {}) {
  const seen = await keep(site, path, headers);
  await until("it is written", () => store.get(urlOf(path)));
  await site.worker.lose(urlOf(path));
  return seen;
}

/** @param {TestContext} t @param {string[]} script @param {object} [lastgood] */
async function siteWithKv(t, script, lastgood = KV) {
  const tiers = { kv: ["COPIES"] };
  const site = await siteWith(t, { script, lastgood, tiers });
  return { site, store: await site.worker.kv("COPIES") };
}

for (const kind of /** @type {const} */ (["kv", "r2"]))
  test(`a copy that is lost here is shown from ${kind}, and is here again`, async (t) => {
    const site = await siteWith(t, {
      script: [`200[ETag: "v1" | X-Name: ${UTF8} | Vary: Accept]`, "502"],
      lastgood: { ...ALONE, tiers: [{ [kind]: "COPIES" }] },
      tiers: { [kind]: ["COPIES"] },
    });
    const fresh = await distant(site, await site.worker[kind]("COPIES"));
    const seen = await site.get("/");
    assert.equal(seen.status, 200);
    assert.match(seen.text, NOTICE);
    assert.equal(seen.text.replace(WITHOUT_NOTICE, ""), fresh.text);
    assert.match(
      seen.headers["cache-status"],
      new RegExp(
        `^lastgood; fwd=stale; fwd-status=502; ttl=-?\\d+; detail=${kind}$`,
      ),
    );
    assert.match(seen.headers["proxy-status"], /received-status=502/);
    assert.equal(seen.headers["cache-control"], "no-store");
    assert.equal(seen.headers["x-name"], fresh.headers["x-name"]);
    assert.ok(Number(seen.headers.age) >= 0);
    await until("it is here again", () => site.worker.stored(urlOf("/")));
    const again = await site.get("/");
    assert.equal(sourceOf(again), "copy");
    assert.doesNotMatch(again.headers["cache-status"], /detail/);
    assert.equal(again.text.replace(WITHOUT_NOTICE, ""), fresh.text);
    const line = site.log.of("degraded").find((line) => line.tier);
    assert.equal(line?.tier, kind);
    assert.deepEqual(site.log.of("fault"), []);
  });

test("HEAD, and a condition, are answered from far", async (t) => {
  const { site, store } = await siteWithKv(t, ['200[ETag: "v1"]', "502"]);
  await distant(site, store);
  const head = await site.ask({ method: "HEAD", lingerMs: 30 });
  assert.match(head.headers["cache-status"], /detail=kv/);
  assert.equal(head.status, 200);
  await site.worker.lose(urlOf("/"));
  const known = await site.get("/", { "if-none-match": '"v1"' });
  assert.equal(known.status, 304);
});

test("a part comes whole from far, and as a part once it is here", async (t) => {
  const { site, store } = await siteWithKv(t, ["200 size(5000)", "502"]);
  const { body } = await distant(site, store);
  const range = { range: "bytes=0-9" };
  const whole = await site.get("/", { ...range, "sec-fetch-dest": "image" });
  assert.equal(whole.status, 200);
  assert.deepEqual(whole.body, body);
  await until("it is here again", () => site.worker.stored(urlOf("/")));
  assert.equal((await site.get("/", range)).status, 206);
  assert.deepEqual(site.log.of("fault"), []);
});

test("what is no copy is absent, and is removed", async (t) => {
  const { site, store } = await siteWithKv(t, ["200", "502"]);
  await distant(site, store);
  const good = Buffer.from(
    /** @type {any} */ (await store.get(urlOf("/"), "arrayBuffer")),
  );
  const place = good.indexOf("site.test");
  const elsewhere = Buffer.from(good);
  elsewhere.write("fite.test", place);
  const enveloped = good
    .toString("latin1")
    .replace(/stored \d+/, (all) => all.replace(/\d/, "x"));
  const cases = {
    foreign: Buffer.from("something else"),
    empty: Buffer.alloc(0),
    cut: good.subarray(0, good.length - 1),
    "of another place": elsewhere,
    "without an envelope": enveloped,
  };
  for (const [what, value] of Object.entries(cases)) {
    await store.put(urlOf("/"), valueOf(value));
    assert.equal(sourceOf(await site.get("/")), "answer", what);
    await until(`it is removed: ${what}`, async () => {
      return (await store.get(urlOf("/"))) === null;
    });
  }
  await store.put(urlOf("/"), valueOf(good));
  assert.equal(sourceOf(await site.get("/")), "copy");
  assert.deepEqual(site.log.of("fault"), []);
});

test("a tier's own bound holds, and must-revalidate does", async (t) => {
  const { site, store } = await siteWithKv(t, ["200[ma=60]", "502"], {
    ...ALONE,
    tiers: [{ kv: "COPIES", stale: "1h" }],
  });
  await distant(site, store);
  const value = /** @type {any} */ (await store.get(urlOf("/"), "arrayBuffer"));
  const written = Buffer.from(value).toString("latin1");
  /** What is shown of a copy that is so old. @param {number} ms @param {string} [words] */
  const shown = async (ms, words = "") => {
    const older = written
      .replace(/stored 13 (\d+)/, (_, at) => `stored 13 ${at - ms}`)
      .replace("10 max-age=60", `${10 + words.length} max-age=60${words}`)
      .replace(/copy (\d+)/, (_, n) => `copy ${Number(n) + words.length}`);
    await store.put(urlOf("/"), valueOf(older));
    const seen = await site.get("/");
    const copy = sourceOf(seen) === "copy";
    if (copy) {
      await until("it is here", () => site.worker.stored(urlOf("/")));
      await site.worker.lose(urlOf("/"));
    }
    assert.notEqual(await store.get(urlOf("/")), null, "it is a copy");
    return copy;
  };
  const [MINUTE, HOUR] = [60_000, 3_600_000];
  assert.equal(await shown(10 * MINUTE), true);
  assert.equal(await shown(2 * HOUR), false, "too old for the tier");
  assert.equal(await shown(10 * MINUTE, ", x=must-revalid"), true);
  assert.equal(await shown(10 * MINUTE, ", must-revalidate"), false);
});

test("what depends on a language is shown to those who read it", async (t) => {
  const { site, store } = await siteWithKv(t, [
    "200[Vary: Accept-Language]",
    "502",
  ]);
  const german = { "accept-language": "de" };
  await distant(site, store, "/", german);
  assert.equal(
    sourceOf(await site.get("/", { "accept-language": "fr" })),
    "answer",
  );
  assert.equal(sourceOf(await site.get("/", german)), "copy");
});

test("each variant has its place in a store", async (t) => {
  const script = ["200[ma=60 | Vary: Accept-Language]"];
  const site = await siteWith(t, {
    script,
    lastgood: { ...KV, mode: "cache" },
    tiers: { kv: ["COPIES"] },
    content: (_, { headers }) => ({
      type: "text/html",
      bytes: Buffer.from(`<p>for ${headers["accept-language"]}</p>`),
    }),
  });
  const store = await site.worker.kv("COPIES");
  const french = { "accept-language": "fr" };
  await keep(site, "/", { "accept-language": "de" });
  await site.get("/", french);
  const keys = async () => (await store.list()).keys.map(({ name }) => name);
  const all = await until("both are written", async () => {
    const names = await keys();
    return names.length === 2 ? names : null;
  });
  for (const name of all) await site.worker.lose(name);
  await site.origin.setScript(["502"]);
  const seen = await site.get("/", french);
  assert.match(seen.text, /for fr/);
  assert.match(seen.headers["cache-status"], /detail=kv/);
});

test("nothing private is written, nor what is not whole", async (t) => {
  const odd = /** @type {const} */ ({ COPIES: "counts" });
  const script = {
    "/private": ["200[Cache-Control: private]"],
    "/no-store": ["200[Cache-Control: no-store]"],
    "/cookie": ["200[Set-Cookie: a=b]"],
    "/cut": ["200 size(8000) cut(4000)"],
    "/error": ["500"],
    "/good": ["200"],
  };
  const site = await siteWith(t, { script, lastgood: KV, tiers: { odd } });
  for (const path of Object.keys(script)) await site.get(path);
  await site.get("/account", { cookie: "sid=1" });
  await site.log.waitFor("the write", ({ what }) => what === "put");
  await sleep(200);
  const puts = site.log.of("store").filter(({ what }) => what === "put");
  const keys = puts.map(({ key }) => key);
  assert.deepEqual(keys, [urlOf("/good")]);
});

test("writes are few: each page once in a while, and so many a minute", async (t) => {
  const site = await siteWith(t, {
    script: ["200[ma=60]"],
    lastgood: {
      ...KV,
      keep_every: "0s",
      tiers: [{ kv: "COPIES", writes: 3 }],
    },
    tiers: { odd: { COPIES: "counts" } },
  });
  for (let index = 0; index < 40; index++) await site.get(`/${index % 8}`);
  await until("all are kept", () => site.worker.stored(urlOf("/7")));
  await sleep(200);
  const { length } = site.log.of("store");
  assert.equal(length, 3);
});

test("a store that hangs costs its time once, and is left alone then", async (t) => {
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ALONE, tiers: [{ kv: "COPIES", wait: "400ms" }] },
    tiers: { odd: { COPIES: "hangs" } },
  });
  const first = await site.get("/");
  assert.equal(sourceOf(first), "answer");
  assert.ok(first.ms >= 390 && first.ms < 1500, `after ${first.ms} ms`);
  const second = await site.get("/");
  assert.ok(second.ms < 300, `after ${second.ms} ms`);
  assert.equal(site.log.of("tier").length, 1);
  assert.deepEqual(site.log.of("fault"), []);
});

test("a store that throws is passed over, and the next one asked", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502"],
    lastgood: { ...ALONE, tiers: [{ kv: "BROKEN" }, { r2: "COPIES" }] },
    tiers: { odd: { BROKEN: "throws" }, r2: ["COPIES"] },
  });
  await distant(site, await site.worker.r2("COPIES"));
  const seen = await site.get("/");
  assert.match(seen.headers["cache-status"], /detail=r2/);
  const [line] = site.log.of("tier");
  assert.match(line.error, /out of order/);
  assert.equal(line.tier, "kv BROKEN");
  assert.deepEqual(site.log.of("fault"), []);
});

test("a tier that is not bound is named once, and is not there", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502"],
    lastgood: { ...ALONE, tiers: [{ kv: "NOWHERE" }, { kv: "COPIES" }] },
    tiers: { kv: ["COPIES"] },
  });
  await distant(site, await site.worker.kv("COPIES"));
  assert.match((await site.get("/")).headers["cache-status"], /detail=kv/);
  const problems = site.log.of("configuration").map(({ problem }) => problem);
  assert.equal(problems.length, 1);
  assert.match(problems[0], /LASTGOOD\.tiers = NOWHERE: use a binding/);
  assert.deepEqual(site.log.of("tier"), []);
});

test("a write of a visitor's removes the copy everywhere", async (t) => {
  const { site, store } = await siteWithKv(t, ["200", "200", "502"]);
  await keep(site);
  await until("it is written", () => store.get(urlOf("/")));
  const post = { method: "POST", body: Buffer.from("x") };
  assert.equal((await site.ask(post)).status, 200);
  await until("it is gone", async () => (await store.get(urlOf("/"))) === null);
  assert.equal(sourceOf(await site.get("/")), "answer");
});

test("a key that is too long for KV is a digest", async (t) => {
  const { site, store } = await siteWithKv(t, ["200", "502"]);
  const path = `/?${"x".repeat(600)}`;
  await keep(site, path);
  const [key] = await until("it is written", async () => {
    const { keys } = await store.list();
    return keys.length > 0 ? keys : null;
  });
  assert.match(key.name, /^sha-256 [\da-f]{64}$/);
  await site.worker.lose(urlOf(path));
  assert.match((await site.get(path)).headers["cache-status"], /detail=kv/);
});

test("a route without tiers has none", async (t) => {
  const lastgood = { ...KV, routes: [{ path: "/alone", tiers: [] }] };
  const { site, store } = await siteWithKv(t, ["200", "502"], lastgood);
  await site.origin.setScript(["200"]);
  await keep(site, "/alone");
  await distant(site, store, "/");
  assert.equal(await store.get(urlOf("/alone")), null);
  await site.worker.lose(urlOf("/alone"));
  await site.origin.setScript(["502"]);
  assert.equal(sourceOf(await site.get("/alone")), "answer");
  assert.equal(sourceOf(await site.get("/")), "copy");
});

test("a page that was shipped stands in, labelled, for people only", async (t) => {
  const html = (/** @type {string} */ says) =>
    `<!doctype html><title>x</title><body><p>${says}</p>`;
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ALONE, tiers: [{ assets: "ASSETS", path: "/spare" }] },
    tiers: {
      assets: {
        "spare/index.html": html("we are open"),
        "spare/menu.html": html("bread"),
        "spare/data.json": "{}",
        "other.html": html("not this"),
      },
    },
  });
  for (const [path, says] of [
    ["/", /we are open/],
    ["/menu", /bread/],
    ["/menu?x=1", /bread/],
  ]) {
    const seen = await site.get(/** @type {string} */ (path));
    assert.equal(seen.status, 200);
    assert.match(seen.text, /** @type {RegExp} */ (says));
    assert.match(seen.text, NOTICE);
    assert.equal(
      seen.headers["cache-status"],
      "lastgood; fwd=miss; fwd-status=502; detail=assets",
    );
    assert.equal(seen.headers["cache-control"], "no-store");
    assert.equal(seen.headers.age, undefined);
    assert.equal(seen.headers.etag, undefined);
    assert.match(seen.headers["proxy-status"], /received-status=502/);
  }
  for (const path of ["/other", "/data.json", "/absent"])
    assert.equal((await site.get(path)).status, 503, path);
  const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
  assert.equal((await site.get("/", script)).status, 502);
  const head = await site.ask({ method: "HEAD", lingerMs: 30 });
  assert.equal(head.status, 200);
  assert.equal(head.extra, 0);
  assert.equal(await site.worker.stored(urlOf("/")), null);
});

test("a mirror is asked last, and told nothing of who asks", async (t) => {
  const mirror = await originWith(t, {
    "/": ["200[ma=60 | Set-Cookie: a=b] reflect(cookie)"],
    "/gone": ["404"],
  });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ALONE, tiers: [{ mirror: mirror.url }] },
  });
  const secret = {
    cookie: "sid=1",
    authorization: "Basic x",
    "if-none-match": '"x"',
    range: "bytes=0-1",
  };
  const seen = await site.get("/", { ...secret, "accept-language": "de" });
  assert.equal(seen.status, 200);
  assert.match(seen.text, NOTICE);
  assert.equal(
    seen.headers["cache-status"],
    "lastgood; fwd=miss; fwd-status=502; detail=mirror",
  );
  assert.equal(seen.headers["set-cookie"], undefined);
  assert.equal(seen.headers["cache-control"], "no-store");
  assert.equal(site.origin.count, 1);
  const [{ headers }] = mirror.calls;
  for (const name of Object.keys(secret))
    assert.equal(headers[name], undefined, name);
  assert.equal(headers["accept-language"], "de");
  assert.equal(headers["cdn-loop"], "lastgood");
  assert.equal((await site.get("/gone")).status, 503, "not its 404");
  const post = { method: "POST", body: Buffer.from("x") };
  assert.equal((await site.ask(post)).status, 503);
  assert.equal(mirror.count, 2);
  assert.equal(await site.worker.stored(urlOf("/")), null);
});

test("a mirror that is down too, or hangs, leaves the answer as it was", async (t) => {
  const mirror = await originWith(t, { "/": ["hang"], "/reset": ["reset"] });
  const site = await siteWith(t, {
    script: ["502"],
    lastgood: { ...ALONE, tiers: [{ mirror: mirror.url, wait: "300ms" }] },
  });
  const hung = await site.get("/");
  assert.equal(hung.status, 503);
  assert.ok(hung.ms < 1500, `after ${hung.ms} ms`);
  assert.equal((await site.get("/reset")).status, 503);
  assert.equal(mirror.count, 1, "it is left alone");
  assert.deepEqual(site.log.of("fault"), []);
});

test("observing looks nowhere", async (t) => {
  const { site, store } = await siteWithKv(t, ["200", "502"], {
    ...KV,
    observe: true,
  });
  await distant(site, store);
  assert.equal((await site.get("/")).status, 502);
});
