// @ts-check
/** Looks into the store, and what the core has to know of what is found. */
import * as core from "lastgood-core";
import { unheard } from "./epochs.js";
import { bypass, purging } from "./instance.js";
import * as platform from "./platform.js";

/**
 * So long a look into the store may take. It usually takes milliseconds; the
 * runtime sets it no limit, and no deadline of the request's is looked at meanwhile.
 */
export const LONGEST_LOOK_MS = 2000;

const FURTHER_FIELDS = core.further_fields();
const STORED_FIELDS = core.stored_fields();
const ENVELOPE = core.envelope_field();

/**
 * What the core has to know of a request for which copies are looked for.
 * @param {import("./hand.js").Arrival} arrival
 * @param {string[]} [more] fields
 */
export function asked({ fields, headers }, more) {
  let all = `${fields}\n${platform.values(headers, FURTHER_FIELDS)}`;
  if (more) all += `\n${platform.values(headers, more)}`;
  return bypass === undefined ? all : `${all}\n${headers.get(bypass) ?? ""}`;
}

/**
 * Looks for a copy, once it is known what was purged. One that comes too late is let go
 * of.
 * @param {string} place
 * @param {platform.Alarm} [alarm] of the request, if there is one
 */
export async function foundAt(place, alarm) {
  const purges = purging ? unheard(Date.now()) : undefined;
  const promise = platform.look(place);
  const stored = await platform.within(promise, LONGEST_LOOK_MS, alarm);
  if (purges) await purges;
  if (!stored) promise.then(platform.discard, () => {});
  return stored;
}

/**
 * The values of the fields of what is stored, one per line, and those fields of the
 * request that its `Vary` names, which is the first of them.
 * @param {Response} stored
 * @param {Headers} headers of the request
 * @param {string[]} [more] fields of what is stored
 */
export function factsOf(stored, headers, more) {
  let said = platform.values(stored.headers, STORED_FIELDS);
  const vary = said.slice(0, said.indexOf("\n"));
  if (more) said += `\n${platform.values(stored.headers, more)}`;
  return { said, varied: vary ? platform.named(headers, vary) : "" };
}

/**
 * The envelope of what was found; empty if that was nothing.
 * @param {{ headers: Headers } | undefined} stored
 */
export function envelopeOf(stored) {
  return stored?.headers.get(ENVELOPE) ?? "";
}
