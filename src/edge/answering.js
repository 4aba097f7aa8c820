// @ts-check
/** What an answer of our own is made of, besides what the core knows. */
import { bound } from "./instance.js";
import { envelopeOf } from "./looking.js";
import { discard, look, within } from "./platform.js";
import { isBound, upTo } from "./raw.js";

/** @typedef {import("lastgood-core").Exchange} Exchange */

/** So long a visitor waits for what an error says besides its status. */
const LONGEST_HEARING_MS = 100;
/** A page of the operator's own is at most so long. */
const LONGEST_TEMPLATE = 256 * 1024;
/** So long one holds that came, and so long one is not asked for again that did not. */
const KEPT_MS = 60_000;
const LOST_MS = 10_000;

/**
 * Gathers it, if an answer is what goes out.
 * @param {Exchange} exchange
 * @param {import("./hand.js").Hand} hand
 */
export async function gather(exchange, hand) {
  if (exchange.asks_for_more()) await hearMore(exchange, hand);
  const place = exchange.template();
  const template = place && (await templateAt(place));
  if (template) exchange.fill(template);
  const links = template ? [] : exchange.own_links();
  if (links.length) await findLinks(exchange, hand, links);
}

/**
 * Looks for copies of the pages that the answer may link to.
 * @param {Exchange} exchange
 * @param {import("./hand.js").Hand} hand
 * @param {string[]} paths
 */
async function findLinks(exchange, { url }, paths) {
  const find = async (/** @type {string} */ path) => {
    const found = look(new URL(path, url).href);
    found.then(discard, () => {});
    const isCopy = envelopeOf(await within(found, LONGEST_HEARING_MS)) !== "";
    return isCopy ? path : "";
  };
  const found = await Promise.all(paths.map(find));
  for (const path of found) if (path) exchange.found_there(path);
}

/**
 * Shows the core how the origin's error starts, if it is small and soon there.
 * @param {Exchange} exchange
 * @param {import("./hand.js").Hand} hand
 */
async function hearMore(exchange, hand) {
  const { response } = hand;
  if (!response?.body || !isBound(response)) return;
  const length = Number(response.headers.get("content-length"));
  if (length > exchange.longest_error()) return;
  hand.response = undefined;
  const bytes = response.arrayBuffer();
  const body = await within(bytes, LONGEST_HEARING_MS, hand.alarm);
  if (body) exchange.told_more(new Uint8Array(body));
}

/** Where a template was looked for last, what that came to, and until when it holds. */
let known = { place: "", text: "", until: 0 };

/**
 * A page of the operator's own; empty if it does not come.
 * @param {string} place as the core says it
 */
async function templateAt(place) {
  const now = Date.now();
  if (known.place === place && now < known.until) return known.text;
  const text = await fetched(place);
  known = { place, text, until: now + (text ? KEPT_MS : LOST_MS) };
  return text;
}

/** @param {string} place */
async function fetched(place) {
  const [wait, ...where] = place.split(" ");
  const patience = Number(wait);
  const text = read(where, AbortSignal.timeout(patience)).catch((error) => {
    const problem = `the page at ${where.join(" ")}: ${error}`;
    console.error(JSON.stringify({ lastgood: "template", problem }));
  });
  return (await within(text, patience)) ?? "";
}

/**
 * Nothing of the visitor's goes there.
 * @param {string[]} where a URL, or a binding and a path
 * @param {AbortSignal} signal
 */
async function read([at, path], signal) {
  const response = path
    ? await bound(at).fetch(new URL(path, "http://assets.local/"), { signal })
    : await fetch(at, { signal });
  const type = response.headers.get("content-type") ?? "";
  if (response.status === 200 && type.startsWith("text/html"))
    return decoded(response);
  discard(response);
  throw new Error(`${response.status} ${type}`);
}

/** @param {Response} response */
async function decoded({ body }) {
  if (!body) return "";
  const bytes = await upTo(LONGEST_TEMPLATE, body);
  return new TextDecoder().decode(bytes);
}
