// @ts-check
/**
 * What an origin's answer says: the bytes of its body.
 *
 * Every ordinary body carries `[[ORIGIN#id]]`, which is how a case knows which
 * scripted answer a visitor was given, and is longer than 200 bytes, so that
 * it can be cut.
 */

import { DISGUISE_PAGES } from "./disguises.mjs";

/** @typedef {import("./grammar.mjs").Answer} Answer */
/** @typedef {{ headers: Record<string, string>, body: Buffer }} Asked */
/** @typedef {{ type: string, bytes: Buffer }} Content */

const HTML = "text/html; charset=utf-8";

/** @param {string} mark @param {string} [extra] */
function htmlPage(mark, extra = "") {
  return `<!doctype html>
<html lang="en"><head><title>Town library</title></head>
<body><p>${mark}</p>
<h1>Town library</h1>
<p>Opening hours: Monday to Friday from nine to six, Saturday from ten to two.</p>
${extra}<p>The reading room is open to everyone, and so is the garden behind it.</p>
</body></html>
`;
}

/** @param {string} mark */
function jsonText(mark) {
  const openingHours = { weekdays: "09:00-18:00", saturday: "10:00-14:00" };
  const about =
    "The reading room is open to everyone, and so is the garden behind it. ";
  return JSON.stringify({
    mark,
    about: about.repeat(2),
    "Opening hours": openingHours,
  });
}

/** @param {string} mark */
function plainText(mark) {
  return `/* ${mark} */\n${"/* Opening hours: Monday to Friday, nine to six. */\n".repeat(5)}`;
}

/** A page that belongs to one visitor's session. @param {string} mark */
function formPage(mark) {
  const token = "Zm9yZ2VkLXRva2Vu.4f1c2a77d0";
  return htmlPage(
    mark,
    `<form method="post" action="/renew">
<input type="hidden" name="csrf_token" value="${token}"><button>Renew</button></form>
`,
  );
}

/** Exactly `size` bytes, beginning with the mark. @param {string} mark @param {number} size */
function sizedPage(mark, size) {
  const start = Buffer.from(
    `<!doctype html><html lang="en"><body><p>${mark}</p><h1>Opening hours</h1><!--`,
  );
  const end = Buffer.from("--></body></html>\n");
  const middle = size - start.length - end.length;
  if (middle < 0) return Buffer.concat([Buffer.from(mark)], size);
  return Buffer.concat([
    start,
    Buffer.alloc(middle, "Opening hours, nine to six. "),
    end,
  ]);
}

/** @param {string} mark @param {string} type */
function textFor(mark, type) {
  if (/json/i.test(type)) return jsonText(mark);
  return /html/i.test(type) ? htmlPage(mark) : plainText(mark);
}

/** @param {string} value */
const escapeHtml = (value) =>
  value.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

/** @param {string} mark @param {string} value */
const reflection = (mark, value) =>
  htmlPage(mark, `<p>You asked for <b>${escapeHtml(value)}</b>.</p>\n`);

/** @param {Answer} answer */
function typeOf({ headers, options }) {
  const own = headers.find(([name]) => name.toLowerCase() === "content-type");
  return own?.[1] ?? (typeof options.type === "string" ? options.type : null);
}

/**
 * The body before any coding or cutting.
 * @param {Answer} answer @param {Asked} asked @param {string} mark @returns {Content}
 */
export function contentOf(answer, asked, mark) {
  const { options } = answer;
  const type = typeOf(answer) ?? HTML;
  /** @param {string | Buffer} bytes */
  const content = (bytes) => ({ type, bytes: Buffer.from(bytes) });
  if (options.empty) return content("");
  if (options.echo) return echoOf(asked, typeOf(answer));
  if (options.disguised)
    return content(DISGUISE_PAGES[String(options.disguised)]);
  if (options.csrf) return content(formPage(mark));
  if (options.size !== undefined)
    return content(sizedPage(mark, Number(options.size)));
  const reflected =
    options.reflect && asked.headers[String(options.reflect).toLowerCase()];
  return content(reflected ? reflection(mark, reflected) : textFor(mark, type));
}

/** @param {Asked} asked @param {string | null} type @returns {Content} */
function echoOf({ headers, body }, type) {
  return {
    type: type ?? headers["content-type"] ?? "application/octet-stream",
    bytes: body,
  };
}
