// @ts-check
/**
 * The failing half of the peer: what was kept goes out in place of an error,
 * says so in its fields, on the page and in the log, and is not shown beyond
 * its time.
 */
const SHOWN_FOR_S = 24 * 60 * 60;
const FORBIDS_STALE =
  /\b(?:no-cache|must-revalidate|proxy-revalidate|s-maxage)\b/i;
const MAX_AGE = /\bmax-age=(\d+)/i;

/** What our copies carry beside their own fields, and what the store adds. */
const INTERNAL = [
  "x-kept-at",
  "x-kept-age",
  "x-kept-date",
  "x-kept-cache-control",
  "cf-cache-status",
  "cf-ray",
  "set-cookie",
];
/** A page with a notice is another page: these aren't its own. */
const NOT_OF_NOTED = [
  "etag",
  "last-modified",
  "content-length",
  "accept-ranges",
];

/** @typedef {{ started: number, status?: number, asked: boolean }} Trouble */

/**
 * The last good copy of a page, marked as such; nothing if there is none to show.
 * @param {Request} request
 * @param {Trouble} trouble
 */
export async function lastGood(request, trouble) {
  if (request.method !== "GET") return undefined;
  const store = await caches.open("lastgood");
  const stored = await store.match(request.url).catch(() => undefined);
  if (!stored) return undefined;
  const { age, ttl, isShown } = agesOf(stored.headers);
  if (!isShown) return void stored.body?.cancel();
  const id = request.headers.get("cf-ray") ?? crypto.randomUUID();
  const headers = new Headers(stored.headers);
  restore(headers);
  mark(headers, trouble, age, ttl, id);
  log(request, trouble, age, id);
  const isPage = wantsNotice(request, headers);
  if (isPage) for (const name of NOT_OF_NOTED) headers.delete(name);
  const copy = new Response(stored.body, { headers });
  return isPage ? noted(copy, age) : copy;
}

/** @param {Headers} headers */
function agesOf(headers) {
  const keptAt = Number(headers.get("x-kept-at") ?? NaN);
  const made = Date.parse(headers.get("x-kept-date") ?? "");
  const apparent = made < keptAt ? (keptAt - made) / 1000 : 0;
  const first = Math.max(Number(headers.get("x-kept-age")), apparent);
  const age = Math.floor(first + Math.max(0, Date.now() - keptAt) / 1000);
  const rules = headers.get("x-kept-cache-control") ?? "";
  const lifetime = Number(MAX_AGE.exec(rules)?.[1] ?? 0);
  const window = FORBIDS_STALE.test(rules) ? 0 : SHOWN_FOR_S;
  return { age, ttl: lifetime - age, isShown: age < lifetime + window };
}

/** @param {Headers} headers */
function restore(headers) {
  const date = headers.get("x-kept-date");
  if (date) headers.set("date", date);
  for (const name of INTERNAL) headers.delete(name);
}

/**
 * @param {Headers} headers
 * @param {Trouble} trouble
 * @param {number} age
 * @param {number} ttl
 * @param {string} id
 */
function mark(headers, { status }, age, ttl, id) {
  const forwarded = status ? `; fwd-status=${status}` : "";
  const received = status
    ? `received-status=${status}`
    : "error=http_request_error";
  headers.set("age", String(age));
  headers.set("cache-status", `peer; fwd=stale${forwarded}; ttl=${ttl}`);
  headers.set("cache-control", "no-store");
  headers.set("proxy-status", `peer; ${received}`);
  headers.set("x-request-id", id);
}

/**
 * One line for each degraded request.
 * @param {Request} request
 * @param {Trouble} trouble
 * @param {number} age
 * @param {string} id
 */
function log({ method, url }, { started, status, asked }, age, id) {
  const ms = Date.now() - started;
  const tried = { origin: 0, ms, status, verdict: "failed" };
  const line = {
    peer: "degraded",
    id,
    method,
    url: url.slice(url.indexOf("/", 8)),
    trail: asked ? [tried] : [],
    shown: "copy",
    status: 200,
    age,
    ms,
    why: asked ? undefined : "origin-down",
  };
  console.log(JSON.stringify(line));
}

/**
 * @param {Request} request
 * @param {Headers} headers
 */
function wantsNotice(request, headers) {
  const isHtml = headers.get("content-type")?.startsWith("text/html");
  const place = request.headers.get("sec-fetch-dest") ?? "document";
  return isHtml && place === "document";
}

/** The notice, styled as lastgood's is. */
const STYLE =
  ":host {all: initial !important;display: contents !important;}:host(:empty) dialog {display: none;}dialog {position: fixed;inset: auto;inset-block-end: calc(0.6em + env(safe-area-inset-bottom, 0px));inset-inline-start: 0.6em;z-index: 2147483647;box-sizing: border-box;width: fit-content;max-width: min(44em, 100% - 1.2em);max-height: 50%;overflow: auto;margin: 0;padding: 0;border: 1px solid #b9ad9a;border-radius: 0.5em;background: #2b2620;color: #fff;font:0.875em/1.4 system-ui,sans-serif;text-align: start;box-shadow: 0 1px 5px #0007;}form {display: flex;margin: 0;}p {flex: 1;margin: 0.5em 0;padding-inline-start: 0.9em;overflow-wrap: anywhere;}button {flex: none;width: 2.4em;height: 2.4em;margin: 0;padding: 0;border: 0;border-radius: 0.5em;background: none;color: inherit;font: inherit;cursor: pointer;}button:hover {background: #fff3;}button:focus-visible {outline: 2px solid;outline-offset: -4px;}@media print {:host {display: block !important;}dialog {position: static;box-shadow: none;}button {display: none;}}";

/**
 * @param {Response} page
 * @param {number} age
 */
async function noted(page, age) {
  const line = `<div data-lastgood="notice" data-nosnippet lang="en" dir="ltr"><template shadowrootmode="open"><style>${STYLE}</style><dialog open part="notice" aria-labelledby="t"><form method="dialog"><p id="t" role="status"><slot></slot></p><button part="hide" aria-label="Hide">&#215;</button></form></dialog></template>Copy saved ${ago(age)} ago. The site&#8217;s server is not answering right now.</div>`;
  const bytes = new Uint8Array(await page.arrayBuffer());
  const more = new TextEncoder().encode(line);
  const all = new Uint8Array(bytes.length + more.length);
  all.set(bytes);
  all.set(more, bytes.length);
  return new Response(all, page);
}

/** @param {number} age */
function ago(age) {
  const [count, unit] =
    age < 60
      ? [age, "s"]
      : age < 3600
        ? [Math.floor(age / 60), "min"]
        : age < 86_400
          ? [Math.floor(age / 3600), "h"]
          : [Math.floor(age / 86_400), "d"];
  return `${count}&#160;${unit}`;
}
