// @ts-check
/**
 * `npm run purge`: makes copies old, or removes them for good, on the running site.
 *
 *     npm run purge -- --site https://www.example.com
 *                      (--url URL | --prefix PREFIX | --everything) [--hard]
 *                      [--token-env LASTGOOD_PURGE_TOKEN] [--json FILE]
 *
 * Without `--hard` copies from before are stale at once and stay for the bad day;
 * with it they are never shown again. URL and PREFIX may be paths of the site. A URL
 * counts as a visitor's browser sends it: scheme, host, path and query. The token is
 * the worker's own secret:
 *
 *     npx wrangler secret put LASTGOOD_PURGE_TOKEN
 *
 * `--json` writes what the worker answered, `{"status": …, "answer": …}`.
 *
 * Exit code: 0 if it was purged, 1 if it was not, 2 if it could not be tried.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE =
  "npm run purge -- --site https://www.example.com (--url URL | --prefix PREFIX | --everything) [--hard]";
const PATH = "/.well-known/lastgood/purge";
const LONGEST_MS = 30_000;
/** Where a token may go without encryption. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

const NOT_OURS =
  "The answer is not lastgood's. Is the worker in front of this site, with all of its\n" +
  "paths, and has it a secret LASTGOOD_PURGE_TOKEN?";
const REFUSED =
  "The token is not the one that the worker has: npx wrangler secret put LASTGOOD_PURGE_TOKEN";

const { site, wish, token, file } = wished();
const { status, text } = await send();
const answer = jsonIn(text);
if (file !== undefined) write(file);
const done = status === 200 && answer?.purged;
console[done ? "log" : "error"](done ? told() : why());
process.exitCode = done ? 0 : 1;

/** What happened, as a sentence. */
function told() {
  const { purged, hard, reach, within, remedy } = answer;
  const [[kind, what]] = Object.entries(purged);
  const target = kind === "everything" ? kind : `${kind} ${what}`;
  const how = hard
    ? "never shown again"
    : "stale, and still there for the bad day";
  const hint = remedy ? ` (${remedy})` : "";
  return `Purged ${target}: ${how}. Known ${where(reach)} within ${within}${hint}.`;
}

/** @param {string} reach */
function where(reach) {
  return reach === "everywhere" ? reach : `in ${reach}`;
}

/** Why nothing was purged, and what to do. */
function why() {
  if (answer?.type !== "about:blank" || !answer.title)
    return `${status} from ${site.origin}\n${NOT_OURS}`;
  return status === 401 ? REFUSED : `${answer.title}. ${answer.detail}`;
}

/** @param {string} file */
function write(file) {
  try {
    const result = { status, answer: answer ?? null };
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    console.error(`--json: ${error instanceof Error ? error.message : error}`);
  }
}

/** The worker's answer. */
async function send() {
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
    const response = await fetch(new URL(PATH, site), init);
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

/** What was asked for. */
function wished() {
  const { values } = read();
  const { url, prefix, everything, hard, json: file } = values;
  const named = [url, prefix, everything].filter((it) => it !== undefined);
  if (!values.site || named.length !== 1) refuse(USAGE);
  const site = siteOf(values.site);
  const name = values["token-env"];
  const token = process.env[name];
  if (!token)
    refuse(`the environment has no ${name}, which holds the worker's secret`);
  return { site, wish: { url, prefix, everything, hard }, token, file };
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

function read() {
  try {
    return parseArgs({
      options: {
        site: { type: "string" },
        url: { type: "string" },
        prefix: { type: "string" },
        everything: { type: "boolean" },
        hard: { type: "boolean" },
        "token-env": { type: "string", default: "LASTGOOD_PURGE_TOKEN" },
        json: { type: "string" },
      },
    });
  } catch (error) {
    return refuse(
      `${error instanceof Error ? error.message : error}\n${USAGE}`,
    );
  }
}

/** @param {string} why @returns {never} */
function refuse(why) {
  console.error(why);
  process.exit(2);
}
