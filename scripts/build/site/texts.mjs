// @ts-check
/**
 * What visitors read, in each of the languages, beside the English of it.
 */
import { readFileSync, readdirSync } from "node:fs";
import { inRoot } from "../../setup/paths.mjs";
import { escaped } from "./html.mjs";

/**
 * @typedef {object} Language
 * @property {string} tag
 * @property {string} name in the language itself
 * @property {string} direction
 * @property {{ about: string, texts: Map<string, string> }[]} groups
 */

/** @returns {Language[]} by their tags */
export function languages() {
  const folder = inRoot("src", "answer", "languages");
  const tags = readdirSync(folder)
    .filter((file) => file.endsWith(".txt") && file !== "aliases.txt")
    .map((file) => file.replace(".txt", ""));
  return tags.map((tag) =>
    read(tag, readFileSync(`${folder}/${tag}.txt`, "utf8")),
  );
}

/**
 * @param {string} tag
 * @param {string} text
 * @returns {Language}
 */
function read(tag, text) {
  const [facts, ...groups] = text.split(/^# /m);
  const known = values(facts);
  return {
    tag,
    name: known.get("name") ?? tag,
    direction: known.get("direction") ?? "ltr",
    groups: groups.map((group) => {
      const [about, ...lines] = group.split("\n");
      return { about, texts: values(lines.join("\n")) };
    }),
  };
}

/** @param {string} lines */
const values = (lines) =>
  new Map(
    lines
      .split("\n")
      .filter((line) => line.includes(" = "))
      .map((line) => {
        const [name, ...rest] = line.split(" = ");
        return /** @type {[string, string]} */ ([name, rest.join(" = ")]);
      }),
  );

/**
 * A page for each language.
 * @param {import("lastgood-playground").Core} core
 * @param {Language[]} all
 */
export function textsPages(core, all) {
  const english = /** @type {Language} */ (all.find(({ tag }) => tag === "en"));
  return all.map((language) => ({
    address: addressOf(language.tag),
    values: {
      name: () => escaped(language.name),
      nav: () => nav(all, language.tag),
      headings: () => headings(core, language),
      texts: () => groups(language, english),
    },
  }));
}

/** @param {string} tag */
const addressOf = (tag) => (tag === "en" ? "/texts/" : `/texts/${tag}/`);

/**
 * @param {Language[]} all
 * @param {string} here
 */
const nav = (all, here) =>
  `<ul>${all
    .map(
      ({ tag, name, direction }) =>
        `<li><a href="${addressOf(tag)}" lang="${tag}" dir="${direction}" hreflang="${tag}"${tag === here ? ' aria-current="page"' : ""}>${escaped(name)}</a></li>`,
    )
    .join("")}</ul>`;

/**
 * What the page is headed with, by cause.
 * @param {import("lastgood-playground").Core} core
 * @param {Language} language
 */
function headings(core, { tag, direction }) {
  /** @type {Map<string, string[]>} */
  const causes = new Map();
  for (const { name, title } of core.advice(tag))
    causes.set(title, [...(causes.get(title) ?? []), name]);
  const rows = [...causes].map(
    ([title, names]) =>
      `<div><dt>${names.map((name) => `<a href="/causes/#${name}"><code>${name}</code></a>`).join(" ")}</dt><dd lang="${tag}" dir="${direction}">${escaped(title)}</dd></div>`,
  );
  return `<dl>${rows.join("")}</dl>`;
}

/**
 * @param {Language} language
 * @param {Language} english
 */
function groups({ tag, direction, groups }, english) {
  const own = new Map(groups.flatMap(({ texts }) => [...texts]));
  return english.groups
    .map(({ about, texts }) => {
      const rows = [...texts].map(([name, text]) => {
        const here = `<dd lang="${tag}" dir="${direction}">${marked(own.get(name) ?? text)}</dd>`;
        const beside = tag === "en" ? "" : `<dd>${marked(text)}</dd>`;
        return `<div><dt><code>${name}</code></dt>${here}${beside}</div>`;
      });
      return `<section><h2>${escaped(about.replace(/[.:]$/, ""))}</h2><dl>${rows.join("")}</dl></section>`;
    })
    .join("\n");
}

/** A text with the places of its values. @param {string} text */
const marked = (text) =>
  escaped(text).replaceAll(/\{(\w+)\}/g, "<var>{$1}</var>");
