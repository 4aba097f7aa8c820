// @ts-check
/**
 * What users read, in their language: files beside the module, which come when they are
 * wanted. Service workers can't import at run time, and are given theirs.
 */
import { files } from "lastgood-queue-texts";
import { languageOf } from "../language.js";
import { TEXTS } from "./texts.js";

/** @typedef {import("./texts.js").Texts} Texts */

/**
 * The texts in the language of a place in the page, or in one that its user reads; in
 * English, if those can't be had.
 * @param {Element} place
 * @returns {Promise<Texts>}
 */
export async function textsFor(place) {
  const load = files[languageOf(wantedAt(place))];
  const loaded = await load?.().catch(() => undefined);
  return loaded?.default ?? TEXTS;
}

/**
 * The language of those texts as it is spoken there, for dates.
 * @param {Element} place @param {string} tag
 */
export const localeOf = (place, tag) =>
  wantedAt(place).find((it) => primary(it) === primary(tag)) ?? tag;

/** @param {Element} place */
function wantedAt(place) {
  const own = place.closest("[lang]")?.getAttribute("lang");
  const { lang } = document.documentElement;
  return [own || lang, ...(navigator.languages ?? [])].filter(Boolean);
}

/** @param {string} tag */
const primary = (tag) => tag.split("-")[0]?.toLowerCase();
