// @ts-check
/**
 * The same site on a bad day: an origin that answers 502 to everything, and a
 * cache that answers each worker with the copies of its own making.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./asking.mjs";
import { BenchError, stop, temporaryFolder } from "./children.mjs";
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
 * @typedef {object} Failing
 * @property {import("./origin.mjs").Origin[]} ways for each worker
 * @property {() => Promise<number>} requests to the origin and the cache so far
 * @property {() => Promise<void>} stop
 */

/**
 * @param {Copies[]} kept by each worker
 * @returns {Promise<Failing>}
 */
export async function startFailing(kept) {
  const root = temporaryFolder();
  const ports = await Promise.all([0, ...kept].map(freePort));
  const [port, ...storePorts] = ports;
  const stores = kept.map((copies, i) => {
    const folder = join(root, `store-${i}`);
    writeBodies(folder, copies);
    return store(folder, storePorts[i], copies);
  });
  const servers = [origin(port), ...stores].join("\n  ");
  const nginx = await startNginx(root, port, servers);
  return {
    ways: storePorts.map((storePort) => ({ port, storePort })),
    requests: () => requestsAt(port),
    stop: () => stop(nginx),
  };
}

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

/** @param {number} port */
const origin = (port) => `server {
    listen 127.0.0.1:${port};
    location = /requests { stub_status; }
    location / { return 502; }
  }`;

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
