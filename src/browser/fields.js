// @ts-check

/**
 * All fields, as the core reads them: `name:value`, one per line.
 * @param {Headers} headers
 */
export function lines(headers) {
  let all = "";
  headers.forEach((value, name) => (all += `${name}:${value}\n`));
  return all;
}
