// @ts-check
/**
 * What a site may choose; every wrong choice is refused by name, and says what
 * would be right.
 */
import { QueueOptionError } from "./errors.js";

/**
 * - `path`: exact, or with one `*` for any characters: `"/api/*"`; with a host for another
 *   origin: `"https://api.example/*"`
 * - `methods`: POST, PUT, PATCH and DELETE, unless said
 * - `name`: what the route is called in entries; the path, unless said
 * - `label`: what its writes are called where users see them
 * - `deduplicates`: the origin carries out once what it gets twice with one
 *   `Idempotency-Key`; `true` if it remembers keys for a day, or how long it does. Without
 *   it nothing is sent again that may have been carried out
 * - `unknownBlocks`: whether those behind one of unknown fate wait until its user decides;
 *   true unless said, since a later write may build on an earlier one
 * - `headers`: fields that are set on each sending, such as a fresh token
 * - `isDone`: whether a good answer means that it was carried out; a log-in page does not
 * @typedef {object} RouteOptions
 * @property {string} path
 * @property {string[]} [methods]
 * @property {string} [name]
 * @property {string} [label]
 * @property {boolean | string | number} [deduplicates]
 * @property {boolean} [unknownBlocks]
 * @property {(entry: import("./entry.js").Entry) => HeadersInit | Promise<HeadersInit>} [headers]
 * @property {(response: Response) => boolean | Promise<boolean>} [isDone]
 */

/**
 * - `database`: the name of the database and of the locks
 * - `user`: whose writes these are: no others are shown or sent. Give it where several
 *   people may sign in
 * - `limits`: a new write beyond them is refused
 * - `backoff`: the first ceiling of the pause between sendings, and the last
 * - `timeout`: how long an answer may take
 * @typedef {object} QueueOptions
 * @property {RouteOptions[]} routes
 * @property {string} [database]
 * @property {string} [user]
 * @property {{ entries?: number, bytes?: number, entryBytes?: number, age?: string | number }} [limits]
 * @property {{ base?: string | number, cap?: string | number }} [backoff]
 * @property {string | number} [timeout]
 */

/**
 * What the core needs to know of a route, in milliseconds.
 * @typedef {{ remembers?: number, age: number, base: number, cap: number }} Rule
 */

/**
 * @typedef {object} Route
 * @property {string} name
 * @property {string} label
 * @property {string[]} methods
 * @property {(url: URL) => boolean} matches
 * @property {boolean} unknownBlocks
 * @property {Rule} rule
 * @property {RouteOptions["headers"]} headers
 * @property {RouteOptions["isDone"]} isDone
 */

/** @typedef {{ entries: number, bytes: number, entryBytes: number }} Bounds */

const MIB = 1024 * 1024;
const WRITES = ["POST", "PUT", "PATCH", "DELETE"];
/** Payment providers promise a day at least. */
const REMEMBERED = "24h";

/**
 * A queue is read as a list by people, and its age is what "send it later" can mean.
 * What an edge waits for a write that may not be repeated is 100 s.
 */
const DEFAULTS = {
  entries: 1000,
  bytes: 50 * MIB,
  entryBytes: 10 * MIB,
  age: "7d",
  base: "1s",
  cap: "5m",
  timeout: "100s",
};

const UNITS = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

/** @param {unknown} given */
export function read(given) {
  const options = table("options", given, [
    ...["routes", "database", "user", "limits", "backoff", "timeout"],
  ]);
  const limits = table("limits", options.limits ?? {}, [
    ...["entries", "bytes", "entryBytes", "age"],
  ]);
  const backoff = table("backoff", options.backoff ?? {}, ["base", "cap"]);
  const rule = {
    age: span("limits.age", limits.age ?? DEFAULTS.age),
    base: span("backoff.base", backoff.base ?? DEFAULTS.base),
    cap: span("backoff.cap", backoff.cap ?? DEFAULTS.cap),
  };
  return {
    database: text("database", options.database ?? "lastgood-queue"),
    user: options.user === undefined ? "" : text("user", options.user),
    timeout: span("timeout", options.timeout ?? DEFAULTS.timeout),
    bounds: {
      entries: count("limits.entries", limits.entries ?? DEFAULTS.entries),
      bytes: count("limits.bytes", limits.bytes ?? DEFAULTS.bytes),
      entryBytes: count(
        "limits.entryBytes",
        limits.entryBytes ?? DEFAULTS.entryBytes,
      ),
    },
    routes: routes(options.routes, rule),
  };
}

/** @param {unknown} given @param {Rule} rule */
function routes(given, rule) {
  if (!Array.isArray(given) || given.length === 0)
    throw new QueueOptionError(
      "routes",
      given,
      'a list such as [{ path: "/api/*", methods: ["POST"] }]',
    );
  const all = given.map((route, n) => readRoute(`routes[${n}]`, route, rule));
  const twice = all.findIndex(({ name }, n) =>
    all.slice(0, n).some((other) => other.name === name),
  );
  if (twice >= 0)
    throw new QueueOptionError(
      `routes[${twice}].name`,
      all[twice]?.name,
      "a name that no other route has",
    );
  return all;
}

/** @param {string} at @param {unknown} given @param {Rule} rule @returns {Route} */
function readRoute(at, given, rule) {
  const route = table(at, given, [
    ...["path", "methods", "name", "label", "deduplicates", "unknownBlocks"],
    ...["headers", "isDone"],
  ]);
  const name = text(`${at}.name`, route.name ?? route.path);
  return {
    name,
    label: text(`${at}.label`, route.label ?? name),
    matches: pattern(`${at}.path`, route.path),
    methods: methods(`${at}.methods`, route.methods ?? WRITES),
    unknownBlocks: truth(`${at}.unknownBlocks`, route.unknownBlocks ?? true),
    rule: {
      ...rule,
      ...remembers(`${at}.deduplicates`, route.deduplicates ?? false),
    },
    headers: callback(`${at}.headers`, route.headers),
    isDone: callback(`${at}.isDone`, route.isDone),
  };
}

/** @param {string} field @param {unknown} given */
function remembers(field, given) {
  if (given === false) return {};
  return { remembers: span(field, given === true ? REMEMBERED : given) };
}

/** @param {string} field @param {unknown} given */
function methods(field, given) {
  const known = (/** @type {unknown} */ it) =>
    typeof it === "string" && WRITES.includes(it.toUpperCase());
  if (!Array.isArray(given) || given.length === 0 || !given.every(known))
    throw new QueueOptionError(field, given, `some of ${WRITES.join(", ")}`);
  return given.map((method) => method.toUpperCase());
}

/** @param {string} field @param {unknown} given @returns {Route["matches"]} */
function pattern(field, given) {
  const isOne =
    typeof given === "string" &&
    /^(\/|\*|https?:\/\/[^/*]+\/)/.test(given) &&
    given.split("*").length <= 2;
  if (!isOne)
    throw new QueueOptionError(
      field,
      given,
      'a path such as "/api/*", with one star at most',
    );
  const own = /^[/*]/.test(given);
  const [start, end] = given.split("*");
  return ({ origin, pathname }) => {
    if (own && origin !== location.origin) return false;
    const path = own ? pathname : origin + pathname;
    if (end === undefined) return path === start;
    return (
      path.length >= given.length - 1 &&
      path.startsWith(start ?? "") &&
      path.endsWith(end)
    );
  };
}

/** @param {string} field @param {unknown} given @param {string[]} known @returns {Record<string, any>} */
function table(field, given, known) {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new QueueOptionError(field, given, `a table of ${known.join(", ")}`);
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new QueueOptionError(
      field === "options" ? stranger : `${field}.${stranger}`,
      Object(given)[stranger],
      `unknown; known are ${known.join(", ")}`,
    );
  return given;
}

/** @param {string} field @param {unknown} given */
function text(field, given) {
  if (typeof given === "string" && given !== "") return given;
  throw new QueueOptionError(field, given, "a text that is not empty");
}

/** @param {string} field @param {unknown} given */
function truth(field, given) {
  if (typeof given === "boolean") return given;
  throw new QueueOptionError(field, given, "true or false");
}

/** @param {string} field @param {unknown} given */
function count(field, given) {
  if (Number.isSafeInteger(given) && Number(given) > 0) return Number(given);
  throw new QueueOptionError(field, given, "a whole number above 0");
}

/** @param {string} field @param {any} given */
function callback(field, given) {
  if (given === undefined || typeof given === "function") return given;
  throw new QueueOptionError(field, given, "a function, or nothing");
}

/** Milliseconds of a span of time. @param {string} field @param {unknown} given */
function span(field, given) {
  if (typeof given === "number" && given >= 0 && Number.isFinite(given))
    return given;
  const read = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(given));
  const unit = /** @type {keyof typeof UNITS} */ (read?.[2]);
  if (read && typeof given === "string") return Number(read[1]) * UNITS[unit];
  throw new QueueOptionError(
    field,
    given,
    'a span of time such as "10s", "5m", "24h" or "7d"',
  );
}
