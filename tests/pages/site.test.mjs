// @ts-check
/** The project's site: decent everywhere, its links lead somewhere, its figures are ours. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { startSite } from "../../scripts/start/site.mjs";
import {
  SCHEMES,
  WIDTHS,
  isDecent,
  launch,
  open,
} from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

const BUILT = inRoot("dist", "www");
const PAGES = ["/", "/playground/", "/causes/", "/texts/", "/texts/ar/"];

const [browser, site] = await Promise.all([launch(), startSite(0)]);
after(() => Promise.all([browser.close(), site.stop()]));

for (const path of PAGES)
  for (const colorScheme of SCHEMES)
    for (const width of WIDTHS)
      test(`decent: ${path}, ${colorScheme}, ${width} px`, async () => {
        const shown = await open(browser, { colorScheme, width });
        await shown.page.goto(site.url + path);
        if (path === "/playground/")
          await shown.page.waitForSelector("#story li");
        const name = path.replaceAll("/", "-");
        await isDecent(shown, `site${name}${colorScheme}-${width}`);
        await shown.close();
      });

/** All pages as they are served. @returns {[string, string][]} */
function built() {
  const files = readdirSync(BUILT, { recursive: true }).map(String);
  return files
    .filter((file) => file.endsWith(".html"))
    .map((file) => [file, readFileSync(join(BUILT, file), "utf8")]);
}

test("every link leads to a page, and to the place in it", async () => {
  const pages = new Map(built());
  const ids = new Map(
    [...pages].map(([file, html]) => [
      file,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const dead = [...pages].flatMap(([file, html]) =>
    [...html.matchAll(/ (?:href|src)="([^"]+)"/g)]
      .map(([, link]) => link)
      .filter((link) => !link.startsWith("data:"))
      .filter((link) => !leads(file, link, ids))
      .map((link) => `${file}: ${link}`),
  );
  assert.deepEqual(dead, []);
  assert.equal(pages.size, 31 + 4, "31 languages, and four pages beside them");
});

/**
 * @param {string} file
 * @param {string} link
 * @param {Map<string, Set<string>>} ids
 */
function leads(file, link, ids) {
  const [path, fragment] = link.split("#");
  if (!path) return ids.get(file)?.has(fragment);
  const target = path.endsWith("/") ? `${path}index.html` : path;
  if (!existsSync(join(BUILT, target))) return false;
  // What is behind the playground's mark is for its script.
  const known = ids.get(target.slice(1));
  return !fragment || path === "/playground/" || known?.has(fragment);
}

test("every cause and number of causes.md has a place of its own", async () => {
  const told = readFileSync(inRoot("src", "answer", "causes.md"), "utf8");
  const names = [...told.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  const html = readFileSync(join(BUILT, "causes", "index.html"), "utf8");
  const absent = names.filter((name) => !html.includes(` id="${name}"`));
  assert.ok(names.length > 40);
  assert.deepEqual(absent, []);
});

test("every figure with an error stands in the benchmark's own account", async () => {
  const html = readFileSync(join(BUILT, "index.html"), "utf8");
  const ours = readFileSync(inRoot("benches", "README.md"), "utf8");
  const figures = html.replaceAll(/\s+/g, " ").match(/[\d.]+ \(±\d+ %\)/g);
  assert.ok(figures?.length);
  for (const figure of figures) assert.ok(ours.includes(figure), figure);
});

test("pages are served under a strict policy, and have nothing that needs another", async () => {
  const response = await fetch(site.url);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
  assert.doesNotMatch(policy, /unsafe-inline/);
  for (const [file, html] of built())
    assert.doesNotMatch(
      html,
      /<style| style=| on\w+="|<script(?! type="module" src)/,
      file,
    );
});

test("what is not there is said to be not there", async () => {
  for (const path of ["/nothing", "/_headers", "/../package.json"]) {
    const response = await fetch(site.url + path);
    assert.equal(response.status, 404, path);
    assert.match(await response.text(), /no page at this address/);
  }
});

test("after one visit the site is read without its server, with a notice, and is itself again with it", async (t) => {
  const own = await startSite(0);
  t.after(() => own.stop().catch(() => {}));
  const { page, close } = await open(browser);
  t.after(close);
  await page.goto(own.url);
  await until("the page is kept", () => page.evaluate(KEPT));
  const port = Number(new URL(own.url).port);
  await own.stop();
  await page.reload();
  await page
    .getByRole("heading", { name: "Keeps the last good page" })
    .waitFor();
  await page.getByText(/Copy saved .* ago/).waitFor();
  const styled = "getComputedStyle(document.querySelector('.skip')).position";
  assert.equal(await page.evaluate(styled), "absolute", "it has its style");
  const again = await startSite(port);
  t.after(again.stop);
  await page.reload();
  assert.equal(await page.getByText(/Copy saved .* ago/).count(), 0);
});

/** The service worker has what the page is made of. */
const KEPT = async () => {
  const store = "lastgood-copies-1";
  if (!(await caches.has(store))) return false;
  const kept = (await (await caches.open(store)).keys()).map(({ url }) => url);
  const style = document.querySelector("link[rel=stylesheet]");
  return kept.includes(location.href) && kept.includes(Object(style).href);
};

test("without scripts there is something to read", async () => {
  const { page, close } = await open(browser, { javaScriptEnabled: false });
  await page.goto(`${site.url}/playground/`);
  assert.match(await page.innerText("main"), /without\s+scripts/);
  await page.goto(`${site.url}/causes/#bad-gateway`);
  assert.ok(await page.isVisible("#bad-gateway"));
  await close();
});
