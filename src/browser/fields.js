// @ts-check

/**
 * All fields, as the core reads them: `name:value`, one per line.
 * @param {Headers} headers
 */
export function lines(headers) {
  let all = "";
  for (const [name, value] of headers) all += `${name}:${value}\n`;
  return all;
}
