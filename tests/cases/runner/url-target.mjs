// @ts-check
/**
 * Any gateway that somebody set up by hand. It has one policy, the default
 * one, and one store for all cases, so each case gets a part of its paths.
 */

import { randomBytes } from "node:crypto";
import { differences } from "./neutral.mjs";
import { originNames } from "./settings.mjs";

/** @typedef {import("./load.mjs").Case} Case */
/** @typedef {import("./target.mjs").Target} Target */

/** @param {Case} kase @param {string[] | "all"} has */
function lacking({ needs = [] }, has) {
  if (has === "all") return null;
  const missing = needs.filter((need) => !has.includes(need));
  return missing.length > 0
    ? `needs ${missing.join(", ")}, which --has doesn't name`
    : null;
}

/** @param {Case} kase */
function unlike({ policy, steps }) {
  const paths = differences(policy);
  const origins = policy?.origins ?? [];
  if (
    origins.some(
      (/** @type {object} */ origin) => Object.keys(origin).join() !== "name",
    )
  ) {
    paths.push("origins");
  }
  if (paths.length > 0) return `needs a policy of its own: ${paths.join(", ")}`;
  return steps.some((step) => "restart" in step)
    ? "needs a gateway that can be restarted"
    : null;
}

/** @param {Case} kase @param {Map<string, number>} ports */
function misplaced({ policy, origins }, ports) {
  const unnamed = Object.keys(origins).filter((name) => !ports.has(name));
  if (unnamed.length > 0) return `no --origin for ${unnamed.join(", ")}`;
  const behind = originNames(policy);
  const more = [...ports.keys()].filter((name) => !behind.includes(name));
  return more.length > 0
    ? `the gateway has an origin more: ${more.join(", ")}`
    : null;
}

/**
 * @param {{ url: string, ports: Map<string, number>, has: string[] | "all" }} options
 * @returns {Target}
 */
export function urlTarget({ url, ports, has }) {
  const { hostname, port, host, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, "");
  const run = randomBytes(3).toString("hex");
  return {
    name: url,
    portOf: (name) => ports.get(name),
    skip: (kase) =>
      unlike(kase) ?? lacking(kase, has) ?? misplaced(kase, ports),
    prefixFor: ({ id }) => `${base}/case-${run}-${id}`,
    open: async () => ({
      gateway: {
        port: Number(port || 80),
        hostname,
        host,
        restart: async () => {},
      },
      log: () => [],
      close: async () => {},
    }),
  };
}
