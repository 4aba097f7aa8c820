// @ts-check
/** A server that sends on what it gets as if it had been through the worker before. */
import { once } from "node:events";
import http from "node:http";

/** @param {import("../support/site.mjs").TestContext} t @param {number} port */
export async function sendsInCircles(t, port) {
  const server = http.createServer((incoming, answer) => {
    const { url: path, method } = incoming;
    const loop = { "cdn-loop": "lastgood, lastgood, lastgood" };
    const headers = { ...incoming.headers, ...loop };
    const on = http.request({ port, path, method, headers, agent: false });
    on.on("response", (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(answer);
    });
    on.on("error", () => answer.destroy());
    incoming.pipe(on);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = /** @type {import("node:net").AddressInfo} */ (
    server.address()
  );
  return `http://127.0.0.1:${address.port}`;
}
