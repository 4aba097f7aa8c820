// @ts-check
/** The language of the visitor: its texts are fetched once, and kept. */
import { files, language_wanted, speak } from "lastgood-core";
import { acceptLanguage } from "./fields.js";
import { own } from "./store.js";

/** So long the installation waits for texts at most. */
const PATIENCE_MS = 5000;

/** @param {string} tag */
const fileOf = (tag) =>
  new URL(`${files()}languages/${tag}.txt`, globalThis.location.href).href;

/** Speaks what the visitor reads, if its texts are here; else English. */
export async function speakTheirs() {
  const tag = language_wanted(acceptLanguage());
  if (!tag) return true;
  const kept = await (await own()).match(fileOf(tag));
  return kept ? speak(tag, await kept.text()) : false;
}

/** Gets the texts, if they are not here, or not those of this version. */
export async function learn() {
  if (await speakTheirs()) return;
  const tag = language_wanted(acceptLanguage()) ?? "";
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const file = await fetch(fileOf(tag), { signal });
  if (file.ok && speak(tag, await file.clone().text()))
    await (await own()).put(fileOf(tag), file);
}
