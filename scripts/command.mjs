// @ts-check
/**
 * What the scripts share that tell the running worker something: who it is told to, by
 * which token, and what it answered.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const PLACE = "/.well-known/lastgood/";
const LONGEST_MS = 30_000;
/** Where a token may go without encryption. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

const NOT_OURS =
  "The answer is not lastgood's. Is the worker in front of this site, with all of its\n" +
  "paths, and has it a secret LASTGOOD_PURGE_TOKEN?";
const REFUSED =
  "The token is not the one that the worker has: npx wrangler secret put LASTGOOD_PURGE_TOKEN";

/** What all of them take. */
const SHARED = /** @type {const} */ ({
  site: { type: "string" },
  "token-env": { type: "string", default: "LASTGOOD_PURGE_TOKEN" },
  json: { type: "string" },
});

/** @typedef {NonNullable<import("node:util").ParseArgsConfig["options"]>} Options */

/**
 * What stands on the command line, besides what all of these scripts take.
 * @template {Options} T
 * @param {T} own
 * @param {string} usage
 */
export function parameters(own, usage) {
  try {
    return parseArgs({ options: { ...SHARED, ...own } }).values;
  } catch (error) {
    return refuse(
      `${error instanceof Error ? error.message : error}\n${usage}`,
    );
  }
}

/**
 * Who is told, by which token, and where the answer is written.
 * @param {{ site: string, "token-env": string, json?: string }} values
 */
export function addressee({ site: text, "token-env": name, json: file }) {
  const site = siteOf(text);
  const token = process.env[name];
  if (!token)
    refuse(`the environment has no ${name}, which holds the worker's secret`);
  return { site, token, file };
}

/** @param {string} text */
function siteOf(text) {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    refuse(`--site ${text}: a URL such as https://www.example.com`);
  const site = new URL(text);
  if (site.protocol !== "https:" && !LOCAL.includes(site.hostname))
    refuse(`--site ${text}: the token would go out in the clear; use https`);
  return site;
}

/**
 * Gives a command, says what came of it, and sets the exit code: 0 if it holds, 1 if it
 * does not.
 * @param {string} command
 * @param {unknown} wish
 * @param {ReturnType<typeof addressee>} to
 * @param {(answer: any) => string | undefined} told what holds now, as a sentence; nothing,
 *   if the answer does not say
 */
export async function give(command, wish, to, told) {
  const { status, text } = await send(command, wish, to);
  const answer = jsonIn(text);
  if (to.file !== undefined) write(to.file, { status, answer: answer ?? null });
  const done = status === 200 ? told(Object(answer)) : undefined;
  console[done ? "log" : "error"](done ?? why(status, answer, to.site));
  process.exitCode = done ? 0 : 1;
}

/**
 * How far it reaches, as a sentence.
 * @param {{ reach: string, within: string, remedy?: string }} answer
 */
export function known({ reach, within, remedy }) {
  const where = reach === "everywhere" ? reach : `in ${reach}`;
  const hint = remedy ? ` (${remedy})` : "";
  return `Known ${where} within ${within}${hint}.`;
}

/**
 * Why it does not hold, and what to do.
 * @param {number} status
 * @param {any} answer
 * @param {URL} site
 */
function why(status, answer, site) {
  if (answer?.type !== "about:blank" || !answer.title)
    return `${status} from ${site.origin}\n${NOT_OURS}`;
  return status === 401 ? REFUSED : `${answer.title}. ${answer.detail}`;
}

/** @param {string} file @param {unknown} result */
function write(file, result) {
  try {
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    console.error(`--json: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The worker's answer.
 * @param {string} command
 * @param {unknown} wish
 * @param {ReturnType<typeof addressee>} to
 */
async function send(command, wish, { site, token }) {
  const headers = {
    // Bytes of UTF-8, one per character, as fields are given to `fetch`.
    authorization: `Bearer ${Buffer.from(token).toString("latin1")}`,
    "content-type": "application/json",
  };
  const init = {
    ...{ method: "POST", headers, body: JSON.stringify(wish) },
    // The token is for this site and no other.
    redirect: /** @type {const} */ ("manual"),
    signal: AbortSignal.timeout(LONGEST_MS),
  };
  try {
    const response = await fetch(new URL(PLACE + command, site), init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const { message, cause } = /** @type {Error & { cause?: Error }} */ (error);
    return refuse(`${site.origin}: ${cause?.message ?? message}`);
  }
}

/** @param {string} text */
function jsonIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string} why @returns {never} */
export function refuse(why) {
  console.error(why);
  process.exit(2);
}
