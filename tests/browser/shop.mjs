// @ts-check
/**
 * A shop for the write queue: it serves the queue and pages that use it, takes
 * orders, and fails as it is told. It counts what it carried out, which is what
 * everything is judged by.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { inRoot } from "../../scripts/setup/paths.mjs";

/**
 * What an arrival comes to; `after` those that were carried out nevertheless.
 * @typedef {"good" | "reset" | "reset-after" | "502" | "502-after" | "503" | "521"
 *   | "429" | "500" | "404" | "422" | "hang" | "hang-after" | "moved" | "page" | "disguised" | "lastgood"} Deed
 */
/**
 * - `attempt`: the number that the queue gave it
 * - `carriedOut`: whether it was, by this arrival
 * - `at`: when, in ms
 * @typedef {{ key: string, order: string, attempt: number, deed: Deed, carriedOut: boolean, at: number }} Arrival
 */
/**
 * - `deed`: what to do with the nth arrival of a key, from 1
 * - `afterMs`: how long it takes for that
 * - `deduplicates`: what is known by its key is not carried out again
 * - `policy`: the security policy of its pages
 * - `worker`: the script of its service worker; `workerPolicy`, the security policy of that
 * @typedef {{ deed?: (key: string, nth: number, order: string) => Deed, afterMs?: number, deduplicates?: boolean, policy?: string, worker?: string, workerPolicy?: string, keepAlive?: boolean }} ShopOptions
 */
/** @typedef {Awaited<ReturnType<typeof openShop>>} Shop */

const FAILING = /** @type {Deed[]} */ ([
  ...["reset", "reset-after", "reset-after", "502", "502-after", "503"],
  ...["521", "429"],
]);

/** Fails so many of a hundred, by the key and the number of the arrival. @param {number} percent @returns {NonNullable<ShopOptions["deed"]>} */
export const failing = (percent) => (key, nth) => {
  const hash = createHash("sha256").update(`${key} ${nth}`).digest();
  if (hash.readUInt16LE(0) % 100 >= percent) return "good";
  return FAILING[hash.readUInt16LE(2) % FAILING.length] ?? "reset";
};

/** Whether the origin may have carried out what ended so, as far as a client can know. @param {Deed} deed */
export const leavesDoubt = (deed) =>
  !["good", "521", "429", "404", "422", "moved", "page", "lastgood"].includes(
    deed,
  );

/** A file of the package. @param {string} path */
function built(path) {
  const file = inRoot("dist", "browser", path.replace(/^\/lastgood\//, ""));
  return path.startsWith("/lastgood/") && existsSync(file)
    ? readFileSync(file)
    : undefined;
}

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title><script type="module" src="/page.js"></script>`;

const PAGE_SCRIPT = `import * as lastgood from "/lastgood/queue.js";
Object.assign(globalThis, { lastgood });
document.documentElement.dataset.ready = "";`;

export const WORKER = `import { WriteQueue, queued, synced, SYNC_TAG } from "/lastgood/queue.js";
const queue = new WriteQueue({ routes: [{ path: "/api/*", name: "orders", deduplicates: true }],
  backoff: { base: "50ms", cap: "200ms" } });
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (queue.takes(event.request)) event.respondWith(queued(queue, event.request));
});
addEventListener("sync", (event) => { if (event.tag === SYNC_TAG) event.waitUntil(synced(queue)); });
addEventListener("message", (event) => event.waitUntil(synced(queue).then(() => event.source.postMessage("drained"))));`;

/** @param {import("../support/test.mjs").TestContext | { after: (end: () => unknown) => void }} t @param {ShopOptions} [options] */
export async function openShop(t, options = {}) {
  /** @type {Arrival[]} */
  const arrivals = [];
  /** What was carried out, by key. @type {Map<string, number>} */
  const applied = new Map();
  /** @type {Map<string, string>} */
  const pages = new Map();
  const state = { ...{ deed: () => /** @type {Deed} */ ("good") }, ...options };
  const files = {
    "/page.js": PAGE_SCRIPT,
    "/sw.js": state.worker ?? WORKER,
  };

  const server = http.createServer((request, response) => {
    if (!state.keepAlive) response.setHeader("connection", "close");
    if (request.method === "GET") return serve(request, response);
    /** @type {Buffer[]} */
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("error", () => {});
    request.on("end", () => take(request, response, Buffer.concat(parts)));
  });

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  function serve({ url = "/" }, response) {
    const path = url.split("?")[0] ?? "/";
    const file = Object(files)[path] ?? built(path);
    if (file === undefined && path.startsWith("/favicon"))
      return response.writeHead(204).end();
    const type = path.endsWith(".wasm")
      ? "application/wasm"
      : path.endsWith(".js")
        ? "text/javascript"
        : "text/html;charset=utf-8";
    if (state.policy && type.startsWith("text/html"))
      response.setHeader("content-security-policy", state.policy);
    if (state.workerPolicy && path === "/sw.js")
      response.setHeader("content-security-policy", state.workerPolicy);
    response.writeHead(200, {
      "content-type": type,
      "cache-control": "no-cache",
    });
    response.end(file ?? pages.get(path) ?? PAGE);
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body */
  function take(request, response, body) {
    const key = String(request.headers["idempotency-key"] ?? "");
    const order = body.toString();
    const nth = arrivals.filter((arrival) => arrival.key === key).length + 1;
    const deed = state.deed(key, nth, order);
    const isKnown = state.deduplicates && applied.has(key);
    const carriedOut =
      !isKnown &&
      (["good", "moved", "page"].includes(deed) || deed.endsWith("-after"));
    if (carriedOut) applied.set(key, (applied.get(key) ?? 0) + 1);
    const at = performance.now();
    const attempt = Number(request.headers["lastgood-attempt"] ?? 1);
    arrivals.push({ key, order, attempt, deed, carriedOut, at });
    requests.push({ headers: request.headers, url: request.url ?? "", body });
    if (state.afterMs) setTimeout(() => answer(response, deed), state.afterMs);
    else answer(response, deed);
  }

  /** @type {{ headers: http.IncomingHttpHeaders, url: string, body: Buffer }[]} */
  const requests = [];
  await new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(undefined)),
  );
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    requests,
    applied,
    pages,
    state,
    /** The orders that were carried out, in their order. */
    orders: () => arrivals.filter((it) => it.carriedOut).map((it) => it.order),
  };
}

const HTML = { "content-type": "text/html;charset=utf-8" };

/** @param {http.ServerResponse} response @param {Deed} deed */
function answer(response, deed) {
  const say = (
    /** @type {number} */ status,
    /** @type {Record<string, string>} */ headers = {},
    text = "",
  ) => void response.writeHead(status, headers).end(text);
  switch (deed) {
    case "good":
      return say(201, { "content-type": "application/json" }, '{"taken":true}');
    case "moved":
      return say(303, { location: "/thanks" });
    case "page":
      return say(200, HTML, "<!doctype html><title>Done</title><h1>Taken</h1>");
    case "disguised":
      return say(200, HTML, "error code: 522");
    case "reset":
    case "reset-after":
      return void response.socket?.resetAndDestroy();
    case "hang":
    case "hang-after":
      return;
    case "521":
      return say(521, { "cf-ray": "8a1" });
    case "429":
    case "503":
      return say(Number(deed), { "retry-after": "0" });
    case "lastgood":
      return say(
        503,
        { "content-type": "application/problem+json" },
        '{"type":"tag:lastgood,2026:unavailable","applied":"no"}',
      );
    case "422":
      return say(
        422,
        HTML,
        "<!doctype html><title>Wrong</title><h1>No such loaf</h1>",
      );
    default:
      return say(parseInt(deed), HTML, "<h1>Error</h1>");
  }
}
