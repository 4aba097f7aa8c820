// @ts-check
/**
 * Loaded before the suite's origin: whatever listens, listens on 127.0.0.1, and closes
 * each connection behind its answer, and says so. Else one request of a run meets a
 * connection that is closed just then. That is an outage, answered with a copy or an
 * error page or by a second attempt, and the test it belongs to is lost.
 */
import http from "node:http";
import net from "node:net";

const listen = net.Server.prototype.listen;

/** @this {net.Server} @param {any[]} args */
net.Server.prototype.listen = function (...args) {
  const [port, host] = args;
  const isPort = typeof port === "number" || typeof port === "string";
  if (isPort && typeof host !== "string") args.splice(1, 0, "127.0.0.1");
  if (this instanceof http.Server)
    this.prependListener("request", (_, response) => {
      response.shouldKeepAlive = false;
    });
  return listen.apply(this, /** @type {any} */ (args));
};
