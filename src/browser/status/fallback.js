// @ts-check
/**
 * The rules about how a site is doing where there is no wasm: the edge's verdict, else
 * the status; pauses as in `status.rs`. What tabs saw of an origin is not shared, since
 * there is no core that remembers it.
 */

const [BASE_MS, CAP_MS, SHORTEST_MS, LONGEST_MS] = [2e3, 60e3, 500, 300e3];
const FAILING = /^(0|500|50[234]|52\d|530)$/;
const STANDS_IN = /(^|,) *lastgood;[^,]*(fwd=stale[^,]*; ttl=|detail=)/;

/** @type {import("./rules.js").Rules["heard"]} */
export function heard(status, fields, inVain, random) {
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}:(.*)$`, "m").exec(fields)?.[1].trim() ?? "";
  const state = stateOf(
    status,
    field("lastgood-verdict"),
    field("cache-status"),
  );
  const age = state === "degraded" ? seconds(field("age")) : null;
  const told = seconds(field("retry-after"));
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (inVain - 1));
  const wait =
    told === null
      ? random * ceiling
      : Math.min(LONGEST_MS, told * 1e3) * (1 + random / 2);
  return { state, age, wait: Math.max(SHORTEST_MS, wait) };
}

/** @param {number} status @param {string} verdict @param {string} label */
function stateOf(status, verdict, label) {
  if (!status || verdict === "failing") return "failing";
  if (STANDS_IN.test(label)) return "degraded";
  if (verdict) return verdict === "copy" && !label ? "degraded" : "well";
  return FAILING.test(String(status)) ? "failing" : "well";
}

/** @param {string} text */
const seconds = (text) => (/^\d+$/.test(text) ? Number(text) : null);

const NOT_ITS_FAULT = /^(rate-limited|server-error|listed|loop|maintenance)$/;

export const blames_origin = (/** @type {string} */ cause) =>
  !NOT_ITS_FAULT.test(cause);

export const news = () => new Float64Array([-1, -1]);

export const learn = () => {};
