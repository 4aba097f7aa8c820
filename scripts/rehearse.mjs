// @ts-check
/**
 * `npm run rehearse`: what a visitor would see if the origin were down, tried on
 * the real site by one request. Nobody else notices.
 *
 *     npm run rehearse -- FAULT --url URL [--for 10m] [--attempts N]
 *                         [--secret-env LASTGOOD_SECRET] [--print]
 *
 * FAULT is a status (502), `network` or `silence`; with `--attempts 1` only the
 * first attempt fails. `--print` prints the header instead of sending it, for a
 * browser or curl. The secret is the worker's own:
 *
 *     npx wrangler secret put LASTGOOD_SECRET
 *
 * Exit code: 0 if the fault happened, 1 if it did not, 2 if it could not be tried.
 */
import { parseArgs } from "node:util";
import { LONGEST, isFault, secondsIn, tokenFor } from "./rehearse/token.mjs";

const USAGE =
  "npm run rehearse -- FAULT --url URL (FAULT: 502, network, silence)";
const HEADER = "lastgood-rehearsal";
const TELLING = [
  "cache-status",
  "proxy-status",
  "lastgood-attempt",
  "age",
  "retry-after",
  "x-request-id",
];

const NOTHING =
  "Nothing happened: the origin answered as always. Is the worker in front of this URL,\n" +
  "and is its LASTGOOD_SECRET the one used here? A token is for one host only.";

const { url, token } = wish();
if (process.argv.includes("--print")) console.log(`${HEADER}: ${token}`);
else await rehearse();

async function rehearse() {
  const headers = { [HEADER]: token, accept: "text/html" };
  const response = await fetch(url, { headers, redirect: "manual" }).catch(
    (error) => refuse(`${url}: ${error.cause?.message ?? error.message}`),
  );
  console.log(`${response.status} ${response.statusText}`.trim());
  for (const name of TELLING) {
    const value = response.headers.get(name);
    if (value) console.log(`${name}: ${value}`);
  }
  const shown = shownBy(response, await response.text());
  console.log(`\n${shown ?? NOTHING}`);
  process.exitCode = shown ? 0 : 1;
}

/**
 * What the visitor got, if the fault happened.
 * @param {Response} response
 * @param {string} body
 */
function shownBy({ headers }, body) {
  const status = headers.get("cache-status") ?? "";
  if (status.startsWith("lastgood; fwd=stale"))
    return "Shown: the last good page.";
  if (status.startsWith("lastgood; fwd=miss"))
    return "Shown: an answer of our own.";
  if (body.startsWith("A rehearsed ")) return "Shown: the error as it is.";
  if (headers.has("lastgood-attempt"))
    return "Shown: the origin’s answer to a further attempt.";
  return undefined;
}

/** What was asked for, as a token for the host of the URL. */
function wish() {
  const { values, positionals } = read();
  const fault = positionals[0] ?? "";
  if (positionals.length !== 1 || !isFault(fault)) refuse(USAGE);
  if (!URL.canParse(values.url ?? "")) refuse(USAGE);
  const url = new URL(/** @type {string} */ (values.url));
  const span = secondsIn(values.for);
  if (!(span > 0 && span <= LONGEST))
    refuse("--for: a span such as 10m, 24h at most");
  const { attempts } = values;
  if (
    attempts !== undefined &&
    !(Number(attempts) >= 1 && Number(attempts) <= 255)
  )
    refuse("--attempts: a number from 1 to 255");
  const secret = process.env[values["secret-env"]];
  if (!secret) refuse(`the environment has no ${values["secret-env"]}`);
  const expires = Math.floor(Date.now() / 1000) + span;
  const { host } = url;
  return { url, token: tokenFor({ fault, attempts, host, expires, secret }) };
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: "string" },
        for: { type: "string", default: "10m" },
        attempts: { type: "string" },
        "secret-env": { type: "string", default: "LASTGOOD_SECRET" },
        print: { type: "boolean" },
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
