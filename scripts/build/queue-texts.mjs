// @ts-check
/**
 * The texts of the write queue: a file per language in `src/browser/queue/languages/`,
 * English in `texts.js`. A text that is missing, or that has another placeholder than the
 * English one, is an error of the build: no user ever meets it.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TEXTS } from "../../src/browser/queue/texts.js";
import { inRoot } from "../setup/paths.mjs";

/** @typedef {typeof TEXTS} Texts */

const OWN = inRoot("src", "browser", "queue", "languages");
/** What is said to visitors, of which each language has to have the queue's texts as well. */
const VISITORS = inRoot("src", "answer", "languages");

/** What a file says of its language. */
const FACTS = { reviewed: ["no", "yes"] };
const { tag: DEFAULT, direction: _, ...ENGLISH } = TEXTS;

/** The texts of all languages, by tag. @returns {Record<string, Texts>} */
export function queueTexts() {
  const tags = readdirSync(VISITORS)
    .map((file) => file.replace(".txt", ""))
    .filter((tag) => tag !== "aliases");
  const stranger = readdirSync(OWN).find(
    (file) => !tags.includes(file.replace(".txt", "")),
  );
  if (stranger) throw new Error(`${stranger} is of no language here`);
  return Object.fromEntries(
    tags.map((tag) => [tag, tag === DEFAULT ? TEXTS : textsOf(tag)]),
  );
}

/** @param {string} tag */
function textsOf(tag) {
  const theirs = readFileSync(join(VISITORS, `${tag}.txt`), "utf8");
  const direction = pairs(theirs).get("direction") ?? "";
  const text = readFileSync(join(OWN, `${tag}.txt`), "utf8");
  try {
    return { tag, direction, ...checked(text) };
  } catch (error) {
    throw new Error(`queue/languages/${tag}: ${Object(error).message}`);
  }
}

/**
 * The texts of a file, each of which is there and has its placeholder.
 * @param {string} text
 * @returns {typeof ENGLISH}
 */
export function checked(text) {
  const given = pairs(text);
  for (const [fact, values] of Object.entries(FACTS)) {
    const value = given.get(fact) ?? "";
    if (!values.includes(value))
      throw new Error(
        `\`${fact}\` is ${values.join(" or ")}, not \`${value}\``,
      );
    given.delete(fact);
  }
  for (const [name, english] of Object.entries(ENGLISH)) {
    const value = given.get(name);
    if (!value) throw new Error(`\`${name}\` is missing`);
    if (placeholders(value) !== placeholders(english))
      throw new Error(
        `\`${name}\` has ${placeholders(value) || "no placeholder"}, not ${placeholders(english) || "none"}`,
      );
  }
  const stranger = [...given.keys()].find((name) => !(name in ENGLISH));
  if (stranger) throw new Error(`\`${stranger}\` is no text of ours`);
  return /** @type {typeof ENGLISH} */ (Object.fromEntries(given));
}

/** @param {string} text */
const placeholders = (text) => (text.match(/\{.*?\}|[{}]/g) ?? []).join(" ");

/** `key = text` lines; `#` begins a comment. @param {string} text */
function pairs(text) {
  /** @type {Map<string, string>} */
  const pairs = new Map();
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (!line || line.startsWith("#")) continue;
    const sign = line.indexOf("=");
    if (sign < 0) throw new Error(`\`${line}\` is not \`key = text\``);
    const key = line.slice(0, sign).trim();
    if (pairs.has(key)) throw new Error(`\`${key}\` is there twice`);
    pairs.set(key, line.slice(sign + 1).trim());
  }
  return pairs;
}

/**
 * Writes each language as a module, and one that imports each by its tag, but the one
 * that is there anyway.
 * @param {string} made where the latter goes
 * @param {string} out
 */
export function writeQueueTexts(made, out) {
  mkdirSync(out, { recursive: true });
  const all = queueTexts();
  for (const [tag, texts] of Object.entries(all))
    writeFileSync(
      join(out, `${tag}.js`),
      `export default ${JSON.stringify(texts)};\n`,
    );
  const importing = Object.keys(all)
    .filter((tag) => tag !== DEFAULT)
    .map((tag) => `"${tag}": () => import("./queue-languages/${tag}.js"),`);
  const file = join(made, "queue-texts.js");
  writeFileSync(file, `export const files = {\n${importing.join("\n")}\n};\n`);
  return file;
}
