// @ts-check
/**
 * The queue in a service worker: it answers a write for the origin while that
 * does not, and sends what is left when the browser says that it is time.
 *
 *     const queue = new WriteQueue({ routes: [{ path: "/orders", methods: ["POST"] }] });
 *     addEventListener("fetch", (event) => {
 *       if (queue.takes(event.request)) event.respondWith(queued(queue, event.request));
 *     });
 *     addEventListener("sync", (event) => {
 *       if (event.tag === SYNC_TAG) event.waitUntil(synced(queue));
 *     });
 */
import { QueueFullError } from "./errors.js";
import { TEXTS } from "./texts.js";

export { SYNC_TAG } from "./clock.js";

/** @typedef {import("./queue.js").WriteQueue} WriteQueue */
/** @typedef {import("./entry.js").Entry} Entry */

/** A browser lets a `sync` event take some minutes. */
const PATIENCE_MS = 60_000;

/**
 * Stores a write, sends it, and answers: with the origin's answer, or with a 202 that
 * says that it waits. It speaks English, or what it is given: `texts` may be a file of
 * `queue-languages/`, which says what language it is.
 * @param {WriteQueue} queue
 * @param {Request} request
 * @param {{ texts?: Partial<import("./texts.js").Texts>, language?: string }} [how]
 * @returns {Promise<Response>}
 */
export async function queued(queue, request, { texts, language } = {}) {
  const words = { ...TEXTS, ...texts };
  words.tag = language ?? words.tag;
  const isPage = wantsPage(request);
  const back = request.referrer;
  const say = (
    /** @type {number} */ status,
    /** @type {object} */ told,
    /** @type {string} */ text,
  ) => (isPage ? page(status, text, words, back) : json(status, told));
  try {
    const { sent, queued: entry, gone } = await queue.pass(request);
    if (sent) return followed(request, sent);
    const state = entry?.state ?? "gone";
    const { id, key } = /** @type {Entry} */ (entry ?? gone);
    const isOpen = state === "unknown" || state === "gone";
    return say(
      202,
      { queued: Boolean(entry), id, key, state },
      isOpen ? words.formUnknown : words.formQueued,
    );
  } catch (error) {
    if (!(error instanceof QueueFullError)) return Response.error();
    const told = { queued: false, applied: "no", bound: error.bound };
    return say(507, told, words.formFull);
  }
}

/**
 * Sends what is left, for `event.waitUntil` of a `sync` event; rejects if something
 * has to wait longer than the event can, so that the browser comes again.
 * @param {WriteQueue} queue
 */
export async function synced(queue) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const { waiting, rest } = await queue.drain();
    if (waiting === 0 || rest === undefined) return;
    if (Date.now() + rest > end) throw new Error(`${waiting} writes wait`);
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}

/** @param {Request} request */
function wantsPage({ mode, headers }) {
  return (
    mode === "navigate" || (headers.get("accept") ?? "").includes("text/html")
  );
}

/**
 * A browser refuses an answer to a navigation that was redirected behind its back.
 * @param {Request} request @param {Response} response
 */
const followed = ({ mode }, response) =>
  mode === "navigate" && response.redirected
    ? Response.redirect(response.url, 303)
    : response;

const STYLE =
  "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:2rem 1rem}h1{line-height:1.2}";
const NO_STORE = { "cache-control": "no-store" };

/** @param {number} status @param {object} told */
const json = (status, told) =>
  Response.json(told, { status, headers: NO_STORE });

/**
 * @param {number} status
 * @param {string} text
 * @param {import("./texts.js").Texts} words
 * @param {string} back
 */
function page(status, text, words, back) {
  const link = back.startsWith(`${location.origin}/`)
    ? `<p><a href="${escaped(back)}">${escaped(words.pageBack)}</a></p>`
    : "";
  const nonce = crypto.randomUUID();
  const body = `<!doctype html>
<html lang="${escaped(words.tag)}" dir="${escaped(words.direction)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${escaped(words.heading)}</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main><h1>${escaped(words.heading)}</h1><p>${escaped(text)}</p>${link}</main></body></html>
`;
  const headers = {
    ...NO_STORE,
    "content-type": "text/html;charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`,
  };
  return new Response(body, { status, headers });
}

const ENTITIES = /** @type {Record<string, string>} */ ({
  "&": "&amp;",
  "<": "&lt;",
  '"': "&quot;",
});

/** @param {string} text */
const escaped = (text) => text.replace(/[&<"]/g, (c) => ENTITIES[c] ?? c);
