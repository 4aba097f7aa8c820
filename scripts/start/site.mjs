// @ts-check
/**
 * Serves the project's site from dist/www as static assets are served: the fields that
 * its `_headers` names, folders by their index, and its own page for what is not there.
 */
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import { inRoot } from "../setup/paths.mjs";

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** What gains nothing by being packed. */
const PACKED = new Set([".png"]);

/**
 * @param {number} port
 * @param {string} [folder]
 */
export async function startSite(port, folder = inRoot("dist", "www")) {
  const rules = readRules(readFileSync(join(folder, "_headers"), "utf8"));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site.invalid");
    const file = fileOf(folder, pathname);
    const path = file ?? join(folder, "404.html");
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const body = readFileSync(path);
    const packs =
      !PACKED.has(extname(path)) &&
      /\bgzip\b/.test(String(request.headers["accept-encoding"]));
    response.writeHead(file ? 200 : 404, {
      "cache-control": "no-cache",
      ...fieldsFor(rules, pathname),
      "content-type": type,
      ...(packs && { "content-encoding": "gzip", vary: "accept-encoding" }),
    });
    response.end(packs ? gzipSync(body) : body);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = typeof address === "object" ? address?.port : port;
  return {
    url: `http://127.0.0.1:${own}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/**
 * The file that is served at a path, if there is one.
 * @param {string} folder
 * @param {string} pathname
 */
function fileOf(folder, pathname) {
  const path = normalize(pathname);
  const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  const hidden = path === "/_headers" || !file.startsWith(folder);
  return !hidden && existsSync(file) && statSync(file).isFile()
    ? file
    : undefined;
}

/**
 * @typedef {{ pattern: string, fields: [string, string][] }} Rule
 * @param {string} text
 * @returns {Rule[]}
 */
function readRules(text) {
  /** @type {Rule[]} */
  const rules = [];
  for (const line of text.split("\n").filter((line) => line.trim())) {
    if (!line.startsWith(" ")) rules.push({ pattern: line.trim(), fields: [] });
    const [name, ...value] = line.trim().split(": ");
    if (line.startsWith(" "))
      rules.at(-1)?.fields.push([name.toLowerCase(), value.join(": ")]);
  }
  return rules;
}

/**
 * @param {Rule[]} rules
 * @param {string} pathname
 */
function fieldsFor(rules, pathname) {
  const fitting = rules.filter(({ pattern }) =>
    pattern.endsWith("*")
      ? pathname.startsWith(pattern.slice(0, -1))
      : pathname === pattern,
  );
  return Object.fromEntries(fitting.flatMap(({ fields }) => fields));
}

if (process.argv[1] === inRoot("scripts", "start", "site.mjs")) {
  const { url } = await startSite(Number(process.argv[2] ?? 8789));
  console.log(url);
}
