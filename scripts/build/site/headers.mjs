// @ts-check
/**
 * The fields that the site's files are served with, in the notation of static assets:
 * a pattern of paths, and below it, indented, what they get.
 */

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A page is asked for each time; who can't get it may see the last one for a week. */
const PAGE = { "Cache-Control": "public, max-age=0, stale-if-error=604800" };
/** A new service worker is found at once. */
const SCRIPT = { "Cache-Control": "no-cache" };

/** @type {Record<string, Record<string, string>>} */
const FIELDS = {
  "/*": {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
  },
  // Their names change with them.
  "/assets/*": { "Cache-Control": "public, max-age=31536000, immutable" },
  "/texts/*": PAGE,
  "/sw.js": SCRIPT,
  "/lastgood/*": SCRIPT,
};

/** Of one field there must not be two that fit. @param {string[]} pages */
export const headers = (pages) =>
  Object.entries({
    ...FIELDS,
    ...Object.fromEntries(pages.map((page) => [page, PAGE])),
  })
    .map(([path, fields]) => {
      const lines = Object.entries(fields).map(
        ([name, value]) => `  ${name}: ${value}`,
      );
      return [path, ...lines, ""].join("\n");
    })
    .join("\n");
