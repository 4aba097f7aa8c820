// @ts-check
/**
 * Loaded before the suite's origin: whatever listens, listens on 127.0.0.1, and leaves
 * idle connections open. One that it closes just as it is used again would look like an
 * outage, which is answered with a copy or an error page, and the test would be lost.
 */
import http from "node:http";
import net from "node:net";

/** Longer than a run takes. */
const IDLE_MS = 10 * 60 * 1000;

const listen = net.Server.prototype.listen;

/** @this {net.Server} @param {any[]} args */
net.Server.prototype.listen = function (...args) {
  const [port, host] = args;
  const isPort = typeof port === "number" || typeof port === "string";
  if (isPort && typeof host !== "string") args.splice(1, 0, "127.0.0.1");
  if (this instanceof http.Server) this.keepAliveTimeout = IDLE_MS;
  return listen.apply(this, /** @type {any} */ (args));
};
