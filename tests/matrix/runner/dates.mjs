// @ts-check
/**
 * The three forms of a date that HTTP knows (RFC 9110, 5.6.7), written into a
 * script as `{imf+2}`: two seconds from now, up to the next full one.
 */

const PLACE = /\{(imf|rfc850|asctime)\+(\d+)\}/g;
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday";
const DAY = DAYS.split(" ");

/** @type {Record<string, (date: Date) => string>} */
const FORMS = {
  imf: (date) => date.toUTCString(),
  rfc850(date) {
    const [, day, month, year, time] = date.toUTCString().split(" ");
    return `${DAY[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
  },
  asctime(date) {
    const [, , month, year, time] = date.toUTCString().split(" ");
    const day = String(date.getUTCDate()).padStart(2, " ");
    return `${DAY[date.getUTCDay()].slice(0, 3)} ${month} ${day} ${time} ${year}`;
  },
};

/** A date in one of the forms. @param {string} form @param {Date} date */
export const written = (form, date) => FORMS[form](date);

/**
 * A script with its dates, and the last of them in ms.
 * @param {unknown} script
 * @returns {{ script: unknown, date: number | null }}
 */
export function withDates(script) {
  /** @type {number | null} */
  let date = null;
  const text = JSON.stringify(script).replace(PLACE, (_, form, seconds) => {
    date = Math.ceil(Date.now() / 1000 + Number(seconds)) * 1000;
    return written(form, new Date(date));
  });
  return { script: JSON.parse(text), date };
}
