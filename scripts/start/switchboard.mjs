// @ts-check
/**
 * Serves the switchboard page and what it asks for: the live timeline, the
 * switch on the origin, visits. For this machine only, and for its own page
 * only: a page from elsewhere can neither read it nor throw the switch.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { FAULTS } from "../../examples/demo/faults.mjs";
import { inRoot } from "../setup/paths.mjs";
import { seenPage } from "./seen.mjs";

/**
 * @typedef {object} Board what the page can see and do
 * @property {string} site
 * @property {import("./timeline.mjs").Timeline} timeline
 * @property {(name: string) => Promise<void>} setFault
 * @property {(visit: { method: string, path: string, form?: string }) => number} visit
 * @property {(n: number) => import("./seen.mjs").Seen | undefined} seen
 */

/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */

const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-src http://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

const SHOWN_ROWS = 80;
const BODY_LIMIT = 8 * 1024;

/**
 * @param {number} port
 * @param {Board} board
 */
export async function startSwitchboard(port, board) {
  const server = createServer((request, response) => {
    respond(request, response, board, port).catch((error) => {
      if (!response.headersSent) send(response, 400, String(error.message));
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/**
 * @param {Incoming} request
 * @param {Outgoing} response
 * @param {Board} board
 * @param {number} port
 */
async function respond(request, response, board, port) {
  if (!isOurs(request, port)) return send(response, 403, "not from here");
  const { pathname } = new URL(request.url ?? "/", "http://board.invalid");
  if (request.method === "POST") {
    return command(pathname, await readJson(request), response, board);
  }
  if (pathname === "/events") return stream(request, response, board);
  const seen = /^\/seen\/(\d+)$/.exec(pathname)?.[1];
  if (seen) return seenPage(response, board.seen(Number(seen)), board.site);
  return serveFile(pathname, response);
}

/**
 * A name that merely points here is not us, and a POST must come from our page.
 * @param {Incoming} request
 * @param {number} port
 */
function isOurs({ headers, method }, port) {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { origin } = headers;
  const own = hosts.some((host) => origin === `http://${host}`);
  return hosts.includes(headers.host ?? "") && (method !== "POST" || own);
}

/**
 * @param {string} pathname
 * @param {any} what
 * @param {Outgoing} response
 * @param {Board} board
 */
async function command(pathname, what, response, board) {
  if (pathname === "/fault") {
    await board.setFault(String(what.name));
    return sendJson(response, { fault: what.name });
  }
  if (pathname === "/visit") {
    const form = typeof what.form === "string" ? what.form : undefined;
    const method = form === undefined ? "GET" : "POST";
    const path = sitePath(String(what.path));
    return sendJson(response, { n: board.visit({ method, path, form }) });
  }
  return send(response, 404, "no such command");
}

/**
 * Visits go to the site and nowhere else, whatever is asked.
 * @param {string} path
 */
function sitePath(path) {
  const url = new URL(path, "http://site.invalid");
  if (url.host !== "site.invalid") throw new RangeError("not a path");
  return url.pathname + url.search;
}

/**
 * @param {Incoming} request
 * @param {Outgoing} response
 * @param {Board} board
 */
function stream(request, response, { timeline, site }) {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
  });
  const tell = (/** @type {string} */ name, /** @type {unknown} */ data) =>
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  const faults = FAULTS.map(({ act: _, ...fault }) => fault);
  const rows = timeline.rows.slice(-SHOWN_ROWS);
  tell("state", { site, fault: timeline.fault, faults, rows });
  const onRow = (/** @type {unknown} */ row) => tell("row", row);
  const onFault = (/** @type {unknown} */ fault) => tell("fault", { fault });
  timeline.on("row", onRow).on("fault", onFault);
  request.on("close", () => timeline.off("row", onRow).off("fault", onFault));
}

/**
 * @param {string} pathname
 * @param {Outgoing} response
 */
async function serveFile(pathname, response) {
  const path = pathname === "/" ? "/switchboard.html" : normalize(pathname);
  const file = path.startsWith("/lastgood/")
    ? inRoot("dist", "browser", path.slice("/lastgood/".length))
    : join(inRoot("www"), path);
  const type = TYPES[extname(file)];
  const body = type && (await readFile(file).catch(() => undefined));
  if (!body) return send(response, 404, "nothing here");
  response.writeHead(200, {
    "content-type": type,
    "content-security-policy": CSP,
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(body);
}

/** @param {Incoming} request */
async function readJson(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new RangeError("too long");
  }
  return JSON.parse(text);
}

/**
 * @param {Outgoing} response
 * @param {number} status
 * @param {string} text
 */
function send(response, status, text) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}

/**
 * @param {Outgoing} response
 * @param {unknown} data
 */
function sendJson(response, data) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(data));
}
