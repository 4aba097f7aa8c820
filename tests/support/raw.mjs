// @ts-check
/**
 * An origin that says whatever bytes it is given, proper or not, and never
 * closes by itself unless it is told to.
 */
import { once } from "node:events";
import net from "node:net";

/** @typedef {import("./site.mjs").TestContext} TestContext */
/** @typedef {string | Buffer} Bytes */
/** @typedef {Awaited<ReturnType<typeof rawOrigin>>} RawOrigin */

/**
 * - `bytes`: what a request for a path gets, as soon as its head is there
 * - `closes`: whether the connection is ended behind them
 * @typedef {{ bytes: Bytes | ((path: string) => Bytes), closes?: boolean }} Raw
 */

/** @param {TestContext} t @param {Raw} raw */
export async function rawOrigin(t, { bytes, closes = false }) {
  const seen = { heads: /** @type {string[]} */ ([]), open: 0 };
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer({ noDelay: true }, (socket) => {
    let text = "";
    seen.open += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => void ((seen.open -= 1), sockets.delete(socket)));
    socket.on("data", (piece) => {
      text += piece.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      seen.heads.push(text);
      const path = text.split(" ")[1];
      const said = typeof bytes === "function" ? bytes(path) : bytes;
      text = "";
      if (closes) socket.end(said);
      else socket.write(said);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = /** @type {net.AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${address.port}`, seen };
}
