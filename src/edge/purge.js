// @ts-check
/**
 * The endpoint by which operators purge copies: who may, and how far it reaches.
 * What is meant is read by the core.
 */
import * as core from "lastgood-core";
import { RELIED_ON_MS, complain, raise } from "./epochs.js";
import { fault, purgeToken, state } from "./instance.js";
import { resolved } from "./keeping.js";
import { LONGEST_LOOK_MS } from "./looking.js";
import * as platform from "./platform.js";
import { forgetEverywhere } from "./tiers.js";

/**
 * Where purges are asked for: among the paths that RFC 8615 sets aside for what is
 * about a whole site, so that no page of anybody's is there.
 */
const PATH = "/.well-known/lastgood/purge";

/** So many bytes ask for a purge at most: the longest URL fits four times. */
const LONGEST_BODY = 8192;

/**
 * Whether a request is for us.
 * @param {string} url
 */
export function isPurge(url) {
  return url.includes(PATH) && new URL(url).pathname === PATH;
}

/**
 * Answers a request for a purge.
 * @param {Request} request
 * @param {ExecutionContext} ctx
 */
export async function purge(request, ctx) {
  try {
    return await purged(request, ctx);
  } catch (error) {
    // Whatever comes, nobody else is shown this request and what it carries.
    fault(error);
    return refusal(500, "The purge failed", "lastgood itself failed.");
  }
}

/**
 * @param {Request} request
 * @param {ExecutionContext} ctx
 */
async function purged({ method, url, headers, body }, ctx) {
  if (!(await isGenuine(headers.get("authorization") ?? ""))) {
    const header = { "www-authenticate": 'Bearer realm="lastgood"' };
    const detail =
      "Send “Authorization: Bearer”, and the worker's LASTGOOD_PURGE_TOKEN.";
    return refusal(401, "A token is needed", detail, {}, header);
  }
  if (method !== "POST") {
    const detail = "A purge is asked for with POST.";
    return refusal(405, "Wrong method", detail, {}, { allow: "POST" });
  }
  const text = body && (await platform.hold(body, LONGEST_BODY));
  if (text && !(text instanceof ArrayBuffer)) {
    text.cancel().catch(() => {});
    const detail = `The body has more than ${LONGEST_BODY} bytes. Purge one URL or prefix at a time.`;
    return refusal(413, "Too large", detail);
  }
  const wish = wishOf(jsonOf(text), url);
  if (wish.wrong !== undefined) {
    const field = { field: wish.wrong };
    return refusal(400, "Nothing was purged", wish.text, field);
  }
  return done(wish.text, ctx);
}

/**
 * Whether a request carries the token. Digests are compared, since those are of
 * one length, and in constant time.
 * @param {string} authorization
 */
async function isGenuine(authorization) {
  const token = purgeToken();
  const [, given] = /^bearer +(\S.*)$/i.exec(authorization.trim()) ?? [];
  const encoder = new TextEncoder();
  const digest = (/** @type {string} */ text) =>
    crypto.subtle.digest("SHA-256", encoder.encode(text));
  const [own, other] = await Promise.all(
    [token ?? "", given ?? ""].map(digest),
  );
  const same = crypto.subtle.timingSafeEqual(own, other);
  return same && token !== undefined && given !== undefined;
}

/**
 * What a body says; nothing, if it is no JSON.
 * @param {ArrayBuffer | null} body
 */
function jsonOf(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body ?? undefined));
  } catch {
    return null;
  }
}

/**
 * What is to be purged, freed before anything can fail.
 * @param {any} body
 * @param {string} base
 */
function wishOf(body, base) {
  const urls = [body?.url, body?.prefix].map((it) =>
    resolved(it ?? null, base),
  );
  const wish = core.purge_wish(body, urls[0], urls[1]);
  const { text, wrong } = wish;
  wish.free();
  return { text, wrong };
}

/**
 * Purges, and tells how far that reaches.
 * @param {string} line a purge as the core writes it
 * @param {ExecutionContext} ctx
 */
async function done(line, ctx) {
  const [strength, kind, scope] = line.split(" ");
  const hard = strength === "hard";
  const objects = state();
  try {
    await raise(line);
  } catch (error) {
    complain(error);
    const detail =
      "What keeps purges did not answer. Ask again: a purge may be repeated.";
    const header = { "retry-after": "5" };
    return refusal(503, "It is not known to be purged", detail, {}, header);
  }
  if (hard && kind === "url") await remove(scope, ctx);
  const reach = {
    reach: objects ? "everywhere" : "this data centre",
    within: `${RELIED_ON_MS / 1000}s`,
    ...(objects ? {} : { remedy: "bind LASTGOOD_STATE to reach all" }),
  };
  const told = {
    purged: scope ? { [kind]: scope } : { everything: true },
    ...{ hard, ...reach },
  };
  console.log(JSON.stringify({ lastgood: "purge", ...told }));
  return json(200, "application/json", told);
}

/**
 * Removes the copies of a URL from the store, and from further tiers.
 * @param {string} url
 * @param {ExecutionContext} ctx
 */
async function remove(url, ctx) {
  const [page, ...beside] = core.purged_places(url);
  const gone = [forgetEverywhere([page], ctx), ...beside.map(platform.forget)];
  const removed = Promise.all(gone);
  await platform.within(removed, LONGEST_LOOK_MS);
}

/**
 * Problem details (RFC 9457).
 * @param {number} status
 * @param {string} title
 * @param {string} detail
 * @param {Record<string, string>} [more]
 * @param {Record<string, string>} [headers]
 */
function refusal(status, title, detail, more, headers) {
  const problem = { type: "about:blank", title, status, detail, ...more };
  return json(status, "application/problem+json", problem, headers);
}

/**
 * @param {number} status
 * @param {string} type
 * @param {unknown} value
 * @param {Record<string, string>} [more]
 */
function json(status, type, value, more) {
  const headers = {
    "content-type": type,
    "cache-control": "no-store",
    ...more,
  };
  return new Response(`${JSON.stringify(value)}\n`, { status, headers });
}
