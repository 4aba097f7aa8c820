// @ts-check
/**
 * A copy that answers at once: one look into the store, and if what is there answers by
 * itself, one synchronous call into the core.
 */
import * as core from "lastgood-core";
import { renew } from "./fetching.js";
import { asked, envelopeOf, factsOf } from "./looking.js";
import * as platform from "./platform.js";
import { copyOf, read } from "./told.js";

const READER_FIELDS = core.reader_fields();
const SHOWN_FIELDS = core.shown_fields();

/** @typedef {import("./hand.js").Arrival} Arrival */

/**
 * What is stored, if it answers a request without the origin, or while it is renewed.
 * @param {Arrival} arrival
 * @param {Response} stored
 * @param {ExecutionContext} ctx
 */
export function hit(arrival, stored, ctx) {
  const { method, url, headers } = arrival;
  const { said, varied } = factsOf(stored, headers);
  const told = core.hit(method, url, asked(arrival), said, varied, Date.now());
  if (!told) return undefined;
  const reply = read(told);
  if (reply.patience >= 0) {
    const page = envelopeOf(stored);
    renew({ ...arrival, page }, reply.patience, ctx);
  }
  return copyOf(stored, reply);
}

/**
 * What is stored, if it stands in for an origin that had better not be asked.
 * @param {Arrival} arrival
 * @param {Response} stored
 */
export async function standIn(arrival, stored) {
  const { method, url, headers, started } = arrival;
  const { said, varied } = factsOf(stored, headers, SHOWN_FIELDS);
  const told = core.stand_in(
    method,
    url,
    asked(arrival, READER_FIELDS),
    said,
    varied,
    started,
    Date.now(),
  );
  if (!told) return undefined;
  const reply = read(told);
  const shown = await copyOf(stored, reply);
  console.log(reply.line);
  return shown;
}
