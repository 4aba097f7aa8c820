// @ts-check
/** An operator of a site: the commands that the worker takes, and the scripts for them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { siteWith } from "./site.mjs";

/** @typedef {import("./site.mjs").Site} Site */
/** @typedef {import("./site.mjs").SiteOptions} SiteOptions */

export const TOKEN = "a token of the operator’s";
const PLACE = "/.well-known/lastgood/";

/**
 * @param {import("./site.mjs").TestContext} t
 * @param {SiteOptions} [options]
 */
export const operatedSite = (t, { bindings, ...options } = {}) =>
  siteWith(t, {
    ...options,
    bindings: { LASTGOOD_PURGE_TOKEN: TOKEN, ...bindings },
  });

/**
 * @param {Site} site
 * @param {string} command
 * @param {unknown} body as JSON, unless it is bytes
 * @param {Partial<import("./site.mjs").Wishes> & { token?: string }} [wishes]
 */
export async function tell(
  { ask },
  command,
  body,
  { token = TOKEN, ...wishes } = {},
) {
  const bytes =
    body instanceof Buffer ? body : Buffer.from(JSON.stringify(body));
  const seen = await ask({
    ...{ target: PLACE + command, method: "POST", body: bytes },
    headers: [["authorization", `Bearer ${token}`]],
    ...wishes,
  });
  return { ...seen, said: jsonOf(seen.text) };
}

/** A command that has to be obeyed. @param {Site} site @param {string} command @param {unknown} body */
export async function order(site, command, body) {
  const { status, said, text } = await tell(site, command, body);
  assert.equal(status, 200, text);
  return said;
}

/** Bytes of UTF-8, as `fetch` takes them. @param {string} text */
export const latin1 = (text) => Buffer.from(text).toString("latin1");

/** @param {string} text */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Runs a script as `npm run` does.
 * @param {string} name
 * @param {string[]} parameters
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ code: number, said: string }>}
 */
export const script = (
  name,
  parameters,
  env = { LASTGOOD_PURGE_TOKEN: TOKEN },
) =>
  new Promise((resolve) => {
    const file = fileURLToPath(
      new URL(`../../scripts/${name}.mjs`, import.meta.url),
    );
    execFile(
      process.execPath,
      [file, ...parameters],
      { env: { ...process.env, ...env } },
      (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), said: out + err }),
    );
  });
