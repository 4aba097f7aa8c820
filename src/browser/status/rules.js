// @ts-check
/** What a reply tells of the site, by the core; where there is none, by a smaller one. */
import { core } from "../core.js";
import { more } from "../more.js";

/**
 * What this page saw of an origin is with its requests; the rest is not.
 * @typedef {Pick<import("../core.js").Core, "news" | "learn"> & Pick<import("../more.js").More, "heard" | "blames_origin">} Rules
 */

/** @returns {Promise<Rules>} */
export async function rules() {
  try {
    const all = await Promise.all([core(), more()]);
    const [{ learn, news }, { blames_origin, heard }] = all;
    return { blames_origin, heard, learn, news };
  } catch {
    // It does not come, as all else: what is here has to do.
    return import("../fallback/status.js");
  }
}
