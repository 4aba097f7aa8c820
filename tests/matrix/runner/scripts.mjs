// @ts-check
/**
 * A server of scripts: the bundles and the built module. Pages load them from
 * here, across origins, so that an origin that fails can fail at everything.
 */
import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../dist/browser", import.meta.url));
/** @type {Record<string, string>} */
const TYPES = {
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** @param {string} url @param {Record<string, string>} scripts @returns {Promise<string | Buffer | null>} */
async function contentOf(url, scripts) {
  const name = url.slice(1);
  if (Object.hasOwn(scripts, name)) return scripts[name];
  if (!name.startsWith("lastgood/") || name.includes("..")) return null;
  const file = path.join(BUILT, name.slice("lastgood/".length));
  return readFile(file).catch(() => null);
}

/** @param {Record<string, string>} scripts by name */
export async function serveScripts(scripts) {
  const server = http.createServer(async ({ url = "/" }, response) => {
    const content = await contentOf(url, scripts);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader(
      "Content-Type",
      TYPES[path.extname(url)] ?? "text/plain",
    );
    response.statusCode = content === null ? 404 : 200;
    response.end(content ?? "");
  });
  await new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(null)),
  );
  const { port } = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
