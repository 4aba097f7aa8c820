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
  return isHtml && ["document", "iframe", "frame"].includes(place);
}

/**
 * @param {Response} page
 * @param {number} age
 */
function noted(page, age) {
  const notice = `<div role="status" data-lastgood="notice">This page was saved ${ago(age)}. The site&#8217;s server is not answering right now, so some things may have changed since.</div>`;
  /** @param {Element} body */
  const element = (body) => void body.prepend(notice, { html: true });
  return new HTMLRewriter().on("body", { element }).transform(page);
}

/** @param {number} age */
function ago(age) {
  if (age < 60) return "less than a minute ago";
  const [count, unit] =
    age < 3600
      ? [Math.floor(age / 60), "minute"]
      : age < 86_400
        ? [Math.floor(age / 3600), "hour"]
        : [Math.floor(age / 86_400), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
