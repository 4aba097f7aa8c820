// @ts-check
/**
 * The endpoint by which operators tell the running worker something: who may, and how
 * far it reaches. What is meant is read by the core.
 */
import { RELIED_ON_MS, complain, raise } from "./epochs.js";
import { fault, purgeToken, state } from "./instance.js";
import { maintenance } from "./maintenance.js";
import * as platform from "./platform.js";
import { purge } from "./purge.js";

/**
 * Where commands are given: among the paths that RFC 8615 sets aside for what is
 * about a whole site, so that no page of anybody's is there.
 */
const PLACE = "/.well-known/lastgood/";

/**
 * What can be told: `wish` reads it into a line for `raise`, and `done` does the rest,
 * and says what holds then and what of it is for the log; nothing, if it does not hold.
 * @typedef {object} Command
 * @property {(body: any, url: string) => { text: string, wrong?: string }} wish
 * @property {(line: string, ctx: ExecutionContext) => Done | undefined | Promise<Done>} done
 * @property {Record<"method" | "large" | "refused" | "unknown" | "again" | "failed", string>} words
 */
/** @typedef {{ holds: object, logged: object }} Done */

/** @type {[string, Command][]} */
const COMMANDS = [
  ["purge", purge],
  ["maintenance", maintenance],
];

/** So many bytes tell something at most: the longest URL fits four times. */
const LONGEST_BODY = 8192;

/**
 * The command that a request gives, if it is for us.
 * @param {string} url
 */
export function commandIn(url) {
  if (!url.includes(PLACE)) return undefined;
  const { pathname } = new URL(url);
  return COMMANDS.find(([name]) => pathname === PLACE + name);
}

/**
 * Answers a request for a command.
 * @param {[string, Command]} command
 * @param {Request} request
 * @param {ExecutionContext} ctx
 */
export async function obey(command, request, ctx) {
  try {
    return await obeyed(command, request, ctx);
  } catch (error) {
    // Whatever comes, nobody else is shown this request and what it carries.
    fault(error);
    return refusal(500, command[1].words.failed, "lastgood itself failed.");
  }
}

/**
 * @param {[string, Command]} command
 * @param {Request} request
 * @param {ExecutionContext} ctx
 */
async function obeyed([name, command], { method, url, headers, body }, ctx) {
  const { wish, words } = command;
  if (!(await isGenuine(headers.get("authorization") ?? ""))) {
    const header = { "www-authenticate": 'Bearer realm="lastgood"' };
    const detail =
      "Send “Authorization: Bearer”, and the worker's LASTGOOD_PURGE_TOKEN.";
    return refusal(401, "A token is needed", detail, {}, header);
  }
  if (method !== "POST") {
    const allow = { allow: "POST" };
    return refusal(405, "Wrong method", words.method, {}, allow);
  }
  const text = body && (await platform.hold(body, LONGEST_BODY));
  if (text && !(text instanceof ArrayBuffer)) {
    text.cancel().catch(() => {});
    const detail = `The body has more than ${LONGEST_BODY} bytes. ${words.large}`;
    return refusal(413, "Too large", detail);
  }
  const { text: said, wrong } = wish(jsonOf(text), url);
  if (wrong !== undefined)
    return refusal(400, words.refused, said, { field: wrong });
  return (await done(name, command, said, ctx)) ?? unknown(words);
}

/**
 * Makes it known, and tells how far that reaches; nothing, if it may not hold.
 * @param {string} name
 * @param {Command} command
 * @param {string} line
 * @param {ExecutionContext} ctx
 */
async function done(name, command, line, ctx) {
  const objects = state();
  try {
    await raise(line);
  } catch (error) {
    complain(error);
    return undefined;
  }
  const end = await command.done(line, ctx);
  if (!end) return undefined;
  const reach = {
    reach: objects ? "everywhere" : "this data centre",
    within: `${RELIED_ON_MS / 1000}s`,
    ...(objects ? {} : { remedy: "bind LASTGOOD_STATE to reach all" }),
  };
  console.log(JSON.stringify({ lastgood: name, ...end.logged, ...reach }));
  return json(200, "application/json", { ...end.holds, ...reach });
}

/** @param {Command["words"]} words */
function unknown(words) {
  const header = { "retry-after": "5" };
  return refusal(503, words.unknown, words.again, {}, header);
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
