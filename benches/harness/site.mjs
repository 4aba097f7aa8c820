// @ts-check
/**
 * A site whose pages have copies: an origin, and a cache that answers each worker
 * with the copies of its own making. What workers write to it, it reads and drops.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./asking.mjs";
import { BenchError, temporaryFolder } from "./children.mjs";
import { freePort, startNginx } from "./nginx.mjs";

/** What nginx says of a file by itself, and what belongs to a connection. */
const NGINX_SAYS = new Set([
  "accept-ranges",
  "connection",
  "content-length",
  "content-type",
  "date",
  "server",
  "transfer-encoding",
]);

/** @typedef {import("./copies.mjs").Copies} Copies */

/**
 * @typedef {object} Site
 * @property {import("./origin.mjs").Origin[]} ways for each worker
 * @property {() => Promise<number>} requests to the origin and the cache so far
 * @property {import("./children.mjs").ChildProcess} nginx
 */

/**
 * @param {Copies[]} kept by each worker
 * @param {(root: string) => string} origin what its server does, by nginx's grammar
 * @returns {Promise<Site>}
 */
export async function startSite(kept, origin) {
  const root = temporaryFolder();
  const ports = await Promise.all([0, ...kept].map(freePort));
  const [port, ...storePorts] = ports;
  const stores = kept.map((copies, i) => {
    const folder = join(root, `store-${i}`);
    writeBodies(folder, copies);
    return store(folder, storePorts[i], copies);
  });
  const server = `server {
    listen 127.0.0.1:${port};
    location = /requests { stub_status; }
    ${origin(root)}
  }`;
  const nginx = await startNginx(root, port, [server, ...stores].join("\n  "));
  return {
    ways: storePorts.map((storePort) => ({ port, storePort })),
    requests: () => requestsAt(port),
    nginx,
  };
}

/** An origin that is ill. */
export const FAILING = () => "location / { return 502; }";

/**
 * @param {string} folder
 * @param {Copies} copies
 */
function writeBodies(folder, copies) {
  mkdirSync(folder);
  for (const [size, { body }] of Object.entries(copies)) {
    writeFileSync(join(folder, size), body);
  }
}

/**
 * @param {string} folder
 * @param {number} port
 * @param {Copies} copies
 */
function store(folder, port, copies) {
  const locations = Object.entries(copies).map(
    ([size, { fields }]) => `location /${size}/ {
      rewrite ^ /${size} break; types {} ${said(fields).join(" ")}
    }`,
  );
  return `server {
    listen 127.0.0.1:${port}; root ${folder}; etag off;
    add_header CF-Cache-Status MISS always;
    if ($request_method = PUT) { return 204; }
    location / { return 504; }
    ${locations.join("\n    ")}
  }`;
}

/** @param {import("./copies.mjs").Copy["fields"]} fields */
function said(fields) {
  const stored = new Map(fields);
  const type = stored.get("content-type") ?? "";
  const added = {
    "last-modified": "",
    ...Object.fromEntries(fields.filter(([name]) => !NGINX_SAYS.has(name))),
    "cf-cache-status": "HIT",
  };
  const lines = Object.entries(added).map(
    ([name, value]) => `add_header ${name} ${quoted(value)};`,
  );
  return [`default_type ${quoted(type)};`, ...lines];
}

/** @param {string} value */
function quoted(value) {
  if (value.includes("$")) throw new BenchError(`nginx cannot say ${value}`);
  return JSON.stringify(value);
}

/** @param {number} port */
async function requestsAt(port) {
  const { body } = await ask(port, "/requests");
  return Number(/^ \d+ \d+ (\d+)/m.exec(body.toString())?.[1]);
}
