// @ts-check
/**
 * The origin of the benchmark: nginx, because it costs the machine least, so
 * that what is measured is the worker. A second server of the same nginx takes
 * what workers write to their cache: it reads all of it and keeps nothing.
 */
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./children.mjs";
import { freePort, startNginx } from "./nginx.mjs";

export const SIZES = /** @type {const} */ ({
  "2k": 2 * 1024,
  "100k": 100 * 1024,
  "1m": 1024 * 1024,
});
export const SIZE_NAMES = /** @type {(keyof typeof SIZES)[]} */ (
  Object.keys(SIZES)
);
export const STREAM_BYTES = 1024 ** 3;

/** With the 8 of nginx's own and the file's, 20 fields reach the visitor. */
const FIELDS = {
  "Cache-Control": "max-age=60",
  Vary: "Accept-Encoding",
  "Content-Language": "en",
  "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  "Server-Timing": "db;dur=12.4, app;dur=31.7",
  Link: "</style.css>; rel=preload; as=style",
  "X-Served-By": "app-7f9c4d5b6-x2x9p",
  "X-Revision": "8f3b1c9e2d4a",
};

/** @typedef {{ port: number, storePort: number }} Origin */

/** @returns {Promise<Origin>} */
export async function startOrigin() {
  const root = temporaryFolder();
  const origin = pages()(root);
  const [port, storePort] = await Promise.all([freePort(), freePort()]);
  await startNginx(root, port, servers(origin, port, storePort));
  return { port, storePort };
}

/** @param {string} root */
function writePages(root) {
  const head = "<!doctype html><html lang=en><title>Shop</title><body>\n";
  mkdirSync(join(root, "www"));
  for (const [name, size] of Object.entries(SIZES)) {
    const page = head + "x".repeat(size - head.length);
    writeFileSync(join(root, "www", `${name}.html`), page);
  }
  writeFileSync(join(root, "www", "1g.bin"), "");
  truncateSync(join(root, "www", "1g.bin"), STREAM_BYTES);
}

/**
 * A good origin's server: its pages, with their fields.
 * @param {string} [cacheControl] in place of the usual one
 * @returns {(root: string) => string}
 */
export function pages(cacheControl = FIELDS["Cache-Control"]) {
  return (root) => {
    writePages(root);
    const said = { ...FIELDS, "Cache-Control": cacheControl };
    const fields = Object.entries(said).map(
      ([name, value]) => `add_header ${name} "${value}";`,
    );
    return `root ${root}/www;
    ${fields.join("\n    ")}
    rewrite ^/(2k|100k|1m)/ /$1.html break;`;
  };
}

/**
 * @param {string} origin
 * @param {number} port
 * @param {number} storePort
 */
function servers(origin, port, storePort) {
  return `server {
    listen 127.0.0.1:${port};
    ${origin}
  }
  server {
    listen 127.0.0.1:${storePort};
    add_header CF-Cache-Status MISS always;
    if ($request_method = PUT) { return 204; }
    location / { return 504; }
  }`;
}
