// @ts-check
/**
 * What stands behind the status of a scripted answer: its headers between
 * brackets and its options.
 */

/** @typedef {Record<string, string | number | true>} Options */

/** What the argument of an answer's option must be. @type {Record<string, "none" | "number" | "token" | "page" | "text">} */
export const OPTIONS = {
  slow: "number",
  drip: "number",
  cut: "number",
  rst: "number",
  chunked: "none",
  "chunked-cut": "number",
  torn: "number",
  early: "none",
  empty: "none",
  size: "number",
  echo: "none",
  cond: "none",
  reflect: "token",
  disguised: "page",
  type: "text",
  gzip: "none",
  "gzip-cut": "number",
  csrf: "none",
  partial: "none",
};

/** Options of which an answer can have only one. */
const EXCLUSIVE = [
  ["cut", "rst", "chunked", "chunked-cut", "torn"],
  ["empty", "echo", "disguised", "csrf", "size"],
  ["gzip", "gzip-cut"],
];

/** The known error pages an answer can be disguised as. */
export const DISGUISES = ["nginx", "haproxy", "varnish"];

export const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
const DIRECTIVE = /^[!#$%&'*+.^_`|~\w-]+(=("[^"]*"|[^\s",;]*))?$/;
const SHORT_DIRECTIVES = new Map([
  ["ma", "max-age"],
  ["sie", "stale-if-error"],
  ["swr", "stale-while-revalidate"],
  ["mr", "must-revalidate"],
]);

/** @param {string} text @param {string} what @returns {never} */
export function reject(text, what) {
  throw new Error(`behaviour ${JSON.stringify(text)}: ${what}`);
}

/** @param {string} text @param {string} name @param {string | undefined} argument */
function optionValue(text, name, argument) {
  const want = OPTIONS[name];
  if (want === "none") {
    return argument === undefined || reject(text, `${name} takes no argument`);
  }
  if (!argument) return reject(text, `${name}(…) needs an argument`);
  if (want === "number") {
    if (!/^\d{1,9}$/.test(argument))
      reject(text, `${name}(${argument}): a number is needed`);
    return Number(argument);
  }
  if (want === "token" && !TOKEN.test(argument)) {
    reject(text, `${name}(${argument}): a header name is needed`);
  }
  if (want === "page" && !DISGUISES.includes(argument)) {
    reject(
      text,
      `${name}(${argument}): one of ${DISGUISES.join(", ")} is needed`,
    );
  }
  return argument;
}

/** @param {string} text @param {Options} options */
function checkTogether(text, options) {
  for (const group of EXCLUSIVE) {
    const both = group.filter((name) => name in options);
    if (both.length > 1)
      reject(text, `${both.join(" and ")} exclude each other`);
  }
}

/** @param {string} text @param {string} rest @param {string[]} allowed @returns {Options} */
export function parseOptions(text, rest, allowed) {
  /** @type {Options} */
  const options = {};
  const next = /\s+([a-z-]+)(?:\(([^()]*)\))?(?=\s|$)/y;
  while (next.lastIndex < rest.length) {
    const from = next.lastIndex;
    const found = next.exec(rest);
    if (!found)
      reject(text, `can't read ${JSON.stringify(rest.slice(from).trim())}`);
    const [, name, argument] = found;
    if (!allowed.includes(name))
      reject(text, `unknown option ${JSON.stringify(name)}`);
    if (name in options) reject(text, `${name} is there twice`);
    options[name] = optionValue(text, name, argument);
  }
  checkTogether(text, options);
  return options;
}

/** @param {string} text @param {string} segment @returns {[string, string]} */
function parseCacheControl(text, segment) {
  const directives = segment.match(/[^,"]*("[^"]*"[^,"]*)*/g) ?? [];
  const words = directives.map((word) => word.trim()).filter(Boolean);
  for (const word of words) {
    if (!DIRECTIVE.test(word))
      reject(text, `${JSON.stringify(word)} is no cache directive`);
  }
  const long = words.map((word) => {
    const [name, ...value] = word.split("=");
    return [SHORT_DIRECTIVES.get(name) ?? name, ...value].join("=");
  });
  return ["Cache-Control", long.join(", ")];
}

/** @param {string} text @param {string} segment @returns {[string, string]} */
function parseHeader(text, segment) {
  if (segment === "") reject(text, "an empty header between the brackets");
  const colon = segment.indexOf(": ");
  if (colon < 0) return parseCacheControl(text, segment);
  const name = segment.slice(0, colon);
  if (!TOKEN.test(name))
    reject(text, `${JSON.stringify(name)} is no header name`);
  return [name, segment.slice(colon + 2)];
}

/** @param {string} text @param {string | undefined} inside @returns {[string, string][]} */
export function parseHeaders(text, inside) {
  if (inside === undefined) return [];
  return inside.split(/\s+\|\s+/).map((part) => parseHeader(text, part.trim()));
}
