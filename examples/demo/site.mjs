// @ts-check
/**
 * The demo site as a function of a request: a small bakery whose pages say
 * when they were made, because a page that is kept for a bad day should show
 * which one it is. A new edition comes out every ten seconds.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as pages from "./pages.mjs";

/** @typedef {import("./faults.mjs").Answer} Answer */

const EDITION_MS = 10_000;
const HTML = "text/html; charset=utf-8";
const MAX_AGE_S = 5;

/** @param {string} name */
const file = (name) =>
  readFileSync(new URL(`public/${name}`, import.meta.url), "utf8");

/** @type {Record<string, { type: string, body: string }>} */
const FILES = {
  "/style.css": { type: "text/css; charset=utf-8", body: file("style.css") },
  "/loaf.svg": { type: "image/svg+xml", body: file("loaf.svg") },
};

/** @type {Record<string, (edition: pages.Edition) => string>} */
const PAGES = {
  "/": pages.home,
  "/bread": pages.bread,
  "/news": pages.news,
  "/contact": pages.contact,
};

/**
 * @returns {(method: string, path: string, headers: import("node:http").IncomingHttpHeaders, body: string) => Answer}
 */
export function createSite() {
  let messages = 0;
  return (method, path, headers, body) => {
    const { pathname } = new URL(path, "http://site.invalid");
    const edition = currentEdition(Date.now());
    if (method === "POST" && pathname === "/contact") {
      const name = new URLSearchParams(body).get("name") || "stranger";
      return notKept(200, pages.thanks(edition, name, ++messages));
    }
    if (method !== "GET" && method !== "HEAD")
      return notAllowed(edition, pathname);
    return conditional(read(pathname, edition), headers["if-none-match"]);
  };
}

/**
 * @param {number} now
 * @returns {pages.Edition}
 */
function currentEdition(now) {
  const number = Math.floor(now / EDITION_MS);
  return { number: number % 100_000, made: new Date(number * EDITION_MS) };
}

/**
 * @param {string} pathname
 * @param {pages.Edition} edition
 */
function read(pathname, edition) {
  const stored = FILES[pathname];
  if (stored) return kept(stored.type, stored.body);
  if (pathname === "/api/hours.json") return hours(edition);
  const board = pages.boardDate(pathname);
  if (board) return kept(HTML, pages.board(edition, board));
  const page = PAGES[pathname];
  if (page) return kept(HTML, page(edition));
  return notKept(404, pages.notFound(edition, pathname));
}

/** @param {pages.Edition} edition */
function hours(edition) {
  const { HOURS } = pages;
  const data = { bakery: pages.NAME, hours: HOURS, edition: edition.number };
  return kept("application/json", `${JSON.stringify(data, null, 2)}\n`);
}

/**
 * @param {string} type
 * @param {string} body
 * @returns {Answer}
 */
function kept(type, body) {
  const etag = `"${createHash("sha1").update(body).digest("hex").slice(0, 16)}"`;
  const headers = {
    "content-type": type,
    "cache-control": `public, max-age=${MAX_AGE_S}`,
    etag,
  };
  return { status: 200, headers, body };
}

/**
 * @param {number} status
 * @param {string} body
 * @returns {Answer}
 */
const notKept = (status, body) => ({
  status,
  headers: { "content-type": HTML, "cache-control": "no-store" },
  body,
});

/**
 * @param {pages.Edition} edition
 * @param {string} pathname
 */
function notAllowed(edition, pathname) {
  const answer = notKept(405, pages.notFound(edition, pathname));
  answer.headers.allow = "GET, HEAD";
  return answer;
}

/**
 * @param {Answer} answer
 * @param {string | undefined} known the validator the caller already holds
 * @returns {Answer}
 */
function conditional(answer, known) {
  const { etag } = answer.headers;
  if (!etag || !known?.includes(etag)) return answer;
  return { status: 304, headers: answer.headers, body: "" };
}
