// @ts-check
/** The write queue in 31 languages: all complete, and chosen as their readers want it. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { checked, queueTexts } from "../../scripts/build/queue-texts.mjs";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { TEXTS } from "../../src/browser/queue/texts.js";
import { test } from "../support/test.mjs";

const GERMAN = readFileSync(
  inRoot("src/browser/queue/languages/de.txt"),
  "utf8",
);

test("each language that visitors are spoken to in has all texts of the queue", async () => {
  const built = inRoot("dist", "browser", "queue-languages");
  const visitors = readdirSync(inRoot("dist", "browser", "languages"));
  const tags = visitors.filter((file) => file.endsWith(".txt"));
  assert.equal(tags.length, 31);
  assert.deepEqual(
    readdirSync(built),
    tags.map((file) => file.replace(".txt", ".js")),
  );
  const all = queueTexts();
  for (const [tag, texts] of Object.entries(all)) {
    const { href } = pathToFileURL(`${built}/${tag}.js`);
    assert.deepEqual((await import(href)).default, texts, "as it was built");
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(TEXTS).sort(), tag);
    const rightToLeft = ["ar", "fa", "he"].includes(tag);
    assert.equal(texts.direction, rightToLeft ? "rtl" : "ltr", tag);
    const said = Object.values(texts).slice(2);
    const english = Object.values(TEXTS).slice(2);
    if (tag !== "en")
      for (const text of said) assert.ok(!english.includes(text), text);
  }
});

test("what is wrong in a file is named", async () => {
  const check = (
    /** @type {string} */ from,
    /** @type {string} */ to,
    /** @type {RegExp} */ expected,
  ) => {
    assert.ok(GERMAN.includes(from), from);
    assert.throws(() => checked(GERMAN.replace(from, to)), expected);
  };
  assert.ok(checked(GERMAN));
  check("pageBack = Zurück", "", /`pageBack` is missing/);
  check("pageBack = Zurück", "pageBack =", /`pageBack` is missing/);
  check("pageBack = Zurück", "pageBack", /`pageBack` is not `key = text`/);
  check("pageBack", "pageBehind", /`pageBack` is missing/);
  check("pageBack", "more = x\npageBack", /`more` is no text of ours/);
  check("sending = ", "waiting = ", /`waiting` is there twice/);
  check("{what}: auf", "Auf", /`wasAdded` has no placeholder, not \{what\}/);
  check("{what}: auf", "{what} {what}", /`wasAdded` has \{what\} \{what\}/);
  check("Zurück", "Zurück {what}", /`pageBack` has \{what\}, not none/);
  check("reviewed = no", "reviewed = perhaps", /`reviewed` is no or yes/);
});
