// @ts-check
/**
 * Shows again, byte for byte, what a visit brought back: in a frame without
 * scripts, whose pictures and styles come from the site through lastgood, as
 * they did for the visitor.
 */

/**
 * @typedef {object} Seen
 * @property {string} path
 * @property {string} type
 * @property {Buffer} body
 */

/**
 * @param {import("node:http").ServerResponse} response
 * @param {Seen | undefined} seen
 * @param {string} site
 */
export function seenPage(response, seen, site) {
  const html = seen?.type.startsWith("text/html");
  const picture = seen?.type.startsWith("image/");
  const type = html || picture ? seen?.type : "text/plain; charset=utf-8";
  response.writeHead(seen ? 200 : 404, {
    "content-type": type ?? "text/plain; charset=utf-8",
    "content-security-policy": frameRules(site),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  if (!seen) return response.end("That visit is too long ago.\n");
  response.end(html ? based(seen, site) : seen.body);
}

/** Where a base element may go, the best place first. */
const PLACES = [/<head[^>]*>/i, /^\s*<!doctype[^>]*>/i];

const SCRIPT = /<script\b[^]*?<\/script>/gi;

/** @param {string} site */
const frameRules = (site) =>
  [
    "default-src 'none'",
    "sandbox",
    `style-src ${site} 'unsafe-inline'`,
    `img-src ${site} data:`,
    `font-src ${site}`,
    `base-uri ${site}`,
    "frame-ancestors 'self'",
  ].join("; ");

/**
 * Links relative to the site, not to the switchboard.
 * @param {Seen} seen
 * @param {string} site
 */
function based({ body, path }, site) {
  // The browser would complain of each script that it may not run.
  const html = body.toString("utf8").replace(SCRIPT, "");
  const base = `<base href="${encodeURI(site + path)}">`;
  const [place = /^/] = PLACES.filter((one) => one.test(html));
  return html.replace(place, (before) => before + base);
}
