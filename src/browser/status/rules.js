// @ts-check
/** What a reply tells of the site, by the core; where there is none, by a smaller one. */
import { core } from "../core.js";

/** @typedef {Pick<import("../core.js").Core, "heard" | "blames_origin" | "news" | "learn">} Rules */

/** @returns {Promise<Rules>} */
export async function rules() {
  try {
    return await core();
  } catch {
    // It does not come, as all else: what is here has to do.
    return import("../fallback/status.js");
  }
}
