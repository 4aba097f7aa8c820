// @ts-check
/** A page that is fetched in cache mode without an exchange. */
import * as core from "lastgood-core";
import { seeToTheEnd } from "./exchange.js";
import { fault } from "./instance.js";
import { answerOf, behind, keep, keepClone } from "./keeping.js";
import { Alarm, discard, rebuilt } from "./platform.js";
import { watch } from "./watching.js";

/** @typedef {import("./hand.js").Arrival} Arrival */
/** @typedef {import("./watching.js").First} First */

/**
 * The reply to a request for which nothing was found, of which a copy is kept; nothing,
 * if the answer is a failure.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {First} first
 * @param {ExecutionContext} ctx
 */
export function fetched(arrival, response, first, ctx) {
  try {
    const good = judged(arrival, response, first);
    if (!good) return undefined;
    const { changes, claimed } = good;
    if (claimed) behind(ctx, keepClone(arrival, response, claimed));
    return rebuilt(response, response.status, changes, true);
  } catch (error) {
    fault(error);
    return response;
  }
}

/**
 * Renews a page behind the reply.
 * @param {Arrival} arrival
 * @param {number} opening as the core says it
 * @param {ExecutionContext} ctx
 */
export function renew(arrival, opening, ctx) {
  /** @param {Response} response @param {First} first */
  const settled = (response, first) => {
    try {
      const good = judged(arrival, response, first);
      return good && renewed(arrival, response, good.claimed);
    } catch (error) {
      fault(error);
      discard(response);
      return true;
    }
  };
  /** @param {First} first */
  const rest = (first) => seeToTheEnd(arrival, ctx, first).then(() => true);
  const end = watch(arrival, opening, new Alarm(), settled, rest);
  behind(
    ctx,
    end.then(() => {}),
  );
}

/**
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {import("./keeping.js").Claim} [claimed]
 */
async function renewed(arrival, response, claimed) {
  if (claimed) await keep(arrival, response, claimed);
  else discard(response);
  return true;
}

/**
 * What is changed in a good answer, and the copy that is to be kept of it; nothing if
 * it is a failure.
 * @param {Arrival} arrival
 * @param {Response} response
 * @param {First} first
 */
function judged(arrival, response, { origin, asked, leads }) {
  const { method, url, fields } = arrival;
  const { status } = response;
  const answered = answerOf(arrival, response);
  const arrived = Date.now();
  const said = core.fetched(
    method,
    url,
    fields,
    status,
    answered,
    origin,
    asked,
    leads,
    arrived,
  );
  if (!said) return undefined;
  const end = said.indexOf(" ");
  const reserved = Number(said.slice(0, end));
  const claimed = reserved < 0 ? undefined : { reserved, answered, arrived };
  return { changes: said.slice(end + 1), claimed };
}
