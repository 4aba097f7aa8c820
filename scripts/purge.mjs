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
import { addressee, give, known, parameters, refuse } from "./command.mjs";

const USAGE =
  "npm run purge -- --site https://www.example.com (--url URL | --prefix PREFIX | --everything) [--hard]";

const { site, url, prefix, everything, hard, ...rest } = parameters(
  {
    url: { type: "string" },
    prefix: { type: "string" },
    everything: { type: "boolean" },
    hard: { type: "boolean" },
  },
  USAGE,
);
const named = [url, prefix, everything].filter((it) => it !== undefined);
if (!site || named.length !== 1) refuse(USAGE);
const wish = { url, prefix, everything, hard };
await give("purge", wish, addressee({ site, ...rest }), told);

/** What happened, as a sentence. @param {any} answer */
function told(answer) {
  const { purged, hard } = answer;
  if (!purged) return undefined;
  const [[kind, what]] = Object.entries(purged);
  const target = kind === "everything" ? kind : `${kind} ${what}`;
  const how = hard
    ? "never shown again"
    : "stale, and still there for the bad day";
  return `Purged ${target}: ${how}. ${known(answer)}`;
}
