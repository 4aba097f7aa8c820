// @ts-check
/**
 * Rehearsals: a fault happens to the request that carries a token, and to
 * nobody else; without a good token, nothing happens at all.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tokenFor } from "../../scripts/rehearse/token.mjs";
import { HOST, keep, siteWith, sourceOf } from "../support/site.mjs";
import { test } from "../support/test.mjs";

/** @typedef {import("../support/test.mjs").TestContext} TestContext */
/** @typedef {import("../support/site.mjs").Site} Site */

const SECRET = "a secret of the operator’s";
const now = () => Math.floor(Date.now() / 1000);
const BRIEF = {
  ...{ attempts: 2, backoff: { base: "0s", cap: "0s" } },
  ...{ deadline: "400ms", soft_deadline: "200ms" },
};

/** @param {Partial<Parameters<typeof tokenFor>[0]>} [wish] */
const token = (wish = {}) =>
  tokenFor({
    ...{ fault: "502", host: HOST, expires: now() + 60, secret: SECRET },
    ...wish,
  });

/** @param {TestContext} t @param {Parameters<typeof siteWith>[1]} [options] */
const rehearsedSite = (t, options = {}) =>
  siteWith(t, {
    lastgood: BRIEF,
    bindings: { LASTGOOD_SECRET: SECRET },
    ...options,
  });

/** @param {Site} site @param {string} path @param {Parameters<typeof token>[0]} [wish] */
const rehearse = (site, path, wish) =>
  site.get(path, { "lastgood-rehearsal": token(wish) });

for (const fault of ["502", "network", "silence"])
  test(`it happens to one request: ${fault}`, async (t) => {
    const site = await rehearsedSite(t);
    const [seen, other] = await Promise.all([
      rehearse(site, "/", { fault }),
      site.get("/other"),
    ]);
    assert.equal(sourceOf(seen), "answer");
    assert.equal(other.status, 200);
    assert.equal(sourceOf(other), "origin");
    assert.deepEqual(
      site.origin.calls.map(({ path }) => path),
      ["/other"],
    );
    const line = await site.log.waitFor("it", ({ url }) => url === "/");
    assert.equal(line.shown, "answer");
  });

test("it happens to what is sent, too, and is not sent", async (t) => {
  const site = await rehearsedSite(t);
  const seen = await site.ask({
    method: "POST",
    body: Buffer.from("x"),
    headers: [["lastgood-rehearsal", token({ fault: "network" })]],
  });
  assert.equal(sourceOf(seen), "answer");
  assert.equal(site.origin.count, 0);
});

test("with a copy: the copy, which stays what it is", async (t) => {
  const site = await rehearsedSite(t, {
    script: ["200#first", "200#second"],
    lastgood: { ...BRIEF, keep_every: "0s" },
  });
  await keep(site);
  for (const fault of ["502", "network", "silence"]) {
    const seen = await rehearse(site, "/", { fault });
    assert.equal(sourceOf(seen), "copy", fault);
    assert.match(seen.text, /#first\]\]/);
  }
  assert.equal(site.origin.count, 1);
  assert.match((await site.get("/")).text, /#second\]\]/);
});

test("one attempt fails, the second comes through; nothing is kept of it", async (t) => {
  const site = await rehearsedSite(t);
  const seen = await rehearse(site, "/", { attempts: "1" });
  assert.equal(seen.status, 200);
  assert.equal(seen.headers["lastgood-attempt"], "2");
  const [call] = site.origin.calls;
  assert.equal(
    call.headers["lastgood-rehearsal"],
    undefined,
    "kept from the origin",
  );
  await keep(site, "/other");
  assert.equal(await site.worker.stored(`http://${HOST}/`), null);
});

test("fifty of them teach nothing", async (t) => {
  const site = await rehearsedSite(t);
  for (let turn = 0; turn < 50; turn++)
    await rehearse(site, "/", { fault: turn % 2 ? "502" : "network" });
  assert.equal(site.origin.count, 0);
  for (const path of ["/", "/other"]) {
    const seen = await site.get(path);
    assert.equal(seen.status, 200);
    assert.equal(sourceOf(seen), "origin");
  }
  await site.origin.setScript(["502", "200"]);
  const seen = await site.get("/third");
  assert.equal(seen.status, 200, "nor is the budget spent");
});

/** @type {Record<string, () => string>} */
const NO_TOKENS = {
  "one that expired": () => token({ expires: now() - 1 }),
  "one for longer than a day": () => token({ expires: now() + 90_000 }),
  "one of another secret": () => token({ secret: "another" }),
  "one for another host": () => token({ host: "other.test" }),
  "one that was changed": () => token().replace(/^502/, "503"),
  "one made longer": () =>
    token().replace(/\.(\d+)\./, (_, end) => `.${Number(end) + 1}.`),
  "one with more attempts": () => token({ attempts: "1" }).replace("x1", "x2"),
  "a fault that is none": () => token({ fault: "200" }),
  "half a token": () => token().slice(0, -1),
  junk: () => "%00\t\"';502..,,",
  "a long one": () => "9".repeat(8000),
};

test("without a good token nothing happens, and the origin sees none", async (t) => {
  const site = await rehearsedSite(t);
  for (const [name, make] of Object.entries(NO_TOKENS)) {
    const seen = await site.get("/", { "lastgood-rehearsal": make() });
    assert.equal(seen.status, 200, name);
    assert.equal(sourceOf(seen), "origin", name);
    const call = site.origin.calls.pop();
    assert.equal(call?.headers["lastgood-rehearsal"], undefined, name);
  }
  assert.deepEqual(site.log.raw, []);
});

for (const secret of [undefined, ""])
  test(`without a secret nothing happens: ${secret ?? "none"}`, async (t) => {
    const bindings = secret === undefined ? {} : { LASTGOOD_SECRET: secret };
    const site = await rehearsedSite(t, { bindings });
    for (const signed of [SECRET, "undefined", "null"]) {
      const seen = await rehearse(site, "/", { secret: signed });
      assert.equal(seen.status, 200);
      assert.equal(
        site.origin.calls.pop()?.headers["lastgood-rehearsal"],
        undefined,
      );
    }
  });

/** @param {Site} site @param {string[]} parameters @returns {Promise<{ code: number, said: string }>} */
const command = ({ worker }, ...parameters) =>
  new Promise((resolve) => {
    const script = fileURLToPath(
      new URL("../../scripts/rehearse.mjs", import.meta.url),
    );
    const url = ["--url", `http://127.0.0.1:${worker.port}/`];
    const env = { ...process.env, MY_SECRET: SECRET };
    execFile(
      process.execPath,
      [script, ...parameters, ...url],
      { env },
      (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), said: out + err }),
    );
  });

test("the command tries it and says what was shown", async (t) => {
  const site = await rehearsedSite(t);
  const mine = ["--secret-env", "MY_SECRET"];
  const answer = await command(site, "502", ...mine);
  assert.match(answer.said, /^503 .*\ncache-status: lastgood; fwd=miss/);
  assert.match(answer.said, /Shown: an answer of our own/);
  assert.equal(answer.code, 0);
  const further = await command(site, "network", "--attempts", "1", ...mine);
  assert.match(further.said, /^200 OK\n[^]*further attempt/);
  const printed = await command(site, "502", "--print", "--for", "1h", ...mine);
  assert.match(
    printed.said,
    /^lastgood-rehearsal: 502\.\d{10}\.[\da-f]{64}\n$/,
  );
  assert.equal((await command(site, "502")).code, 2, "no secret");
  assert.equal((await command(site, "200", ...mine)).code, 2, "no fault");
  assert.equal((await command(site, "502", "--for", "25h", ...mine)).code, 2);
  const other = await command(site, "502", "--secret-env", "PATH");
  assert.match(other.said, /Nothing happened/);
  assert.equal(other.code, 1);
});
