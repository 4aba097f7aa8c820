// @ts-check
/**
 * The page that lastgood answered with, as the visitor saw it: in a frame without
 * scripts. Its style is handed over as an object, since the policy of this site allows
 * none that stands in a page.
 */
import { byId, el } from "../switchboard/dom.js";

const STYLE = /<style\b[^>]*>([^]*?)<\/style>/gi;
const SCRIPT = /<script\b[^]*?<\/script>/gi;

/** @param {string | undefined} body */
export function showPage(body) {
  const place = byId("window");
  const html = body?.trimStart().startsWith("<!doctype html");
  place.hidden = body === undefined;
  if (body === undefined) return place.replaceChildren();
  if (!html) {
    const label = "The body of the answer";
    const text = el(
      "pre",
      { tabindex: "0", role: "region", "aria-label": label },
      body,
    );
    return place.replaceChildren(text);
  }
  const styles = [...body.matchAll(STYLE)].map(([, style]) => style);
  const bare = body.replaceAll(STYLE, "").replaceAll(SCRIPT, "");
  const frame = el("iframe", {
    sandbox: "allow-same-origin",
    title: "The page that the visitor sees",
    srcdoc: bare,
  });
  frame.addEventListener("load", () => dress(frame, styles.join("\n")));
  return place.replaceChildren(frame);
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {string} style
 */
function dress({ contentDocument, contentWindow }, style) {
  const Sheet = /** @type {any} */ (contentWindow)?.CSSStyleSheet;
  if (!contentDocument || !Sheet) return;
  const sheet = new Sheet();
  sheet.replaceSync(style);
  contentDocument.adoptedStyleSheets = [sheet];
}
