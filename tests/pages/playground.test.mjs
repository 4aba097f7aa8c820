// @ts-check
/** The playground: what it shows is so, by keyboard and by address. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { loadCore } from "../../scripts/build/site/core.mjs";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { startSite } from "../../scripts/start/site.mjs";
import { PRESETS } from "../../www/playground/presets.js";
import {
  fromAddress,
  scenarioOf,
  stateOf,
  toAddress,
} from "../../www/playground/state.js";
import { isDecent, launch, open } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/chromium.mjs").Page} Page */
/** @typedef {import("lastgood-playground").Played} Played */

const [browser, site, core] = await Promise.all([
  launch(),
  startSite(0),
  loadCore(inRoot("dist", "playground")),
]);
after(() => Promise.all([browser.close(), site.stop()]));

/**
 * @param {string} [address]
 * @param {import("../support/chromium.mjs").ContextOptions & { width?: number }} [options]
 */
async function playground(address = "", options = {}) {
  const shown = await open(browser, options);
  await shown.page.goto(`${site.url}/playground/${address}`);
  await shown.page.waitForSelector("#story li");
  return shown;
}

/** Everything that is told, picture included. @param {Page} page */
async function told(page) {
  const lists = ["#about", "#tally", "#story", "#turning", "#log"];
  const texts = lists.map((list) => page.textContent(list));
  const drawing = page.innerHTML("#drawing");
  return Promise.all([...texts, drawing]);
}

/** @param {Played} played */
const shown = ({ requests }) => requests.map(({ shown }) => shown);
/** @param {Played} played */
const attempts = ({ requests }) => requests.flatMap(({ attempts }) => attempts);
/** @param {Played} played @param {RegExp} words */
const says = ({ events }, words) => events.some(({ text }) => words.test(text));
/** @param {Played} played @param {(string | undefined)[]} kinds */
const only = (played, ...kinds) =>
  assert.deepEqual([...new Set(shown(played))].sort(), kinds.sort());

/** What each preset claims. @type {Record<string, (played: Played) => void>} */
const CLAIMS = {
  outage(played) {
    only(played, "origin", "copy");
    const kinds = played.events.map(({ kind }) => kind);
    assert.ok(kinds.includes("down") && kinds.includes("up"));
    const spared = played.requests.filter(({ why }) => why === "origin-down");
    assert.ok(
      spared.every(({ at, until }) => at === until),
      "at once",
    );
  },
  "no-copy"(played) {
    only(played, "answer");
    assert.equal(attempts(played).length, 3);
    assert.ok(says(played, /Retry-After: \d+/));
  },
  post(played) {
    assert.equal(attempts(played).length, 1, "exactly one attempt");
    assert.ok(says(played, /may have been processed/));
    only(played, "answer");
  },
  "keyed-post"(played) {
    assert.equal(attempts(played).length, 2);
    only(played, "origin");
  },
  hang(played) {
    only(played, "copy");
    assert.equal(played.requests[0].until, 700);
  },
  slow(played) {
    only(played, "copy");
    assert.equal(played.requests[0].until, 700);
    assert.ok(says(played, /^Late, behind the reply: the origin answers 200/));
    assert.equal(played.events.at(-1)?.kind, "kept");
  },
  brownout(played) {
    const saved = shown(played).filter((shown) => shown === "origin").length;
    assert.ok(saved > 0.95 * played.requests.length, `${saved} saved`);
    assert.ok(attempts(played).some(({ number }) => number === 3));
  },
  "retry-after"(played) {
    only(played, "origin");
    const [first, second] = attempts(played);
    assert.ok(second.from - (first.until ?? 0) >= 2000);
  },
  backup(played) {
    only(played, "origin");
    assert.ok(attempts(played).some(({ origin }) => origin === 1));
    const passed = (/** @type {Played["requests"][0]} */ { at, attempts }) =>
      at > 8000 && attempts[0]?.origin === 1;
    assert.ok(played.requests.some(passed), "the first one is passed over");
  },
  disguised(played) {
    only(played, "copy");
    assert.equal(played.requests[0].cause, "disguised");
  },
  cut(played) {
    const kinds = shown(played);
    assert.equal(kinds.filter((kind) => kind === "broken").length, 1);
    assert.equal(kinds[4], "broken");
    assert.ok(kinds.slice(5, 12).every((kind) => kind === "copy"));
  },
  silence(played) {
    only(played, "origin", "copy");
    const down = played.events.find(({ kind }) => kind === "down");
    assert.ok(down && down.at < 8000, "found out within three seconds");
  },
  forbidden(played) {
    only(played, "answer");
    assert.ok(says(played, /there is one, 10 min old/));
    assert.ok(says(played, /The copy may not be shown/));
  },
  cache(played) {
    assert.ok(
      !shown(played).includes("answer") && !shown(played).includes("error"),
    );
    assert.ok(shown(played).filter((kind) => kind === "hit").length > 30);
    assert.ok(says(played, /behind the reply/));
  },
  maintenance(played) {
    only(played, "answer");
    assert.equal(attempts(played).length, 0);
    assert.equal(played.requests[0].cause, "maintenance");
  },
};

test("every preset shows what it claims", async () => {
  assert.deepEqual(
    Object.keys(CLAIMS),
    PRESETS.map(({ name }) => name),
  );
  for (const { name, state } of PRESETS) {
    const { scenario, wrong } = scenarioOf(stateOf(state));
    const played = core.play(scenario);
    assert.deepEqual([wrong, played.problems], [undefined, []], name);
    try {
      CLAIMS[name](played);
    } catch (error) {
      throw new Error(`${name}: ${error}`, { cause: error });
    }
  }
});

test("a scenario comes to the same by its seed, and to something else by another", async () => {
  const brownout = PRESETS.find(({ name }) => name === "brownout");
  const play = (/** @type {string} */ seed) =>
    core.play(scenarioOf(stateOf({ ...brownout?.state, seed })).scenario);
  assert.deepEqual(play("1"), play("1"));
  assert.notDeepEqual(play("1"), play("2"));
});

test("an address leads back to what was composed", async () => {
  for (const { name, state } of PRESETS) {
    const composed = stateOf(state);
    assert.equal(toAddress(composed), name);
    assert.deepEqual(fromAddress(name), composed);
    const changed = { ...composed, path: "/ä?x=„1“", seed: "9" };
    assert.match(toAddress(changed), /^s=[\w-]+$/);
    assert.deepEqual(fromAddress(toAddress(changed)), changed);
  }
});

test("whoever opens a shared address sees the same", async () => {
  const composed = stateOf({
    ...PRESETS[0].state,
    seed: "77",
    every: "250ms",
    policy: "[vars.LASTGOOD]\nattempts = 2\n",
  });
  const one = await playground();
  await one.page.fill("[name=seed]", composed.seed);
  await one.page.fill("[name=every]", composed.every);
  await one.page.fill("#policy", composed.policy);
  await one.page.waitForURL((url) => url.hash === `#${toAddress(composed)}`);
  const other = await playground(new URL(one.page.url()).hash);
  for (const { page } of [one, other])
    await page.locator("#request").fill("90");
  const [seen, same] = await Promise.all([told(one.page), told(other.page)]);
  for (const [index, part] of seen.entries())
    assert.ok(part === same[index], `part ${index} differs`);
  assert.match(seen[2] ?? "", /known to be down/);
  assert.equal(await other.page.inputValue("[name=seed]"), "77");
  for (const { complaints, close } of [one, other]) {
    complaints.none();
    await close();
  }
});

test("it is played by keyboard alone", async () => {
  const { page, complaints, close } = await playground();
  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").innerText(), "Skip to the content");
  const post = page.locator("#preset-post");
  await reach(page, "preset-post");
  await page.keyboard.press("Enter");
  await page.locator("#story", { hasText: "been processed" }).waitFor();
  assert.equal(await post.getAttribute("aria-pressed"), "true");
  assert.equal(new URL(page.url()).hash, "#post");
  await page.locator("#preset-outage").focus();
  await page.keyboard.press("Space");
  await page.locator("#chosen", { hasText: "of 120" }).waitFor();
  await reach(page, "request");
  const before = await page.innerText("#chosen");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await page.innerText("#chosen"), before);
  assert.match(await page.innerText("#chosen"), /^119 of 120/);
  const status = page.locator("[name=fault-status]");
  await status.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("500");
  await page.locator("#turning", { hasText: "begins: 500" }).waitFor();
  await reach(page, "add");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#faults > fieldset").count(), 2);
  assert.equal(
    await page.locator(":focus").getAttribute("data-field"),
    "faults[1].what",
  );
  complaints.none();
  await close();
});

/** Tabs on until the element of this id has the focus. @param {Page} page @param {string} id */
async function reach(page, id) {
  for (let steps = 0; steps < 60; steps++) {
    await page.keyboard.press("Tab");
    const at = await page.locator(":focus").getAttribute("id");
    if (at === id) return;
  }
  assert.fail(`#${id} is not reached with Tab`);
}

test("what is wrong is named, with what would be right", async () => {
  const { page, complaints, close } = await playground("#no-copy");
  await page.fill("#policy", "[vars.LASTGOOD]\natempts = 3\n");
  await page.locator("#problems li").waitFor();
  assert.match(await page.innerText("#problems"), /LASTGOOD\.atempts = 3/);
  assert.equal(await page.getAttribute("#policy", "aria-invalid"), "true");
  await page.fill("#policy", "[vars.LASTGOOD\n");
  await page.locator("#problems", { hasText: "TOML" }).waitFor();
  await page.fill("#policy", "");
  await page.fill("[name=fault-from]", "soon");
  await page.locator("#problems", { hasText: "faults[0].from" }).waitFor();
  const from = page.locator("[name=fault-from]");
  assert.equal(await from.getAttribute("aria-invalid"), "true");
  assert.equal(await page.locator("#policy[aria-invalid]").count(), 0);
  complaints.none();
  await close();
});

test("the page that went out is shown as it looked, and says what was composed", async () => {
  const { page, complaints, close } = await playground("#maintenance");
  const frame = page.frameLocator("#window iframe");
  await frame.getByText("We are moving to a larger kitchen.").waitFor();
  const style = () =>
    frame.locator("body").evaluate((body) => {
      const { fontFamily, margin } = getComputedStyle(body);
      return `${fontFamily} ${margin}`;
    });
  await until("it has its style", async () => !/Times/.test(await style()));
  await page.selectOption("[name=who]", "client");
  await page.locator("#window pre").waitFor();
  assert.match(await page.innerText("#window pre"), /"cause": ?"maintenance"/);
  complaints.none();
  await close();
});

test("an address may say anything", async () => {
  const code = (/** @type {unknown} */ value) =>
    `#s=${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
  const { page, complaints, close } = await playground("#s=//");
  for (const address of [
    "#nothing",
    "#s=",
    "#s=AAAA",
    "#s=%%%",
    code(null),
    code([1]),
    code({ path: 7, faults: [{ what: 9 }, null, "x"], every: {} }),
    code({ path: "<img src=x onerror=alert(1)>", who: "__proto__", seed: "x" }),
    code({
      faults: Array(500).fill({ what: "hang" }),
      every: "1ms",
      for: "5m",
    }),
    code({ policy: "vars = 1", fields: ":\n: a\n__proto__: b" }),
  ]) {
    await page.goto(`${site.url}/playground/${address}`);
    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    await page.locator("#result[aria-busy=false]").waitFor();
    assert.ok((await page.locator("#story li").count()) > 1, address);
    assert.ok(
      (await page.locator("#faults > fieldset").count()) <= 12,
      address,
    );
  }
  complaints.none();
  await close();
});

test("many misbehaviours and an answer are decent on a phone, too", async () => {
  const shown = await playground("#no-copy", { width: 320 });
  await shown.page.click("#add");
  await shown.page.fill("#policy", "[vars.LASTGOOD]\natempts = 3\n");
  await shown.page.locator("#problems li").waitFor();
  for (const summary of await shown.page.locator("summary").all())
    await summary.click();
  await isDecent(shown, "playground-unfolded-320");
  await shown.close();
});
