// @ts-check
/** Loaded before the suite's origin: whatever listens, listens on 127.0.0.1. */
import net from "node:net";

const listen = net.Server.prototype.listen;

/** @this {net.Server} @param {any[]} args */
net.Server.prototype.listen = function (...args) {
  const [port, host] = args;
  const isPort = typeof port === "number" || typeof port === "string";
  if (isPort && typeof host !== "string") args.splice(1, 0, "127.0.0.1");
  return listen.apply(this, /** @type {any} */ (args));
};
