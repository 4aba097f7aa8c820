// @ts-check
/** Planned work that is announced by a call: who may, what it reaches, and its end. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hexedCode, HEX } from "../support/hexed.mjs";
import {
  operatedSite,
  order,
  script,
  tell,
  TOKEN,
} from "../support/operator.mjs";
import { scratchPath } from "../support/scratch.mjs";
import {
  BRISK,
  FORGETFUL,
  keep,
  siteWith,
  sourceOf,
} from "../support/site.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").TestContext} TestContext */
/** @typedef {import("../support/site.mjs").Site} Site */
/** @typedef {import("../support/site.mjs").SiteOptions} SiteOptions */

const PATH = "/.well-known/lastgood/maintenance";
const STANDBY = { ...BRISK, ...FORGETFUL };
const CACHE = { ...STANDBY, mode: "cache" };
const HOUR = 3_600_000;

/** @param {number} fromNow ms */
const at = (fromNow) => new Date(Date.now() + fromNow).toISOString();

/** @param {TestContext} t @param {SiteOptions} [options] */
const site = (t, options) => operatedSite(t, { lastgood: STANDBY, ...options });

/** @param {Site} site @param {unknown} body */
const announce = (site, body) => order(site, "maintenance", body);

/** A good page with a lifetime, so that the cache keeps it. */
const PAGE = "200[Cache-Control: max-age=60]";

test("on, and off again", async (t) => {
  const it = await site(t);
  assert.equal((await it.get("/")).status, 200);
  const end = at(2 * HOUR);
  const message = { en: "New ovens.", de: "Neue Öfen." };
  const said = await announce(it, { on: true, end, message });
  assert.deepEqual(said, {
    maintenance: { on: true, end, message },
    reach: "this data centre",
    within: "10s",
    remedy: "bind LASTGOOD_STATE to reach all",
  });
  const page = await it.get("/", { accept: "text/html" });
  assert.equal(page.status, 503);
  const after = Number(page.headers["retry-after"]);
  assert.ok(after > 7100 && after <= 7200, `${after} s`);
  assert.match(page.text, /<h1>The site is being worked on<\/h1>/);
  assert.match(page.text, /New ovens\./);
  assert.match(page.text, /<time [^>]*datetime="20\d\d-/);
  const german = { accept: "text/plain", "accept-language": "de" };
  assert.match((await it.get("/", german)).text, /Neue Öfen\./);
  const write = await it.ask({ method: "POST", body: Buffer.from("x") });
  assert.equal(write.status, 503);
  assert.equal(it.origin.count, 1, "the origin is left alone");
  const off = await announce(it, { on: false });
  assert.deepEqual(off.maintenance, { on: false });
  assert.equal((await it.get("/")).status, 200);
  const [line, last] = it.log.of("maintenance");
  assert.deepEqual([line.on, line.end, line.reach], [true, end, said.reach]);
  assert.equal(last.on, false);
});

test("it is about the paths that it names", async (t) => {
  const it = await site(t);
  await announce(it, { on: true, path: "/shop/*" });
  assert.equal((await it.get("/shop/1")).status, 503);
  assert.equal((await it.get("/shop")).status, 200);
  assert.equal((await it.get("/")).status, 200);
  await announce(it, { on: true, path: "/menu" });
  assert.equal((await it.get("/shop/1")).status, 200, "the newest counts");
  assert.equal((await it.get("/menu?day=1")).status, 503);
});

test("who works on it is let through", async (t) => {
  const it = await site(t);
  await announce(it, {
    on: true,
    allow_header: "x-staff: s3cret",
    allow_addresses: ["192.0.2.7"],
  });
  for (const [name, value, status] of /** @type {const} */ ([
    ["x-staff", "s3cret", 200],
    ["x-staff", "guess", 503],
    ["cf-connecting-ip", "192.0.2.7", 200],
    ["cf-connecting-ip", "192.0.2.8", 503],
  ]))
    assert.equal((await it.get("/", { [name]: value })).status, status, value);
  const lines = JSON.stringify(it.log.of("maintenance"));
  assert.doesNotMatch(lines, /s3cret/);
});

test("the last good page comes first, where that is wished", async (t) => {
  for (const lastgood of [STANDBY, CACHE])
    for (const copies of [true, false]) {
      const it = await site(t, { script: [PAGE], lastgood });
      await keep(it);
      await announce(it, { on: true, copies });
      const seen = await it.get("/");
      assert.equal(seen.status, copies ? 200 : 503);
      assert.equal((await it.get("/never-seen")).status, 503);
      assert.equal(it.origin.count, 1);
    }
});

test("it begins and ends by itself", async (t) => {
  const it = await site(t);
  await announce(it, { on: true, start: at(1500), end: at(4000) });
  assert.equal((await it.get("/")).status, 200);
  await until("it begins", async () => (await it.get("/")).status === 503);
  await until("it is over", async () => (await it.get("/")).status === 200);
});

test("it stands in place of what policy says, and leaves that alone", async (t) => {
  const maintenance = { message: "Of the policy.", allow_header: "x-own" };
  const it = await site(t, { lastgood: { ...STANDBY, maintenance } });
  const shown = async (/** @type {string} */ path) =>
    (await it.get(path, { accept: "text/plain" })).text;
  assert.match(await shown("/shop/1"), /Of the policy\./);
  await announce(it, { on: true, path: "/shop/*", message: "Announced." });
  assert.match(await shown("/shop/1"), /Announced\./);
  assert.match(await shown("/"), /Of the policy\./);
  assert.equal((await it.get("/shop/1", { "x-own": "1" })).status, 503);
  assert.equal((await it.get("/", { "x-own": "1" })).status, 200);
  await announce(it, { on: false });
  assert.match(await shown("/shop/1"), /Of the policy\./);
});

test("monitors are told as well", async (t) => {
  const monitors = { paths: ["/health"] };
  const it = await site(t, { lastgood: { ...STANDBY, monitors } });
  assert.equal((await it.get("/health")).status, 200);
  await announce(it, { on: true });
  assert.equal((await it.get("/health")).status, 503);
  await announce(it, { on: true, path: "/shop/*" });
  assert.equal((await it.get("/health")).status, 200);
});

test("without a secret the path is the origin's", async (t) => {
  const it = await siteWith(t, { lastgood: STANDBY });
  const seen = await tell(it, "maintenance", { on: true });
  assert.equal(sourceOf(seen), "origin");
  assert.deepEqual(
    it.origin.calls.map(({ path }) => path),
    [PATH],
  );
  assert.equal((await it.get("/")).status, 200);
});

test("only with the token, and by POST", async (t) => {
  const it = await site(t);
  const on = { on: true };
  for (const token of ["", "x", "undefined"]) {
    const seen = await tell(it, "maintenance", on, { token });
    assert.equal(seen.status, 401);
    assert.match(seen.headers["www-authenticate"], /^Bearer/);
  }
  const get = { method: "GET", body: null };
  const seen = await tell(it, "maintenance", on, get);
  assert.deepEqual([seen.status, seen.headers.allow], [405, "POST"]);
  assert.equal(it.origin.count, 0);
  assert.equal((await it.get("/")).status, 200);
  for (const other of ["constructor", "maintenance/", ""]) {
    const seen = await tell(it, other, on);
    assert.equal(sourceOf(seen), "origin", other);
  }
});

test("what is wrong is refused, and named", async (t) => {
  const it = await site(t);
  /** @type {[unknown, string, RegExp][]} */
  const wrong = [
    [Buffer.from(""), "body", /JSON object/],
    [Buffer.from("{"), "body", /JSON object/],
    [[], "body", /JSON object/],
    [{}, "on", /true or false/],
    [{ on: "yes" }, "on", /true or false/],
    [{ on: false, path: "/" }, "path", /nothing beside/],
    [{ on: true, until: at(HOUR) }, "until", /on, path, start, end/],
    [{ on: true, path: "shop" }, "path", /one star/],
    [{ on: true, start: "tomorrow" }, "start", /offset from UTC/],
    [{ on: true, end: 7 }, "end", /offset from UTC/],
    [{ on: true, end: at(-HOUR) }, "end", /still to come/],
    [{ on: true, start: at(HOUR), end: at(HOUR / 2) }, "end", /after start/],
    [{ on: true, message: "" }, "message", /1 to 1000/],
    [{ on: true, message: { e_n: "x" } }, "message", /table/],
    [{ on: true, allow_header: "x y" }, "allow_header", /name of a header/],
    [{ on: true, allow_addresses: "::" }, "allow_addresses", /up to 64/],
    [{ on: true, copies: 1 }, "copies", /true or false/],
  ];
  for (const [body, field, remedy] of wrong) {
    const seen = await tell(it, "maintenance", body);
    assert.equal(seen.status, 400, JSON.stringify(body));
    assert.match(seen.headers["content-type"], /^application\/problem\+json/);
    assert.equal(seen.said.field, field, JSON.stringify(body));
    assert.match(seen.said.detail, remedy);
  }
  const large = { on: true, message: "x".repeat(1e5) };
  assert.equal((await tell(it, "maintenance", large)).status, 413);
  assert.equal((await it.get("/")).status, 200, "nothing was announced");
  assert.equal(it.log.of("fault").length, 0);
});

for (const state of /** @type {const} */ (["own", undefined])) {
  const how = state ?? "no object";

  test(`a busy isolate learns it behind its requests: ${how}`, async (t) => {
    const it = await site(t, { beside: 1, state });
    const beside = async () => (await it.getBeside(0, "/")).status;
    assert.equal(await beside(), 200);
    const said = await announce(it, { on: true });
    assert.equal(said.reach, state ? "everywhere" : "this data centre");
    await until("it knows", async () => (await beside()) === 503);
    await announce(it, { on: false });
    await until("it knows", async () => (await beside()) === 200);
  });

  for (const [mode, lastgood] of Object.entries({ STANDBY, CACHE }))
    test(`one that is new learns it before it shows a copy: ${how}, ${mode}`, async (t) => {
      const it = await site(t, {
        script: [PAGE, "502"],
        ...{ beside: 2, state, lastgood },
      });
      await keep(it);
      await announce(it, { on: true, allow_header: "x-staff" });
      const seen = await it.getBeside(0, "/");
      assert.equal(seen.status, 503);
      assert.match(seen.text, /worked on/);
      await announce(it, { on: true, copies: true });
      assert.equal((await it.getBeside(1, "/")).status, 200);
    });

  test(`it outlasts a restart, and so does its end: ${how}`, async (t) => {
    const it = await site(t, {
      script: [PAGE],
      ...{ keepsStore: true, state, lastgood: CACHE },
    });
    await keep(it);
    await announce(it, { on: true });
    await it.worker.restart();
    assert.equal((await it.get("/")).status, 503);
    await announce(it, { on: false });
    await it.worker.restart();
    assert.equal((await it.get("/")).status, 200);
  });

  test(`purges and announcements leave each other alone: ${how}`, async (t) => {
    const it = await site(t, {
      script: { "/a": [PAGE, "502"], "/b": [PAGE, "502"], "/shop": [PAGE] },
      ...{ keepsStore: true, state },
    });
    for (const path of ["/a", "/b"]) await keep(it, path);
    const gone = { url: "/a", hard: true };
    await Promise.all([
      order(it, "purge", gone),
      announce(it, { on: true, path: "/shop" }),
    ]);
    await order(it, "purge", { prefix: "/c" });
    for (const restarted of [false, true]) {
      if (restarted) await it.worker.restart();
      assert.equal(sourceOf(await it.get("/a")), "answer");
      assert.equal(sourceOf(await it.get("/b")), "copy");
      assert.equal((await it.get("/shop")).status, 503);
    }
    await announce(it, { on: false });
    assert.equal(sourceOf(await it.get("/a")), "answer");
    assert.equal((await it.get("/shop")).status, 200);
  });
}

test("it outlasts a trap of the core", async (t) => {
  const it = await site(t, { code: hexedCode("exchange_new") });
  await announce(it, { on: true });
  // What is read behind this one is not read again behind the next.
  assert.equal((await it.get("/")).status, 503);
  await it.get(`/${HEX}`);
  await it.log.waitFor("a fault", ({ lastgood }) => lastgood === "fault");
  const { count } = it.origin;
  assert.equal((await it.get("/")).status, 503);
  assert.equal(it.origin.count, count);
});

for (const at of ["maintenance_wish", "purges_with", "learn_purges"])
  test(`${at} traps: nobody else notices`, async (t) => {
    const it = await site(t, { code: hexedCode(at), state: "own" });
    assert.equal((await it.get("/")).status, 200);
    const seen = await tell(it, "maintenance", { on: true });
    assert.ok(seen.status >= 500, `${seen.status}`);
    await it.log.waitFor("a fault", ({ lastgood }) => lastgood === "fault");
    assert.equal((await it.get("/")).status, 200);
    assert.ok(it.origin.calls.every(({ path }) => path === "/"));
  });

for (const state of /** @type {const} */ (["slow", "broken"]))
  test(`an object that is ${state}: operators are told`, async (t) => {
    const it = await site(t, { state });
    const seen = await tell(it, "maintenance", { on: true });
    assert.equal(seen.status, 503);
    assert.match(seen.said.detail, /Ask again/);
    assert.equal((await it.get("/")).status, 200);
    assert.equal(it.log.of("fault").length, 0);
  });

test("the command announces, and says how far that reaches", async (t) => {
  const it = await site(t);
  const to = ["--site", `http://127.0.0.1:${it.worker.port}`];
  const end = at(HOUR);
  const file = scratchPath("maintenance.json");
  const on = await script("maintenance", [
    ...[...to, "--on", "--end", end, "--path", "/shop/*"],
    ...["--message", "New ovens.", "--copies", "--allow-header", "x-staff: a"],
    ...["--json", file],
  ]);
  assert.equal(
    on.said,
    `Maintenance is on for /shop/* until ${end}. Known in this data centre within 10s (bind LASTGOOD_STATE to reach all).\n`,
  );
  assert.equal(on.code, 0);
  const { status, answer } = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(status, 200);
  assert.deepEqual(answer.maintenance, {
    ...{ on: true, end, path: "/shop/*", message: "New ovens." },
    ...{ copies: true, allow_header: "x-staff: a" },
  });
  const staff = { "x-staff": "a" };
  assert.equal((await it.get("/shop/1")).status, 503);
  assert.equal((await it.get("/shop/1", staff)).status, 200);
  const off = await script("maintenance", [...to, "--off"]);
  assert.match(off.said, /^Maintenance is off, unless .*\. Known in this data/);
  assert.equal(off.code, 0);
  assert.equal((await it.get("/shop/1")).status, 200);

  /** @type {[string[], Record<string, string> | undefined, number, RegExp][]} */
  const wrong = [
    [[...to], undefined, 2, /npm run maintenance/],
    [[...to, "--on", "--off"], undefined, 2, /npm run maintenance/],
    [[...to, "--off", "--path", "/"], undefined, 2, /npm run maintenance/],
    [["--on"], undefined, 2, /npm run maintenance/],
    [[...to, "--no"], undefined, 2, /no'[^]*npm run maintenance/],
    [["--site", "http://a.test", "--on"], undefined, 2, /in the clear/],
    [[...to, "--on"], { LASTGOOD_PURGE_TOKEN: "" }, 2, /no LASTGOOD_PURGE/],
    [[...to, "--on"], { LASTGOOD_PURGE_TOKEN: "x" }, 1, /not the one/],
    [[...to, "--on", "--end", "soon"], undefined, 1, /end = .*offset from/],
    [["--site", it.origin.url, "--on"], undefined, 1, /not lastgood/],
  ];
  for (const [parameters, env, code, said] of wrong) {
    const seen = await script("maintenance", parameters, env);
    assert.match(seen.said, said, parameters.join(" "));
    assert.equal(seen.code, code, parameters.join(" "));
  }
  const mine = ["--on", "--token-env", "MINE"];
  const other = await script("maintenance", [...to, ...mine], {
    MINE: TOKEN,
  });
  assert.equal(other.code, 0, other.said);
});
