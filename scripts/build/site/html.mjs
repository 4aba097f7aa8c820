// @ts-check
/** The little of a template language that the pages need. */

/**
 * Fills `{{name}}` in; a name that nothing is known of is a mistake.
 * @param {string} text
 * @param {Record<string, () => string>} values
 */
export function fill(text, values) {
  return text.replaceAll(/\{\{([\w.-]+)\}\}/g, (_, name) => {
    const value = values[name];
    if (!value)
      throw new Error(`a page has {{${name}}}, which nobody fills in`);
    return value();
  });
}

/** @param {string} text */
export const escaped = (text) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/**
 * Text in which code is between backticks.
 * @param {string} text
 */
export const prose = (text) =>
  escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
