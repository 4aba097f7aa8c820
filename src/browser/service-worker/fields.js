// @ts-check
/** The fields of a request, with those that the browser adds behind our back. */
import { lines } from "../fields.js";

/**
 * All fields, `name:value`, one per line.
 * @param {Request} request
 */
export function fieldsOf({ headers, destination, mode }) {
  const all = new Headers(headers);
  all.delete("sec-fetch-dest");
  all.delete("sec-fetch-mode");
  if (!all.has("accept-language")) all.set("accept-language", acceptLanguage());
  const told = `sec-fetch-dest:${destination || "empty"}\nsec-fetch-mode:${mode}\n`;
  return told + lines(all);
}

/** What the visitor reads, best first, as browsers say it. */
export const acceptLanguage = () =>
  (navigator.languages ?? [])
    .slice(0, 9)
    .map((tag, place) => (place ? `${tag};q=0.${10 - place}` : tag))
    .join(",");

/**
 * Carries out changes: `name:value` sets a field, `name` removes it.
 * @param {HeadersInit} headers
 * @param {string} changes
 */
export function changed(headers, changes) {
  const all = new Headers(headers);
  for (const line of changes.split("\n").filter(Boolean)) {
    const colon = line.indexOf(":");
    if (colon < 0) all.delete(line);
    else all.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return all;
}

/**
 * A URL without what only the page knows of.
 * @param {string} url
 */
export const bare = (url) => url.split("#", 1)[0];
