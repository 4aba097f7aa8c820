// @ts-check
/** Purges: who may, what they reach, and what a copy is worth afterwards. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hexedCode } from "../support/hexed.mjs";
import {
  latin1,
  operatedSite,
  order,
  script,
  tell,
  TOKEN,
} from "../support/operator.mjs";
import {
  BRISK,
  FORGETFUL,
  HOST,
  keep,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { scratchPath } from "../support/scratch.mjs";
import { test } from "../support/test.mjs";
import { sleep, until } from "../support/until.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("../support/site.mjs").Site} Site */
/** @typedef {import("../support/site.mjs").SiteOptions} SiteOptions */

const PATH = "/.well-known/lastgood/purge";
const STANDBY = { ...BRISK, ...FORGETFUL };
const CACHE = { ...STANDBY, mode: "cache" };
/** What an isolate knows for sure is not older than this. */
const KNOWN_WITHIN_MS = 10_000;

/** @param {string} path */
const urlOf = (path) => `http://${HOST}${path}`;

/** @param {TestContext} t @param {SiteOptions} [options] */
const purgedSite = (t, options) =>
  operatedSite(t, { lastgood: STANDBY, ...options });

/**
 * @param {Site} site
 * @param {unknown} body
 * @param {Parameters<typeof tell>[3]} [wishes]
 */
const ask = (site, body, wishes) => tell(site, "purge", body, wishes);

/** A purge that has to be done. @param {Site} site @param {unknown} body */
const purge = (site, body) => order(site, "purge", body);

test("without a secret the path is the origin's", async (t) => {
  for (const secret of [undefined, ""]) {
    const bindings =
      secret === undefined ? {} : { LASTGOOD_PURGE_TOKEN: secret };
    const site = await siteWith(t, { lastgood: STANDBY, bindings });
    for (const token of [TOKEN, "undefined", ""]) {
      const seen = await ask(site, { everything: true }, { token });
      assert.equal(sourceOf(seen), "origin");
    }
    assert.deepEqual(
      site.origin.calls.map(({ path }) => path),
      [PATH, PATH, PATH],
    );
  }
});

test("only with the token, and nothing is told without", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"] });
  await keep(site);
  const texts = new Set();
  /** @type {import("../support/site.mjs").Wishes["headers"][]} */
  const without = [
    [],
    [["authorization", ""]],
    [["authorization", "Bearer"]],
    [["authorization", "Bearer "]],
    [["authorization", `Basic ${TOKEN}`]],
    [["authorization", TOKEN]],
    [["authorization", `Bearer ${TOKEN}x`]],
    [["authorization", `Bearer ${TOKEN.slice(0, -1)}`]],
    [["authorization", `Bearer ${"x".repeat(5000)}`]],
    [["authorization", "Bearer undefined"]],
  ];
  for (const headers of without) {
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? {} : { body: null };
      const wish = { everything: true, hard: true };
      const seen = await ask(site, wish, { headers, method, ...body });
      assert.equal(seen.status, 401, `${method} ${headers}`);
      assert.match(seen.headers["www-authenticate"], /^Bearer/);
      texts.add(seen.text);
    }
  }
  assert.equal(texts.size, 1);
  assert.equal(site.origin.count, 1, "the origin sees none of it");
  assert.equal(sourceOf(await site.get("/")), "copy");
  const get = await ask(site, {}, { method: "GET", body: null });
  assert.deepEqual([get.status, get.headers.allow], [405, "POST"]);
});

test("what is wrong is refused, and named", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"] });
  await keep(site);
  /** @type {[unknown, string, RegExp][]} */
  const wrong = [
    [Buffer.from(""), "body", /url, prefix or everything/],
    [Buffer.from("{"), "body", /url, prefix or everything/],
    [Buffer.from([0xff, 0xfe]), "body", /url, prefix or everything/],
    [[], "body", /url, prefix or everything/],
    [null, "body", /url, prefix or everything/],
    [{}, "body", /url, prefix or everything/],
    [{ hard: true }, "body", /url, prefix or everything/],
    [{ uri: "/" }, "uri", /url, prefix, everything or hard/],
    [{ url: 1 }, "url", /a URL such as/],
    [{ url: "site.test/" }, "url", /a URL such as/],
    [{ url: "http://" }, "url", /a URL such as/],
    [{ url: `/${"x".repeat(2048)}` }, "url", /2048/],
    [{ prefix: "/shop/*" }, "prefix", /without a star/],
    [{ everything: "yes" }, "everything", /true or false/],
    [{ url: "/", hard: 1 }, "hard", /true or false/],
    [{ url: "/", everything: true }, "everything", /only one/],
  ];
  for (const [body, field, remedy] of wrong) {
    const { status, headers, said } = await ask(site, body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(headers["content-type"], /^application\/problem\+json/);
    assert.equal(said.field, field, JSON.stringify(body));
    assert.match(said.detail, remedy);
  }
  const large = Buffer.from(JSON.stringify({ url: "/", x: "x".repeat(1e5) }));
  for (const chunked of [false, true]) {
    const seen = await ask(site, large, { chunked });
    assert.equal(seen.status, 413);
  }
  assert.equal(sourceOf(await site.get("/")), "copy", "nothing was purged");
  assert.equal(site.log.of("fault").length, 0);
});

for (const [what, wish] of Object.entries({
  "one URL": { url: urlOf("/a?x=1") },
  "one path": { url: "/a?x=1" },
  "a prefix": { prefix: urlOf("/a") },
  everything: { everything: true },
})) {
  const others = what.startsWith("one") ? ["/a?x=2", "/a", "/b"] : ["/b"];

  test(`hard: ${what} is gone, in standby`, async (t) => {
    const page = { type: "text/html", bytes: Buffer.from("<p>always so</p>") };
    const site = await purgedSite(t, { content: () => page });
    for (const path of ["/a?x=1", ...others]) await keep(site, path);
    const said = await purge(site, { ...wish, hard: true });
    assert.equal(said.hard, true);
    await site.origin.setScript(["502"]);
    for (const method of ["GET", "HEAD"]) {
      const seen = await site.ask({ method, target: "/a?x=1" });
      assert.equal(sourceOf(seen), "answer", method);
    }
    for (const other of others) {
      const left = what === "everything" ? "answer" : "copy";
      assert.equal(sourceOf(await site.get(other)), left, other);
    }
    // The same page once more: what was written lately does not count.
    await site.origin.setScript(["200", "502"]);
    assert.equal((await site.get("/a?x=1")).status, 200);
    await until("it is kept at once", async () => {
      const seen = await site.get("/a?x=1");
      return sourceOf(seen) === "copy";
    });
  });

  test(`soft: ${what} is asked for, and stands in, in cache mode`, async (t) => {
    const swr = "Cache-Control: max-age=60, stale-while-revalidate=60";
    const site = await purgedSite(t, {
      script: [`200[${swr}]`],
      lastgood: CACHE,
    });
    for (const path of ["/a?x=1", ...others]) await keep(site, path);
    for (const path of ["/a?x=1", ...others]) {
      assert.match((await site.get(path)).headers["cache-status"], /; hit/);
    }
    const said = await purge(site, wish);
    assert.equal(said.hard, false);
    await site.origin.setScript(["502"]);
    const { count } = site.origin;
    const demands = { "cache-control": "max-stale" };
    for (const headers of [{}, demands]) {
      const seen = await site.get("/a?x=1", headers);
      assert.match(seen.headers["cache-status"], /fwd=stale; fwd-status=502/);
      assert.match(seen.headers["cache-status"], /ttl=(-|0)/);
    }
    assert.ok(site.origin.count >= count + 2);
    for (const other of others) {
      const seen = await site.get(other);
      const hit = /; hit/.test(seen.headers["cache-status"]);
      assert.equal(hit, what !== "everything", other);
    }
    await site.origin.setScript([`200#new[${swr}]`]);
    assert.match((await site.get("/a?x=1")).text, /#new\]\]/);
    await until("the new one is kept", async () => {
      const seen = await site.get("/a?x=1");
      return /; hit/.test(seen.headers["cache-status"]);
    });
  });
}

test("soft in standby: the copy is still there", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"] });
  await keep(site);
  await purge(site, { everything: true });
  assert.equal(sourceOf(await site.get("/")), "copy");
});

test("soft, where the origin forbids stale: no copy", async (t) => {
  const site = await purgedSite(t, {
    script: ["200[Cache-Control: max-age=60, must-revalidate]", "502"],
  });
  await keep(site);
  assert.equal(sourceOf(await site.get("/")), "copy", "while it is fresh");
  await purge(site, { url: "/" });
  assert.equal(sourceOf(await site.get("/")), "answer");
});

test("soft: the origin may call the copy current, and then it is", async (t) => {
  const site = await purgedSite(t, {
    script: ['200[ma=60 | ETag: "a"] cond'],
    lastgood: CACHE,
  });
  const first = await keep(site);
  await purge(site, { url: "/" });
  const seen = await site.get("/");
  assert.equal(seen.text, first.text);
  assert.match(seen.headers["cache-status"], /fwd=stale; fwd-status=304/);
  await until("it is fresh", async () =>
    /; hit/.test((await site.get("/")).headers["cache-status"]),
  );
});

test("hard: the origin is not asked about what is gone", async (t) => {
  const site = await purgedSite(t, {
    script: ['200[ma=60 | ETag: "a"] cond'],
    lastgood: CACHE,
  });
  await keep(site);
  await purge(site, { prefix: "/", hard: true });
  const seen = await site.get("/");
  assert.match(seen.headers["cache-status"], /fwd=miss; fwd-status=200/);
  const last = site.origin.calls.at(-1);
  assert.equal(last?.headers["if-none-match"], undefined);
});

for (const wish of [{ url: "/" }, { prefix: "/" }])
  test(`all that there is of a page goes with it: ${Object.keys(wish)}`, async (t) => {
    const site = await purgedSite(t, {
      script: ["200[ma=60 | Vary: Accept-Language]"],
      lastgood: CACHE,
    });
    const readers = ["de", "fr"].map((it) => ({ "accept-language": it }));
    for (const headers of readers) {
      await keep(site, "/", headers);
      await until("it is kept", async () => {
        const seen = await site.get("/", headers);
        return /; hit/.test(seen.headers["cache-status"]);
      });
    }
    await purge(site, { ...wish, hard: true });
    await site.origin.setScript(["502"]);
    for (const headers of readers) {
      assert.equal(sourceOf(await site.get("/", headers)), "answer");
    }
    await site.origin.setScript(["200[ma=60 | Vary: Accept-Language]"]);
    await site.get("/", readers[0]);
    await site.origin.setScript(["502"]);
    assert.equal(sourceOf(await site.get("/", readers[1])), "answer");
  });

test("a part and an error go, too", async (t) => {
  const site = await purgedSite(t, {
    script: {
      "/part": [
        '206[ma=60 | Content-Range: bytes 0-9/100 | ETag: "a"] size(10)',
      ],
      "/gone": ["404[ma=60]"],
    },
    lastgood: CACHE,
  });
  const asks = [
    () => site.get("/part", { range: "bytes=0-9" }),
    () => site.get("/gone"),
  ];
  for (const hard of [false, true]) {
    for (const ask of asks) {
      await until("it is remembered", async () =>
        /; hit/.test((await ask()).headers["cache-status"]),
      );
    }
    await purge(site, { url: "/part", hard });
    await purge(site, { prefix: "/gone", hard });
    for (const ask of asks) {
      const { count } = site.origin;
      assert.match((await ask()).headers["cache-status"], /fwd=/);
      assert.equal(site.origin.count, count + 1);
    }
  }
});

for (const [mode, lastgood] of Object.entries({ STANDBY, CACHE }))
  test(`what is on its way does not escape: ${mode}`, async (t) => {
    const site = await purgedSite(t, {
      script: ["200[ma=60] slow(800)", "502"],
      lastgood: { ...lastgood, soft_deadline: "5s" },
    });
    const coming = site.get("/");
    await until("it is asked for", () => site.origin.count === 1);
    await purge(site, { url: "/", hard: true });
    assert.equal((await coming).status, 200);
    await until("it is stored", () => site.worker.stored(urlOf("/")));
    assert.equal(sourceOf(await site.get("/")), "answer");
  });

test("a page can be purged again and again", async (t) => {
  const site = await purgedSite(t, { script: ["200[ma=60]"], lastgood: CACHE });
  for (let turn = 0; turn < 3; turn++) {
    await keep(site);
    const hard = turn % 2 === 0;
    await purge(site, { url: "/", hard });
    const { count } = site.origin;
    assert.equal((await site.get("/")).status, 200);
    assert.equal(site.origin.count, count + 1);
    await until("it is a hit", async () =>
      /; hit/.test((await site.get("/")).headers["cache-status"]),
    );
  }
});

test("hosts are the same however they are written", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"] });
  await keep(site);
  await purge(site, { url: `HTTP://${HOST.toUpperCase()}:80/`, hard: true });
  assert.equal(sourceOf(await site.get("/")), "answer");
  const seen = await site.ask({ host: HOST.toUpperCase() });
  assert.equal(sourceOf(seen), "answer");
});

test("it says that it reached this data centre", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"], beside: 1 });
  await keep(site);
  assert.equal(sourceOf(await site.getBeside(0, "/")), "copy");
  const said = await purge(site, { everything: true, hard: true });
  assert.deepEqual(said, {
    purged: { everything: true },
    hard: true,
    reach: "this data centre",
    within: "10s",
    remedy: "bind LASTGOOD_STATE to reach all",
  });
  const line = await site.log.waitFor("it", (it) => it.lastgood === "purge");
  assert.equal(line.reach, "this data centre");
  await sleep(KNOWN_WITHIN_MS);
  assert.equal(sourceOf(await site.getBeside(0, "/")), "answer");
});

test("a busy isolate knows it behind its requests", async (t) => {
  const site = await purgedSite(t, {
    script: ["200", "502"],
    ...{ beside: 1, state: "own" },
  });
  await keep(site);
  await site.getBeside(0, "/");
  const said = await purge(site, { everything: true, hard: true });
  assert.equal(said.reach, "everywhere");
  const from = performance.now();
  await until("the other knows", async () => {
    const seen = await site.getBeside(0, "/");
    assert.ok(seen.ms < 500);
    return sourceOf(seen) === "answer";
  });
  assert.ok(performance.now() - from < KNOWN_WITHIN_MS);
});

test("a new isolate knows it before its first copy", async (t) => {
  for (const state of /** @type {const} */ (["own", undefined])) {
    const site = await purgedSite(t, {
      script: ["200", "502"],
      ...{ beside: 1, keepsStore: true, state },
    });
    await keep(site);
    await purge(site, { prefix: "/", hard: true });
    assert.equal(sourceOf(await site.getBeside(0, "/")), "answer");
    await site.worker.restart();
    for (let turn = 0; turn < 3; turn++)
      assert.equal(sourceOf(await site.get("/")), "answer", `${state}`);
  }
});

for (const state of /** @type {const} */ (["own", undefined]))
  test(`purges from all sides add up: ${state ?? "no object"}`, async (t) => {
    const site = await purgedSite(t, { beside: 2, state, keepsStore: true });
    const paths = Array.from({ length: 24 }, (_, n) => `/p${n}/`);
    for (const path of paths) await keep(site, path);
    const ports = [site.worker.port, 0, 1].map((it, index) =>
      index ? site.worker.portBeside(it) : it,
    );
    const all = paths.map(async (path, n) => {
      const seen = await fetch(`http://127.0.0.1:${ports[n % 3]}${PATH}`, {
        method: "POST",
        headers: { authorization: `Bearer ${latin1(TOKEN)}` },
        body: JSON.stringify({ prefix: urlOf(path), hard: true }),
      });
      assert.equal(seen.status, 200);
    });
    await Promise.all(all);
    await site.origin.setScript(["502"]);
    if (!state) {
      // Where there is no object, isolates mend what they overwrote.
      await sleep(KNOWN_WITHIN_MS / 2);
      for (const index of [0, 1]) await site.getBeside(index, "/");
      await site.get("/");
      await sleep(500);
    }
    await site.worker.restart();
    for (const path of paths)
      assert.equal(sourceOf(await site.get(path)), "answer", path);
  });

test("however many there are, none is forgotten", async (t) => {
  const site = await purgedSite(t, { state: "own", keepsStore: true });
  await keep(site, "/p0");
  const numbers = Array.from({ length: 600 }, (_, n) => n);
  for (let turn = 0; turn < 30; turn++) {
    const some = numbers.splice(0, 20);
    await Promise.all(
      some.map((n) => purge(site, { url: `/p${n}`, hard: true })),
    );
  }
  await keep(site, "/p599");
  await keep(site, "/other");
  await site.origin.setScript(["502"]);
  await site.worker.restart();
  assert.equal(sourceOf(await site.get("/p0")), "answer");
  assert.equal(sourceOf(await site.get("/p599")), "copy", "of afterwards");
  assert.equal(sourceOf(await site.get("/other")), "copy");
});

for (const state of /** @type {const} */ (["slow", "broken"]))
  test(`an object that is ${state}: visitors go on, operators are told`, async (t) => {
    const site = await purgedSite(t, { script: ["200", "502"], state });
    await keep(site);
    const first = await site.get("/");
    assert.equal(sourceOf(first), "copy");
    assert.ok(first.ms < 2000, `${first.ms} ms`);
    for (let turn = 0; turn < 3; turn++) {
      const seen = await site.get("/");
      assert.ok(sourceOf(seen) === "copy" && seen.ms < 500, `${seen.ms} ms`);
    }
    const seen = await ask(site, { url: "/", hard: true });
    assert.equal(seen.status, 503);
    assert.match(seen.said.detail, /Ask again/);
    await site.log.waitFor("it", (it) => it.lastgood === "purges");
    assert.equal(site.log.of("fault").length, 0);
  });

test("without the feature nothing is read or waited for", async (t) => {
  const site = await siteWith(t, {
    script: ["200", "502"],
    lastgood: STANDBY,
    state: "slow",
  });
  await keep(site);
  const seen = await site.get("/");
  assert.ok(sourceOf(seen) === "copy" && seen.ms < 500);
  assert.equal(site.log.of("purges").length, 0);
});

/** @param {string[]} parameters @param {Record<string, string>} [env] */
const command = (parameters, env) => script("purge", parameters, env);

test("the command purges, and says how far that reaches", async (t) => {
  const site = await purgedSite(t, { script: ["200", "502"] });
  const own = `http://127.0.0.1:${site.worker.port}`;
  const at = ["--site", own];
  await keep(site);
  const file = scratchPath("purge.json");
  const url = ["--url", urlOf("/"), "--hard", "--json", file];
  const hard = await command([...at, ...url]);
  assert.match(
    hard.said,
    /^Purged url http:\/\/site\.test\/: never shown again\. Known in this data centre within 10s \(bind LASTGOOD_STATE to reach all\)\.\n$/,
  );
  assert.equal(hard.code, 0);
  assert.equal(sourceOf(await site.get("/")), "answer");
  const { status, answer } = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual([status, answer.purged], [200, { url: urlOf("/") }]);
  const soft = await command([...at, "--prefix", "/shop/"]);
  assert.match(
    soft.said,
    new RegExp(`^Purged prefix ${own}/shop/: stale, and`),
  );
  const all = await command([...at, "--everything"]);
  assert.match(all.said, /^Purged everything: stale/);

  /** @type {[string[], Record<string, string> | undefined, number, RegExp][]} */
  const wrong = [
    [[...at], undefined, 2, /npm run purge/],
    [[...at, "--everything", "--url", "/"], undefined, 2, /npm run purge/],
    [["--everything"], undefined, 2, /npm run purge/],
    [[...at, "--evrything"], undefined, 2, /evrything[^]*npm run purge/],
    [["--site", "x", "--everything"], undefined, 2, /such as https/],
    [["--site", "http://a.test", "--everything"], undefined, 2, /in the clear/],
    [["--site", "http://127.0.0.1:1", "--everything"], undefined, 2, /127/],
    [
      [...at, "--everything"],
      { LASTGOOD_PURGE_TOKEN: "" },
      2,
      /no LASTGOOD_PURGE_TOKEN/,
    ],
    [[...at, "--everything"], { LASTGOOD_PURGE_TOKEN: "x" }, 1, /not the one/],
    [[...at, "--prefix", "/*"], undefined, 1, /prefix = .*without a star/],
    [["--site", site.origin.url, "--everything"], undefined, 1, /not lastgood/],
  ];
  for (const [parameters, env, code, said] of wrong) {
    const seen = await command(parameters, env);
    assert.match(seen.said, said, parameters.join(" "));
    assert.equal(seen.code, code, parameters.join(" "));
  }
  const other = await command([...at, "--everything", "--token-env", "MINE"], {
    MINE: TOKEN,
  });
  assert.equal(other.code, 0);
});

for (const at of ["learn_purges", "purges_with", "purge_wish"])
  test(`${at} traps: nobody else notices, and no origin sees the token`, async (t) => {
    const site = await purgedSite(t, {
      script: ["200"],
      code: hexedCode(at),
      state: "own",
    });
    assert.equal((await site.get("/")).status, 200);
    const seen = await ask(site, { url: "/" });
    assert.ok(seen.status >= 500, `${seen.status}`);
    await site.log.waitFor("a fault", ({ lastgood }) => lastgood === "fault");
    assert.equal((await site.get("/")).status, 200);
    assert.ok(site.origin.calls.every(({ path }) => path === "/"));
  });
