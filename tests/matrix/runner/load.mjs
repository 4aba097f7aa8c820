// @ts-check
/**
 * Reads the rows and refuses what it doesn't understand: with a misspelt demand
 * a row could not fail.
 */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseScript } from "../../origin/grammar.mjs";
import { withDates } from "./dates.mjs";

/** @typedef {[number, number]} Bounds */
/** @typedef {"rejects" | "aborts" | "opaque" | { status: number, id?: string, length?: number }} Ends */
/**
 * - `attempts`: requests that reached an origin, without preflights
 * - `gaps`: ms between one attempt and the next; a busy machine is given time
 * - `same`: what all attempts have in common: `body`, or a header's name
 * - `ends`: a status is told by an answer, or by an error that carries it
 * - `ms`, `answerMs`, `firstMs`: until all is over, the answer is there, its first bytes are
 * - `leftMs`: at most so long after it was aborted
 * - `again`: of a load, the mean pause before second attempts, and from the shortest to the longest
 * - `late`: of a load, attempts that arrive after so many ms, for each request made after them
 * - `good`: of a load, which share of requests made after so many ms is answered 200
 * @typedef {{ attempts?: number | Bounds, preflights?: number, gaps?: Bounds, same?: string[],
 *   ends?: Ends, ms?: Bounds, leftMs?: number, answerMs?: Bounds, firstMs?: Bounds,
 *   again?: { least: number, spread: number }, late?: { afterMs: number, most: number },
 *   good?: { afterMs: number, share: number } }} Right
 */
/**
 * What is demanded of lastgood besides, or more narrowly.
 * - `resolves`: with a Response, whatever its status
 * - `error`: fields of the error
 * - `sends`: what a header says in each attempt
 * @typedef {Right & { resolves?: true, error?: Record<string, unknown>,
 *   sends?: Record<string, (string | null)[]> }} Own
 */
/**
 * - `origin`, `elsewhere`: scripts in the words of tests/cases/README.md; requests
 *   go elsewhere, across origins, where there is one
 * - `http2`: the origin speaks HTTP/2, and knows answers only
 * - `later`: another script after so many ms
 * - `leave`: the request is made as the page is left
 * - `limit`: ms until the page gives up on a client; `linger`: ms that are waited for more attempts
 * - `configuration`, `policy`: lastgood's, for all requests and for this; the others go by their defaults
 * - `alone`: the others have no words for it; `lacks`: these clients have none
 * - `cold`: it is the first thing that the client does
 * @typedef {{ id: string, fault: string,
 *   request?: Partial<import("../page/asking.js").Asked>, origin: unknown, elsewhere?: unknown,
 *   later?: { ms: number, origin: unknown }, abort?: import("../page/asking.js").Abort,
 *   leave?: true, load?: import("../page/asking.js").Load, configuration?: object,
 *   policy?: object, alone?: true, lacks?: string[],
 *   cold?: true, http2?: true, limit?: number,
 *   linger?: number, right: Right, own?: Own }} Row
 */

/** @param {string} name @returns {Promise<any>} */
async function readJson(name) {
  return JSON.parse(
    await readFile(new URL(`../${name}`, import.meta.url), "utf8"),
  );
}

/** @param {Row} row */
function checkScripts({ origin, elsewhere, later }) {
  const scripts = [origin, elsewhere, later?.origin];
  for (const script of scripts)
    if (script !== undefined) parseScript(withDates(script).script);
}

/** All rows, in their order. @returns {Promise<Row[]>} */
export async function loadRows() {
  /** @type {any} */
  const rows = await readJson("faults.json");
  const validate = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    strictTuples: false,
  }).compile(await readJson("schema.json"));
  const isValid = Boolean(validate(rows));
  if (!isValid) {
    const whys = (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${rows[Number(instancePath.split("/")[1])]?.id} ${instancePath}: ${message} ${params.additionalProperty ?? ""}`,
    );
    throw new Error(`faults.json:\n${whys.join("\n")}`);
  }
  rows.forEach(checkScripts);
  const ids = rows.map((/** @type {Row} */ { id }) => id);
  const twice = ids.find(
    (/** @type {string} */ id, /** @type {number} */ at) =>
      ids.indexOf(id) < at,
  );
  if (twice) throw new Error(`faults.json: two rows are called ${twice}`);
  return rows;
}
