// @ts-check
/** The error page in its looks, with a brand and without, as all kinds of readers see it. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { isDecent, launch, open, SCHEMES } from "../support/chromium.mjs";
import { BRISK, FORGETFUL, siteWith } from "../support/site.mjs";
import { test } from "../support/test.mjs";

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#0a7d4f"/></svg>`;
const BRAND = {
  name: "Corner Bakery – the one at the corner of Long Street",
  logo: LOGO,
  colour: "#0a7d4f",
  font: "Georgia, 'Times New Roman', serif",
  links: [{ text: "Status", url: "https://status.example.com/" }],
  contact: "hello@example.com",
  message: { en: "Call us: 555 0123.", ar: "اتصلوا بنا." },
};
const LOOKS = ["calm", "plain", "status"];
const LANGUAGES = ["en", "ar", "ja"];
const WIDTHS = [320, 480, 768, 1280];

const browser = await launch();
after(() => browser.close());

/** @param {string} look @param {object} [more] */
async function sited(look, more) {
  const { worker } = await siteWith(
    { after },
    {
      script: { "/favicon.ico": ["204"], "*": ["502"] },
      lastgood: {
        ...BRISK,
        ...FORGETFUL,
        page: { look, ...more },
        routes: [
          { path: "/work", maintenance: { end: "2099-01-01T00:00:00Z" } },
        ],
      },
    },
  );
  return (/** @type {string} */ path) =>
    `http://127.0.0.1:${worker.port}${path}`;
}

for (const look of LOOKS) {
  const plain = await sited(look);
  const branded = await sited(look, BRAND);

  for (const language of LANGUAGES)
    for (const colorScheme of SCHEMES)
      test(`${look}, ${language}, ${colorScheme}: with a brand, without, and at work`, async () => {
        for (const [kind, url] of [
          ["own", branded("/")],
          ["ours", plain("/")],
          ["work", branded("/work")],
        ]) {
          const extraHTTPHeaders = { "accept-language": language };
          const options = { colorScheme, width: 320, extraHTTPHeaders };
          const shown = await open(browser, options);
          await shown.page.goto(url);
          await isDecent(
            shown,
            `look-${look}-${kind}-${language}-${colorScheme}`,
          );
          await shown.close();
        }
      });

  test(`${look}, from a phone to a desk`, async () => {
    for (const width of WIDTHS) {
      const shown = await open(browser, { width });
      await shown.page.goto(branded("/"));
      await isDecent(shown, `look-${look}-${width}`);
      await shown.close();
    }
  });

  test(`${look}, for who needs contrast, stillness or paper`, async () => {
    for (const [kind, options] of /** @type {[string, object][]} */ ([
      ["forced", { forcedColors: "active" }],
      ["still", { reducedMotion: "reduce" }],
      ["contrast", { contrast: "more" }],
    ])) {
      const shown = await open(browser, { width: 480, ...options });
      await shown.page.goto(branded("/"));
      await isDecent(shown, `look-${look}-${kind}`);
      await shown.close();
    }
    const shown = await open(browser, { width: 768 });
    await shown.page.goto(branded("/"));
    await shown.page.emulateMedia({ media: "print" });
    assert.equal(await shown.page.locator("button:visible").count(), 0);
    await isDecent(shown, `look-${look}-print`);
    await shown.close();
  });
}

test("a brand is seen", async () => {
  const url = await sited("calm", BRAND);
  const shown = await open(browser);
  const { page, complaints } = shown;
  await page.goto(url("/"));
  const key = page.locator("#again");
  const style = (/** @type {string} */ name) =>
    key.evaluate(
      (it, name) => getComputedStyle(it).getPropertyValue(name),
      name,
    );
  assert.equal(await style("background-color"), "rgb(10, 125, 79)");
  assert.match(await style("font-family"), /^Georgia/);
  assert.equal(
    await page
      .locator("header img")
      .evaluate((it) => /** @type {any} */ (it).naturalWidth > 0),
    true,
  );
  assert.match(await page.title(), / – Corner Bakery/);
  complaints.none();
  await shown.close();
});
