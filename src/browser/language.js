// @ts-check
/**
 * What is said to visitors, in their language, and to administrators: files beside the
 * module, which come when they are wanted.
 */
import { files, usual } from "lastgood-texts";

/** What is spoken with those who read nothing else of ours. */
const DEFAULT = "en";

/**
 * The language that a visitor reads best, of those that there are (RFC 4647, 3.4).
 * @param {readonly string[]} wanted
 */
export function languageOf(wanted) {
  const tags = new Map(
    Object.keys(files).map((tag) => [tag.toLowerCase(), tag]),
  );
  for (const range of wanted) {
    const parts = range.toLowerCase().split("-");
    for (; parts.length; parts.pop()) {
      const name = parts.join("-");
      const tag = usual[name] ?? tags.get(name);
      if (tag) return tag;
    }
  }
  return DEFAULT;
}

/**
 * The texts of a language, or of the visitor's own, by their names.
 * @param {string} [language]
 * @returns {Promise<{ tag: string } & Record<string, string>>}
 */
export async function textsIn(language) {
  const own = globalThis.navigator?.languages ?? [];
  const tag = languageOf(language ? [language] : own);
  const { default: text } = await files[tag]().catch(() => files[DEFAULT]());
  const pairs = text.split("\n").map((/** @type {string} */ line) => {
    const sign = line.indexOf("=");
    return [line.slice(0, sign).trim(), line.slice(sign + 1).trim()];
  });
  return { ...Object.fromEntries(pairs), tag };
}

/**
 * What those can look at who run the site, in English.
 * @param {string} name of a cause or number
 * @returns {Promise<string[]>}
 */
export const administratorsOf = async (name) =>
  (await files.administrators()).default[name] ?? [];
