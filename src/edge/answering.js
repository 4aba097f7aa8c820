// @ts-check
/** What an answer of our own is made of, besides what the core knows. */
import { bound, hop } from "./instance.js";
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
    const { href } = new URL(path, url);
    const found = look(href);
    found.then(discard, () => {});
    const envelope = envelopeOf(await within(found, LONGEST_HEARING_MS));
    return { path, href, envelope };
  };
  for (const { path, href, envelope } of await Promise.all(paths.map(find)))
    if (envelope) exchange.found_there(path, href, envelope, Date.now());
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

/** What each place of a template came to, and until when that holds. @type {Map<string, { text: string, until: number }>} */
const known = new Map();

/**
 * A page of the operator's own; empty if it never came. One that came before is better
 * than none, and while somebody asks for it nobody else does.
 * @param {string} place as the core says it
 */
async function templateAt(place) {
  const now = Date.now();
  const before = known.get(place);
  const text = before?.text ?? "";
  if (before && now < before.until) return text;
  known.set(place, { text, until: now + LOST_MS });
  const came = await fetched(place);
  if (!came) return text;
  known.set(place, { text: came, until: now + KEPT_MS });
  return came;
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
    : await fetch(at, { headers: { "cdn-loop": hop }, signal });
  const type = response.headers.get("content-type") ?? "";
  const [, charset] = HTML.exec(type) ?? [];
  if (response.status === 200 && HTML.test(type))
    return decoded(response, charset ?? "utf-8");
  discard(response);
  throw new Error(`${response.status} ${type}`);
}

const HTML = /^text\/html *(?:;.*?charset="?([\w-]+)|;|$)/i;

/**
 * @param {Response} response
 * @param {string} charset
 */
async function decoded({ body }, charset) {
  const decoder = new TextDecoder(charset);
  if (!body) return "";
  return decoder.decode(await upTo(LONGEST_TEMPLATE, body));
}
