// @ts-check
/**
 * `lastgoodFetch`: the loop around the core's exchange.
 *
 * It does what the core says: begin an attempt, wait, look at a small body, reply. The
 * browser's own `Request`, `Response` and signals go in and out as they are.
 */
import { first } from "./attempts.js";
import { discard, look, readSmall } from "./bodies.js";
import { core, isLoaded } from "./core.js";
import { LastgoodError } from "./error.js";
import { tell } from "./events.js";
import { lines } from "./fields.js";
import { held } from "./held.js";
import { together } from "./coalescing.js";
import { numberOf, refusalOf } from "./policy.js";

/** What a step is, besides a number of milliseconds to wait. */
const BEGIN = -2;
const REPLY = -3;
const INSPECT = -7;

/** What a request comes to. */
const NOBODY = 0;
const RESPONSE = 1;

/** The body of a `Request` is sent again if it is no longer, and there so soon. */
const LONGEST_AGAIN = 64 * 1024;
const AGAIN_MS = 50;

/** A described problem is read up to this many bytes, and waited for so long. */
const LONGEST_PROBLEM = 64 * 1024;
const PROBLEM_MS = 1000;

/** @typedef {import("./attempts.js").Attempt} Attempt */

/**
 * What a request has in hand.
 * @typedef {object} Hand
 * @property {Request} request
 * @property {boolean} replayable
 * @property {Attempt[]} running
 * @property {Given} given
 * @property {Attempt} [answered] the one that the last response is from
 * @property {Response} [response] the last one
 * @property {import("./bodies.js").Looked} [looked] what was read of it, once its head is shown
 * @property {(() => void)} [show] gives the caller its head
 * @property {boolean} [left] nobody wants its body any more
 * @property {unknown} [error] the last one
 * @property {number} [waitedAfter] so many attempts there were before the last wait
 * @property {Iterable<Caller>} callers
 */

/**
 * Who wants it.
 * @typedef {object} Caller
 * @property {((event: any) => void) | undefined} [progress]
 */

/**
 * What comes of a request; with what went wrong, if it failed.
 * @typedef {object} Came
 * @property {Response} response
 * @property {import("./lastgood").Failure} [failure]
 * @property {unknown} [error]
 */

/**
 * `fetch`, but for failures that a repetition may mend.
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @param {import("./lastgood").RequestPolicy} [policy]
 * @returns {Promise<Response>}
 */
export function lastgoodFetch(input, init, policy) {
  /** @type {Given} */
  const given = {};
  given.response = asked(given, input, init, policy);
  return given.response;
}

/** What the caller waits for. @typedef {{ response?: Promise<Response> }} Given */

/**
 * @param {Given} given
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @param {import("./lastgood").RequestPolicy} [policy]
 */
async function asked(given, input, init, policy) {
  const request = new Request(input, init);
  request.signal.throwIfAborted();
  // What is to outlive the page cannot wait for anything.
  if (request.keepalive && !isLoaded()) return fetch(request);
  const rules = await coreIfThere();
  if (!rules) return fetch(request);
  const replayable = await isReplayable(request, init?.body);
  let own = 0;
  try {
    if (policy) own = numberOf(rules, policy);
  } catch (error) {
    throw await refusalOf(error, policy ?? {});
  }
  /** @type {import("./coalescing.js").Ask} */
  const ask = (request, callers) =>
    attempted(rules, own, { request, replayable, given, callers, running: [] });
  const came = policy?.coalesce
    ? await together(request, policy, ask)
    : await ask(request, [{ progress: policy?.progress }]);
  const { response, failure } = came;
  if (failure && policy?.throws) throw new LastgoodError(failure, came);
  return response;
}

/**
 * Whether a request's body can be sent more than once. A `Request` does not tell whether
 * its own is a stream; to keep what may never end is not for us.
 * @param {Request} request
 * @param {unknown} given the body, if it was not the `Request`'s own
 */
async function isReplayable(request, given) {
  if (given) return !(given instanceof ReadableStream);
  // What is to outlive the page is short, and does not wait.
  if (!request.body || request.keepalive) return true;
  const body = /** @type {ReadableStream} */ (request.clone().body);
  try {
    const { bytes, rest } = await look(body, LONGEST_AGAIN, AGAIN_MS);
    rest?.cancel().catch(() => {});
    return bytes !== undefined;
  } catch {
    return false;
  }
}

/** Without the core nothing is repeated, and nothing else is lost. */
async function coreIfThere() {
  try {
    return await core();
  } catch (error) {
    console.warn("lastgood: the module's wasm did not come:", error);
    return undefined;
  }
}

/**
 * What comes of the request; or, as soon as its head may be shown, a response whose body
 * is what comes of it.
 * @param {import("./core.js").Core} rules
 * @param {number} own
 * @param {Hand} hand
 * @returns {Promise<Came>}
 */
function attempted(rules, own, hand) {
  const end = driven(rules, own, hand);
  const shown = new Promise((resolve) => {
    hand.show = () => resolve({ response: shownOf(hand, end) });
  });
  return Promise.race([end, shown]);
}

/**
 * A response with the head that is in hand, and the body that is there in the end.
 * @param {Hand} hand
 * @param {Promise<Came>} end
 */
function shownOf(hand, end) {
  hand.show = undefined;
  const coming = end.then(
    ({ response }) => hand.looked ?? { rest: response.body?.getReader() },
  );
  const leave = () => {
    hand.left = true;
    hand.answered?.controller.abort();
    abandon(hand);
  };
  const head = /** @type {Response} */ (hand.response);
  return held(head, coming, hand.request.signal, leave);
}

/**
 * @param {import("./core.js").Core} rules
 * @param {number} own
 * @param {Hand} hand
 */
async function driven(rules, own, hand) {
  const { method, url, headers } = hand.request;
  const fields = lines(headers);
  const { replayable } = hand;
  const now = Date.now();
  const exchange = new rules.Exchange(
    ...[own, method, url, fields, replayable, Math.random(), now],
  );
  try {
    await drive(exchange, hand);
    const came = outcome(exchange, hand);
    tellOfCopy(rules, hand, came.response);
    return came;
  } finally {
    abandon(hand);
    exchange.free();
  }
}

/**
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 */
async function drive(exchange, hand) {
  let step = exchange.start(Date.now());
  while (step !== REPLY) {
    if (step === BEGIN) {
      if (!exchange.beside()) abandon(hand);
      hand.running.push(begin(exchange, hand));
      step = exchange.begun(Date.now());
    } else if (step <= INSPECT) {
      step = await inspect(exchange, hand, INSPECT - step);
    } else {
      if (exchange.is_idle()) tellOfWait(exchange, hand, step);
      step = await next(exchange, hand, step);
    }
  }
}

/**
 * Tells, once, that the next attempt begins in so many milliseconds.
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 * @param {number} delay
 */
function tellOfWait(exchange, hand, delay) {
  const failure = exchange.failure();
  if (hand.waitedAfter === failure?.attempts) return;
  hand.waitedAfter = failure?.attempts;
  tell(hand, "wait", { delay, ...failure });
}

/**
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 * @returns {Attempt}
 */
function begin(exchange, hand) {
  const { request, replayable } = hand;
  const attempt = {
    number: exchange.attempt(),
    offline: globalThis.navigator?.onLine === false,
    controller: new AbortController(),
  };
  tell(hand, "attempt", { attempt: attempt.number });
  // That a request has a body, not every browser tells.
  const bare = ["GET", "HEAD"].includes(request.method);
  const sent = bare || !replayable ? request : request.clone();
  /** @type {RequestInit} */
  const init = { signal: either(attempt.controller, request.signal) };
  // The browser's cache would have it wait for the first one, which writes there.
  if (exchange.beside() && request.cache === "default") init.cache = "no-store";
  const header = exchange.attempt_header(isOwn(request.url));
  if (header) {
    init.headers = new Headers(request.headers);
    init.headers.set(header, String(attempt.number));
  }
  const end = fetch(sent, init).then(
    (response) => ({ attempt, response }),
    (error) => ({ attempt, error }),
  );
  return Object.assign(attempt, { end });
}

/**
 * Waits for an attempt, for so long at most, or for the caller to leave; and tells the
 * core.
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 * @param {number} ms
 */
async function next(exchange, hand, ms) {
  const { signal } = hand.request;
  const end = await first(hand.running, ms, signal);
  if (isLeft(hand)) return exchange.left(Date.now());
  if (!end) return exchange.woke(Date.now());
  const { attempt, response, error } = end;
  const { number, offline } = attempt;
  hand.running = hand.running.filter((running) => running !== attempt);
  if (!response) {
    hand.error = error;
    return exchange.failed(number, offline, Date.now());
  }
  discard(hand.response);
  Object.assign(hand, { response, looked: undefined, answered: attempt });
  // What cannot be looked into is passed on as it is.
  const status = response.status || 200;
  const fields = lines(response.headers);
  const isDescribed =
    !response.ok && exchange.is_described(status, fields, Date.now());
  const problem = isDescribed ? await problemOf(response, signal) : undefined;
  return exchange.responded(
    ...[number, status, response.url, fields, problem, Date.now()],
  );
}

/**
 * Shows the core the body of a response, if it is small and soon there; and before that,
 * the caller its head, where that is not in doubt.
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 * @param {number} ms
 */
async function inspect(exchange, hand, ms) {
  const { headers, body } = /** @type {Response} */ (hand.response);
  const type = headers.get("content-type") ?? "";
  const limit = exchange.inspection_limit();
  const read = body && exchange.shows_head() ? readShown : readUnseen;
  try {
    const bytes = await read(hand, limit, ms);
    if (isLeft(hand)) return exchange.left(Date.now());
    const [length, start] = bytes
      ? [bytes.length, bytes]
      : [-1, new Uint8Array()];
    return exchange.inspected(type, length, start, Date.now());
  } catch (error) {
    if (isLeft(hand)) return exchange.left(Date.now());
    hand.error = error;
    discard(hand.response);
    hand.response = undefined;
    return exchange.broke_off(Date.now());
  }
}

/**
 * Reads a copy: the response stays as it came.
 * @param {Hand} hand
 * @param {number} limit
 * @param {number} ms
 */
const readUnseen = ({ response, request }, limit, ms) =>
  readSmall(/** @type {Response} */ (response), limit, ms, request.signal);

/**
 * Reads the body itself, for the caller has a response of ours; and has it before.
 * @param {Hand} hand
 * @param {number} limit
 * @param {number} ms
 */
async function readShown(hand, limit, ms) {
  hand.show?.();
  await hand.given.response?.catch(() => {});
  const { body } = /** @type {Response} */ (hand.response);
  hand.looked = await look(/** @type {ReadableStream} */ (body), limit, ms);
  return hand.looked.bytes;
}

/**
 * Whether what comes of it is of use to nobody.
 * @param {Hand} hand
 */
const isLeft = ({ left, request }) => left || request.signal.aborted;

/**
 * What the body of a failing response says, as JSON.
 * @param {Response} response
 * @param {AbortSignal} signal
 */
async function problemOf(response, signal) {
  try {
    const bytes = await readSmall(
      ...[response, LONGEST_PROBLEM, PROBLEM_MS, signal],
    );
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * What the caller gets.
 * @param {import("lastgood-core").Exchange} exchange
 * @param {Hand} hand
 * @returns {Came}
 */
function outcome(exchange, hand) {
  const came = exchange.outcome();
  if (came === NOBODY) throw hand.request.signal.reason;
  const { response, error } = hand;
  const failure = exchange.failure();
  if (failure) tell(hand, "gaveup", failure);
  if (came === RESPONSE && response) return { response, failure, error };
  // What was read under its own head can be read once, and was.
  const readable = hand.looked ? undefined : response;
  throw new LastgoodError(failure, { response: readable, error });
}

/**
 * Tells if a lastgood on the way had nothing but a copy.
 * @param {import("./core.js").Core} rules
 * @param {Hand} hand
 * @param {Response} response
 */
function tellOfCopy(rules, hand, { status, headers }) {
  if (!headers.get("cache-status")?.includes("lastgood")) return;
  const told = rules.heard(status, lines(headers), 1, 0, Date.now());
  if (told.state === "degraded") tell(hand, "copy", { age: told.age });
}

/**
 * Gives up what still runs.
 * @param {Hand} hand
 */
function abandon(hand) {
  for (const { controller } of hand.running) controller.abort();
  hand.running = [];
}

/**
 * A signal for an attempt: ours, until the response is there, and the caller's, also for
 * its body.
 * @param {AbortController} controller
 * @param {AbortSignal} signal
 */
function either(controller, signal) {
  if (AbortSignal.any) return AbortSignal.any([controller.signal, signal]);
  const relay = () => controller.abort(signal.reason);
  signal.addEventListener("abort", relay, { once: true });
  return controller.signal;
}

/**
 * Whether a URL is of the site that this runs on.
 * @param {string} url
 */
const isOwn = (url) => new URL(url).origin === globalThis.location?.origin;
