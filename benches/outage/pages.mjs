// @ts-check
/** What the scripted origin writes, and how its marks are read again. */

/** Whatever the origin says of itself when it fails; nobody should see it. */
const OWN_ERROR = "scripted origin";
const END = "</body></html>\n";

/** @typedef {{ id: string, version: number, made: number }} Mark */

/**
 * @param {Mark} mark
 * @param {number} bytes
 */
export function pageOf({ id, version, made }, bytes) {
  const head = `<!doctype html><html lang="en"><head><title>Page ${id}</title></head><body><p id="mark" data-id="${id}" data-version="${version}" data-made="${made.toFixed(1)}">Page ${id}</p>\n`;
  const room = Math.max(0, bytes - head.length - END.length);
  return head + "<!-- ".padEnd(room - 4, "x") + " -->" + END;
}

/**
 * The mark of a page that is there to its end.
 * @param {string} body
 * @returns {Mark | null}
 */
export function markOf(body) {
  const found =
    /data-id="([^"]+)" data-version="(-?\d+)" data-made="([\d.]+)"/.exec(body);
  if (!found || !body.includes("</html>")) return null;
  const [, id, version, made] = found;
  return { id, version: Number(version), made: Number(made) };
}

/** Whether a page began and then broke off. @param {string} body */
export const brokeOff = (body) =>
  body.startsWith("<!doctype html>") && !body.includes("</html>");

/** @param {number} status */
export const errorOf = (status) =>
  `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>${OWN_ERROR}</center></body></html>\n`;

/** @param {string} body */
export const isOwnError = (body) => body.includes(OWN_ERROR);
