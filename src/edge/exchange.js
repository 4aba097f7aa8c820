// @ts-check
/**
 * The loop around the core's exchange: does each step, tells what came of it.
 *
 * It runs in JavaScript so that a degraded request crosses into the core a
 * dozen times and not a hundred, and so that a fault of the core is an
 * exception here, in the one request that met it.
 */
import * as core from "lastgood-core";
import { gather } from "./answering.js";
import { abandon, isThere, letGo, taken } from "./hand.js";
import { bypass, choosy, freeOf, purging } from "./instance.js";
import {
  behind,
  claim,
  giveBack,
  keep,
  keepIfDue,
  removeOutdated,
  startOf,
} from "./keeping.js";
import {
  asked,
  envelopeOf,
  factsOf,
  foundAt,
  LONGEST_LOOK_MS,
} from "./looking.js";
import * as platform from "./platform.js";
import { withBody } from "./raw.js";
import { faultOf, rehearsed } from "./rehearsal.js";
import * as tiers from "./tiers.js";
import { copyOf, COPY, NOTED, ORIGIN, read, RENEWED } from "./told.js";

const LOOK = -1;
const BEGIN = -2;
const REPLY = -3;
const LOOK_ELSEWHERE = -4;
const LOOK_FURTHER = -5;
const FORGET = -6;
/** Less the milliseconds that it may last. */
const INSPECT = -7;

const FACT_FIELDS = core.fact_fields();
const READER_FIELDS = core.reader_fields();
const SHOWN_FIELDS = core.shown_fields();

/** What an attempt came to whose body broke off. */
const CUT = new Error("the body broke off");

/** @typedef {import("./hand.js").Hand} Hand */
/** @typedef {import("./hand.js").Running} Running */

/** @typedef {import("./watching.js").First} First */

/**
 * Starts an attempt that can be ended.
 * @param {Hand} hand
 * @param {ReturnType<typeof attemptOf>} attempt
 * @returns {Running}
 */
function begin({ request, held, fault }, { number, target, host, changes }) {
  const controller = new AbortController();
  const { signal } = controller;
  const staged = fault && rehearsed(fault, number);
  const promise =
    staged ?? platform.ask(request, { target, host, signal, held, changes });
  return { number, promise, controller };
}

/**
 * Serves a request, from its start or from its running first attempt. If the
 * core fails in it, this throws, and what was in hand still is.
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 * @param {First} [first]
 * @returns {Promise<Response>}
 */
export async function serve(hand, ctx, first) {
  const { headers, url } = hand;
  const token = headers.get("lastgood-rehearsal");
  if (token) hand.fault = await faultOf(token, url);
  if (!first && !(await isThere(hand))) {
    return new Response(null, { status: 400 });
  }
  const exchange = exchangeFor(hand, first?.origin ?? -1);
  const free = freeOf(exchange);
  let goesOn = false;
  try {
    if (hand.fault) exchange.rehearse();
    if (first?.leads) exchange.lead();
    if (first?.came) {
      const step = startAfter(exchange, hand, first.came);
      await drive(exchange, hand, ctx, step);
    } else {
      await drive(exchange, hand, ctx, exchange.start(Date.now()), first);
    }
    const { response, patience } = await reply(exchange, hand, ctx);
    goesOn = patience >= 0;
    if (goesOn) {
      const rest = { ...hand, response: undefined, stored: undefined };
      hand.running = [];
      behind(ctx, late(exchange, rest, patience).finally(free));
    }
    return response;
  } finally {
    if (!goesOn) free();
  }
}

/**
 * Sees an attempt to its end that runs behind a reply that went out.
 * @param {import("./hand.js").Arrival} arrival
 * @param {ExecutionContext} ctx
 * @param {First} first
 */
export async function seeToTheEnd(arrival, ctx, first) {
  /** @type {Hand} */
  const hand = { ...arrival, began: true, running: [] };
  const exchange = exchangeFor(hand, first.origin);
  const free = freeOf(exchange);
  try {
    exchange.renew_behind();
    exchange.lead();
    if (first.came) startAfter(exchange, hand, first.came);
    else await drive(exchange, hand, ctx, exchange.start(Date.now()), first);
    // One whose time is over already is told so once.
    await late(exchange, hand, Math.max(0, exchange.goes_on(Date.now())));
  } finally {
    letGo(hand);
    free();
  }
}

/**
 * @param {Hand} hand
 * @param {number} first the origin that it was sent to, negative if it was not
 */
function exchangeFor(hand, first) {
  const { method, url, length, started, held } = hand;
  const replayable = length < 0 || held instanceof ArrayBuffer;
  let all = asked(hand, READER_FIELDS);
  if (choosy) {
    const apart = platform.named(hand.headers, choosy);
    all += bypass === undefined ? `\n\n${apart}` : `\n${apart}`;
  }
  return new core.Exchange(method, url, all, replayable, first, started);
}

/**
 * The first step after a first attempt that is over.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {unknown} came
 */
function startAfter(exchange, hand, came) {
  hand.began = true;
  if (!(came instanceof Response)) {
    return exchange.start_after(0, "", Date.now());
  }
  hand.response = came;
  const fields = facts(exchange, came);
  return exchange.start_after(came.status, fields, Date.now());
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 * @param {number} step
 * @param {First} [first]
 */
async function drive(exchange, hand, ctx, step, first) {
  const { request } = hand;
  while (step !== REPLY) {
    if (step === LOOK) {
      step = await look(exchange, hand, hand.url);
    } else if (step === LOOK_ELSEWHERE) {
      step = await look(exchange, hand, exchange.place() ?? hand.url);
    } else if (step === LOOK_FURTHER) {
      step = await lookFurther(exchange, hand, ctx);
    } else if (step === FORGET) {
      step = forget(exchange, hand, ctx);
    } else if (step <= INSPECT) {
      step = await inspect(exchange, hand, INSPECT - step);
    } else if (step === BEGIN) {
      const attempt = attemptOf(exchange);
      if (!attempt.beside) abandon(hand);
      const { number } = attempt;
      hand.running.push(
        first ? { number, promise: first.promise } : begin(hand, attempt),
      );
      hand.began = true;
      first = undefined;
      step = exchange.begun(Date.now());
    } else {
      step = tell(
        exchange,
        hand,
        await platform.next(hand.running, step, request.signal),
      );
    }
  }
}

/**
 * The attempt that is to begin, freed before anything can fail.
 * @param {core.Exchange} exchange
 */
function attemptOf(exchange) {
  const attempt = exchange.attempt(Date.now());
  const { number, beside, target, host, changes } = attempt;
  attempt.free();
  return { number, beside, target, host, changes };
}

/**
 * Looks for a copy; where that was done before there was an exchange, it is not done
 * again.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {string} place
 */
async function look(exchange, hand, place) {
  const known = hand.looked && place === hand.url;
  hand.looked = false;
  if (!known) {
    platform.discard(hand.stored);
    hand.stored = undefined;
    hand.stored = await foundAt(place, hand.alarm);
  }
  if (place === hand.url) hand.page = envelopeOf(hand.stored);
  if (purging && choosy) exchange.treat(platform.named(hand.headers, choosy));
  if (!hand.stored) return exchange.looked("", "", Date.now());
  const { said, varied } = factsOf(hand.stored, hand.headers, SHOWN_FIELDS);
  return exchange.looked(said, varied, Date.now());
}

/**
 * Looks into a further tier.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 */
async function lookFurther(exchange, hand, ctx) {
  platform.discard(hand.stored);
  hand.stored = hand.distant = undefined;
  const found = await tiers.look(exchange.tier(Date.now()), hand, ctx);
  if (found === tiers.LOST)
    return exchange.looked_further(0, "", "", Date.now());
  if (!found) return exchange.looked_further(404, "", "", Date.now());
  const page = found instanceof Response ? found : found.response;
  hand.stored = page;
  hand.distant = found instanceof Response ? undefined : found;
  const { said, varied } = factsOf(page, hand.headers, SHOWN_FIELDS);
  return exchange.looked_further(page.status, said, varied, Date.now());
}

/**
 * Removes what is stored and is no copy of ours: there is none, then.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 */
function forget(exchange, hand, ctx) {
  platform.discard(hand.stored);
  hand.stored = undefined;
  hand.page = undefined;
  behind(ctx, platform.forget(exchange.place() ?? hand.url));
  return exchange.looked("", "", Date.now());
}

/**
 * Shows the core the body of a response, if it is small and soon there.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {number} patience
 */
async function inspect(exchange, hand, patience) {
  const response = /** @type {Response} */ (hand.response);
  const { signal } = hand.request;
  const body = await held(exchange, response, patience, signal);
  if (!body) {
    hand.response = undefined;
    return exchange.broke_off(Date.now());
  }
  hand.response = withBody(response, body);
  const small = body instanceof ArrayBuffer;
  const type = response.headers.get("content-type") ?? "";
  return exchange.inspected(
    type,
    small ? body.byteLength : -1,
    small ? startOf(body) : new Uint8Array(),
    Date.now(),
  );
}

/**
 * The body of a response that is held until it is complete; what was longer, or
 * took longer, is a stream again, and what broke off is nothing.
 * @param {core.Exchange} exchange
 * @param {Response} response
 * @param {number} patience
 * @param {AbortSignal} [visitor]
 */
function held(exchange, { body }, patience, visitor) {
  const whole = body ?? new Blob([]).stream();
  return platform
    .hold(whole, exchange.inspection_limit(), patience, visitor)
    .catch(() => undefined);
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {platform.End | undefined} end how an attempt ended, or nothing if time
 *   passed
 */
function tell(exchange, hand, end) {
  if (end === undefined) return exchange.woke(Date.now());
  if (end === platform.LEFT) return exchange.left(Date.now());
  const { number, came } = end;
  hand.running = hand.running.filter((running) => running.number !== number);
  if (came === CUT) return exchange.cut(number, Date.now());
  if (!(came instanceof Response)) return exchange.failed(number, Date.now());
  platform.discard(hand.response);
  hand.response = came;
  const fields = facts(exchange, came);
  return exchange.responded(number, came.status, fields, Date.now());
}

/**
 * What the core has to know of a response.
 * @param {core.Exchange} exchange
 * @param {Response} response
 */
function facts(exchange, { headers }) {
  return exchange.reads_all()
    ? platform.lines(headers)
    : platform.values(headers, FACT_FIELDS);
}

/**
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 */
async function reply(exchange, hand, ctx) {
  await gather(exchange, hand);
  const told = read(exchange.reply(Date.now()));
  const { source, line, patience } = told;
  const passed = source === ORIGIN ? hand.response : undefined;
  if (line) console.log(line);
  if (source === RENEWED) renew(exchange, hand, ctx);
  if (passed && told.outdates) await removeOutdated(hand, passed, ctx);
  if (told.slice) await cut(exchange, hand, told.slice);
  if (passed) land(exchange, hand, passed, ctx);
  const shown = source === COPY || source === NOTED;
  if (shown && hand.distant && exchange.may_keep())
    giveBack(hand, hand.distant, ctx);
  if (passed && hand.method === "HEAD") amend(exchange, hand, passed, ctx);
  return { response: await made(exchange, told, hand), patience };
}

/**
 * Looks for a slice of the copy in place of all of it.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {string} range
 */
async function cut(exchange, hand, range) {
  const place = exchange.place() ?? hand.url;
  const slice = platform.look(place, range);
  const found = await platform.within(slice, LONGEST_LOOK_MS);
  platform.discard(hand.stored);
  hand.stored = found;
  if (found?.status !== 206) throw new Error("the store shows no slice");
}

/**
 * Makes the page of what is stored, after the origin called it current; it is kept
 * anew.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {ExecutionContext} ctx
 */
function renew(exchange, hand, ctx) {
  const answer = taken(hand, "response");
  const page = renewed(exchange, taken(hand, "stored"), answer);
  hand.stored = page;
  land(exchange, ofPage(hand), page, ctx);
}

/**
 * A request as that of the page, of which it may want the head alone.
 * @param {Hand} hand
 */
const ofPage = (hand) =>
  hand.method === "HEAD" ? { ...hand, method: "GET" } : hand;

/**
 * Keeps the copy anew, if the head of the page says that it has changed, or has not.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {Response} head
 * @param {ExecutionContext} ctx
 */
function amend(exchange, hand, { headers }, ctx) {
  if (!hand.stored) return;
  const changes = exchange.after_head(platform.lines(headers), Date.now());
  if (changes === undefined) return;
  const stored = taken(hand, "stored");
  const status = exchange.stored_status();
  const page = platform.rebuilt(stored, status, changes, true);
  const claimed = claim(ofPage(hand), page);
  if (!claimed) return platform.discard(page);
  behind(ctx, keep(hand, page, claimed));
}

/**
 * @param {core.Exchange} exchange
 * @param {Response} stored
 * @param {Response} answer
 */
function renewed(exchange, stored, answer) {
  platform.discard(answer);
  const changes = exchange.renew(platform.lines(answer.headers));
  return platform.rebuilt(stored, exchange.stored_status(), changes, true);
}

/**
 * Keeps a copy of a response, and tells those who wait for it.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {Response} response
 * @param {ExecutionContext} ctx
 */
function land(exchange, hand, response, ctx) {
  const kept = exchange.may_keep() && keepIfDue(hand, response, ctx);
  if (!kept) exchange.not_kept(response.status, Date.now());
}

/**
 * @param {core.Exchange} exchange
 * @param {ReturnType<typeof read>} told
 * @param {Hand} hand
 * @returns {Response | Promise<Response>}
 */
function made(exchange, told, hand) {
  const { source, status, changes, full } = told;
  if (source === ORIGIN) {
    const response = taken(hand, "response");
    return changes
      ? platform.rebuilt(response, response.status, changes, true)
      : response;
  }
  if (source === COPY || source === NOTED || source === RENEWED)
    return copyOf(taken(hand, "stored"), told);
  return platform.made(full ? exchange.body() : null, status, changes);
}

/**
 * The rest of an attempt that goes on behind the reply, looked in on after so
 * long: its late answer becomes the copy, and is remembered either way.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 * @param {number} patience
 */
async function late(exchange, hand, patience) {
  try {
    while (patience >= 0) {
      const end = await platform.next(hand.running, patience);
      tell(exchange, hand, await whole(exchange, end, patience));
      patience = exchange.goes_on(Date.now());
    }
    if (exchange.is_renewed()) await renewLate(exchange, hand);
    const { response } = hand;
    const keeps = response && exchange.may_keep();
    const claimed = keeps ? claim(hand, response) : undefined;
    if (response && claimed) {
      hand.response = undefined;
      await keep(hand, response, claimed);
    } else if (response) {
      exchange.not_kept(response.status, Date.now());
    }
  } finally {
    letGo(hand);
  }
}

/**
 * The page that the origin called current went out already: there is one more of it
 * in the store.
 * @param {core.Exchange} exchange
 * @param {Hand} hand
 */
async function renewLate(exchange, hand) {
  const answer = taken(hand, "response");
  const place = exchange.place() ?? hand.url;
  const stored = await platform.within(platform.look(place), LONGEST_LOOK_MS);
  if (stored) hand.response = renewed(exchange, stored, answer);
}

/**
 * How a late attempt ended, with its body where there is reason to doubt that it
 * is all there.
 * @param {core.Exchange} exchange
 * @param {platform.End | undefined} end
 * @param {number} patience
 * @returns {Promise<platform.End | undefined>}
 */
async function whole(exchange, end, patience) {
  if (typeof end !== "object" || !(end.came instanceof Response)) return end;
  const { number, came } = end;
  const fields = facts(exchange, came);
  if (!exchange.holds_late(came.status, fields, Date.now())) return end;
  const body = await held(exchange, came, patience);
  return { number, came: body ? withBody(came, body) : CUT };
}
