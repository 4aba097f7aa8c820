// @ts-check
/** Asking whether a site answers, and how what is shown came. */
import { lines } from "../fields.js";

/** Whoever answers later than this does not. */
const PATIENCE_MS = 20_000;

/** @typedef {{ state: "well" | "degraded" | "failing", age: number | null, wait: number }} Heard */

/**
 * Asks by a `HEAD`, which a lastgood on the way answers with its verdict.
 * @param {string} url
 * @param {import("./rules.js").Rules} rules
 * @param {number} inVain how often it will have been asked so, if this is in vain
 * @returns {Promise<Heard>}
 */
export async function ask(url, rules, inVain) {
  const { status, fields } = await reply(url);
  const times = Math.min(inVain, 255);
  return rules.heard(status, fields, times, Math.random(), Date.now());
}

/** @param {string} url */
async function reply(url) {
  const own = new URL(url).origin === location.origin;
  try {
    const { type, status, headers } = await fetch(url, {
      method: "HEAD",
      cache: "no-store",
      redirect: "manual",
      // Another site would have to give leave for it.
      headers: own ? { "lastgood-probe": "1" } : {},
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    // A redirection shows nothing of itself.
    const came = type === "opaqueredirect" ? 302 : status;
    return { status: came, fields: lines(headers) };
  } catch {
    return { status: 0, fields: "" };
  }
}

/** By a copy's notice, and by what an answer of lastgood's own says of its time. */
const NOTICE = "[data-lastgood=notice]";

/**
 * How the page came that is shown, as far as it says itself.
 * @returns {"well" | "degraded" | "failing"}
 */
export function shownAs() {
  const [page] = performance.getEntriesByType("navigation");
  const { serverTiming = [] } = /** @type {PerformanceNavigationTiming} */ (
    page ?? {}
  );
  if (serverTiming.some(({ name }) => name === "lastgood")) return "failing";
  return globalThis.document?.querySelector(NOTICE) ? "degraded" : "well";
}

/** Takes away the notice of a copy, for those who say it themselves. */
export const withoutNotice = () => document.querySelector(NOTICE)?.remove();
