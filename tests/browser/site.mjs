// @ts-check
/**
 * A site with the package on it, whose other answers a test writes as it needs them, and a
 * page of it in Chromium.
 */
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { inRoot } from "../../scripts/setup/paths.mjs";

const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
});

/**
 * What is answered; `number` counts the requests for this path from 1.
 * @typedef {(request: http.IncomingMessage & { text: string }, response: http.ServerResponse, number: number) => void} Answer
 */

/**
 * A request as it came.
 * @typedef {{ method: string, url: string, headers: http.IncomingHttpHeaders, text: string }} Seen
 */

/**
 * @param {{ folder?: string, headers?: http.OutgoingHttpHeaders }} [options]
 *   the folder that is served as `/lastgood/`; headers of each page
 */
export async function serveSite({
  folder = inRoot("dist", "browser"),
  headers = {},
} = {}) {
  /** @type {Map<string, Answer>} */
  const answers = new Map();
  /** @type {Seen[]} */
  const seen = [];
  const server = http.createServer(async (request, response) => {
    const { method = "", url = "", headers: fields } = request;
    const place = new URL(url, "http://a.test").pathname;
    const answer = answers.get(place);
    if (!answer) return serveFile(folder, place, headers, response);
    let text = "";
    try {
      for await (const chunk of request) text += chunk;
    } catch {
      return;
    }
    seen.push({ method, url, headers: fields, text });
    const alike = seen.filter((it) => it.url.startsWith(place));
    answer(Object.assign(request, { text }), response, alike.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    /** The requests for a path. */
    of: (/** @type {string} */ place) =>
      seen.filter(({ url }) => url.split("?")[0] === place),
    on: (/** @type {string} */ place, /** @type {Answer} */ answer) =>
      void answers.set(place, answer),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * @param {string} folder
 * @param {string} place
 * @param {http.OutgoingHttpHeaders} headers
 * @param {http.ServerResponse} response
 */
function serveFile(folder, place, headers, response) {
  if (place === "/" || place === "/favicon.ico") {
    response.writeHead(200, { "content-type": "text/html", ...headers });
    return response.end('<!doctype html><html lang="en"><title>a page</title>');
  }
  const file = path.join(folder, place.replace(/^\/lastgood\//, ""));
  const inside = file.startsWith(folder) && existsSync(file);
  const type = TYPES[path.extname(file)];
  if (!inside || !type) return response.writeHead(404).end("nothing here");
  response.writeHead(200, { "content-type": type, ...headers });
  createReadStream(file).pipe(response);
}
