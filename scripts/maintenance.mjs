// @ts-check
/**
 * `npm run maintenance`: announces planned work on the running site, or its end.
 *
 *     npm run maintenance -- --site https://www.example.com
 *                            (--on [--end TIME] [--start TIME] [--path PATTERN]
 *                            [--message TEXT] [--copies] [--allow-header FIELD] | --off)
 *                            [--token-env LASTGOOD_PURGE_TOKEN] [--json FILE]
 *
 * They mean what the members of `maintenance` mean in the configuration; PATTERN is a
 * path with one star at most, as that of a route. What is announced takes the place of
 * what was announced before. `--off` ends it, and leaves the configuration alone. The
 * token is that of purges, the worker's own secret:
 *
 *     npx wrangler secret put LASTGOOD_PURGE_TOKEN
 *
 * `--json` writes what the worker answered, `{"status": …, "answer": …}`.
 *
 * Exit code: 0 if it was announced, 1 if it was not, 2 if it could not be tried.
 */
import { addressee, give, known, parameters, refuse } from "./command.mjs";

const USAGE =
  "npm run maintenance -- --site https://www.example.com\n" +
  "    (--on [--end TIME] [--start TIME] [--path PATTERN] [--message TEXT] [--copies]\n" +
  "    [--allow-header FIELD] | --off)";

const values = parameters(
  {
    on: { type: "boolean" },
    off: { type: "boolean" },
    start: { type: "string" },
    end: { type: "string" },
    path: { type: "string" },
    message: { type: "string" },
    copies: { type: "boolean" },
    "allow-header": { type: "string" },
  },
  USAGE,
);
const { site, on, off, "token-env": name, json, ...rest } = values;
const { "allow-header": allow_header, ...more } = rest;
const members = { ...more, allow_header };
const beside = Object.values(members).some((it) => it !== undefined);
if (!site || on === off || (off && beside)) refuse(USAGE);
const wish = { on: on === true, ...members };
const to = addressee({ site, "token-env": name, json });
await give("maintenance", wish, to, told);

/** What holds now, as a sentence. @param {any} answer */
function told({ maintenance, ...reach }) {
  if (!maintenance) return undefined;
  const { on, path, start, end } = maintenance;
  const where = path === undefined ? "" : ` for ${path}`;
  const from = start === undefined ? "" : ` from ${start}`;
  const until = end === undefined ? "" : ` until ${end}`;
  const what = on
    ? `Maintenance is on${where}${from}${until}.`
    : "Maintenance is off, unless the configuration says otherwise.";
  return `${what} ${known(reach)}`;
}
