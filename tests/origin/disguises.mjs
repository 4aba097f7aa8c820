// @ts-check
/**
 * The pages well-known gateways send when they fail, as they send them, so that
 * an origin can send one under a status that hides it.
 */
import { readFileSync } from "node:fs";

/** @param {string} file in tests/disguises, where all that are known are */
const page = (file) =>
  readFileSync(new URL(`../disguises/${file}`, import.meta.url), "utf8");

/** @type {Record<string, string>} */
export const DISGUISE_PAGES = {
  nginx: page("nginx-502.txt").replaceAll("\n", "\r\n"),
  haproxy: page("haproxy-503.txt"),
  varnish: page("varnish-503.txt"),
};
