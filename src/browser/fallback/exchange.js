// @ts-check
/** The life of one request, as the core's `Exchange` has it. */
import { failureOf, idOf, isDescribed, isRepeated } from "./failure.js";
import { isSafe, without } from "./failure.js";
import { policyFor } from "./policy.js";
import { fieldOf } from "./times.js";
import tables from "lastgood-tables";

/** What a step is, besides a number of milliseconds to wait. */
const BEGIN = -2;
const REPLY = -3;

/** What a request comes to. */
const NOBODY = 0;
const RESPONSE = 1;
const ERROR = 2;

/** The number of an attempt, where policy gives the field no other name. */
const ATTEMPT = "lastgood-attempt";
/** No timer takes more. */
const LONGEST = 2 ** 31 - 1;

/** @typedef {import("./failure.js").Failure} Failure */

export class Exchange {
  #policy;
  #method;
  #fields;
  #replayable;
  #random;
  #clock;
  #deadline;
  #limit;
  /** When the step that is waited for is due. */
  #until = Infinity;
  /** The number of the attempt that runs, or 0. */
  #running = 0;
  #begun = 0;
  /** One attempt that never left does not count, once. */
  #excused = 0;
  /** @type {string[]} how far each failed attempt may have come */
  #phases = [];
  /** @type {Failure | undefined} */
  #failure;
  /** @type {string | undefined} */
  #id;
  #holdsResponse = false;
  /** @type {number | undefined} */
  #outcome;

  /**
   * @param {number} policy
   * @param {string} method
   * @param {string} url
   * @param {string} fields
   * @param {boolean} replayable
   * @param {number} seed
   * @param {number} started
   */
  constructor(policy, method, url, fields, replayable, seed, started) {
    this.#policy = policyFor(policy, new URL(url).pathname);
    this.#method = method;
    this.#fields = fields;
    this.#replayable = replayable;
    this.#random = new Random(seed);
    this.#clock = new Clock(started);
    const { deadline, unsafeDeadline } = this.#policy;
    const safe = isSafe(method);
    this.#deadline = replayable
      ? started + (safe ? deadline : unsafeDeadline)
      : Infinity;
    this.#limit = this.#limitOf(safe, fields);
  }

  /** @param {number} now */
  start(now) {
    return this.#begin(this.#clock.read(now));
  }

  /** @param {number} now */
  begun(now) {
    return this.#outstanding(this.#clock.read(now));
  }

  /** @param {number} status @param {string} fields @param {number} now */
  is_described(status, fields, now) {
    return isDescribed({ status, fields, now: Math.floor(now) }, this.#policy);
  }

  /**
   * @param {number} attempt
   * @param {number} status
   * @param {string} _url
   * @param {string} fields
   * @param {unknown} problem
   * @param {number} told
   */
  responded(attempt, status, _url, fields, problem, told) {
    const now = this.#clock.read(told);
    if (this.#outcome !== undefined) return REPLY;
    this.#id = idOf(fields, problem);
    const reply = { status, fields, problem, now: Math.floor(told) };
    const failure = failureOf(reply, this.#policy);
    if (attempt !== this.#running) return this.#after(attempt, failure, now);
    this.#holdsResponse = true;
    return this.#ended(failure, now);
  }

  /**
   * @param {number} attempt
   * @param {boolean} offline
   * @param {number} told
   */
  failed(attempt, offline, told) {
    const now = this.#clock.read(told);
    if (attempt !== this.#running) return this.#outstanding(now);
    return this.#ended(without(offline ? "offline" : "network"), now);
  }

  /** @param {number} told */
  woke(told) {
    const now = this.#clock.read(told, this.#until);
    if (this.#outcome !== undefined || now < this.#until)
      return this.#outstanding(now);
    return this.#running ? this.#timeOut(now) : this.#begin(now);
  }

  /** @param {number} told */
  left(told) {
    const now = this.#clock.read(told);
    if (this.#outcome === undefined) this.#outcome = NOBODY;
    return this.#outstanding(now);
  }

  /**
   * No body is looked at.
   * @param {string} _type
   * @param {number} _length
   * @param {Uint8Array} _start
   * @param {number} told
   */
  inspected(_type, _length, _start, told) {
    return this.#outstanding(this.#clock.read(told));
  }

  /** @param {number} told */
  broke_off(told) {
    return this.#outstanding(this.#clock.read(told));
  }

  inspection_limit() {
    return 0;
  }

  shows_head() {
    return false;
  }

  attempt() {
    return this.#begun;
  }

  beside() {
    return false;
  }

  is_idle() {
    return !this.#running;
  }

  /** @param {boolean} ownSite */
  attempt_header(ownSite) {
    const usual = this.#begun > 1 && ownSite ? ATTEMPT : undefined;
    return this.#policy.attemptHeader ?? usual;
  }

  outcome() {
    return this.#outcome ?? ERROR;
  }

  failure() {
    const failure = this.#failure;
    if (!failure) return undefined;
    return {
      cause: failure.cause,
      phase: failure.phase,
      retryable: this.#mayRepeat(failure),
      status: failure.status ?? null,
      retryAfter: timer(failure.retryAfter) ?? null,
      requestId: this.#id ?? null,
      attempts: this.#begun,
    };
  }

  /** There is nothing to be freed. */
  free() {}

  /**
   * How long an attempt may take. An unsafe one is cut short only if another could
   * follow.
   * @param {boolean} safe
   * @param {string} fields
   */
  #limitOf(safe, fields) {
    const { attemptTimeout, unsafeDeadline, retryUnsafe } = this.#policy;
    if (!this.#replayable) return Infinity;
    if (safe) return attemptTimeout;
    const free = retryUnsafe && fieldOf(fields, "idempotency-key") !== "";
    return free ? Math.min(attemptTimeout, unsafeDeadline) : unsafeDeadline;
  }

  /** @param {Failure} failure */
  #mayRepeat(failure) {
    return isRepeated(failure, this.#method, this.#fields, this.#policy);
  }

  /** @param {number} now */
  #begin(now) {
    if (now >= this.#deadline) return this.#giveUp();
    this.#begun += 1;
    this.#running = this.#begun;
    this.#until = Math.min(now + this.#limit, this.#deadline);
    return BEGIN;
  }

  /** The last permitted attempt may use all the time that is left. @param {number} now */
  #timeOut(now) {
    const last =
      this.#begun - this.#excused >= this.#policy.attempts &&
      isSafe(this.#method) &&
      this.#until < this.#deadline;
    if (!last || now >= this.#deadline)
      return this.#ended(without("timeout"), now);
    this.#until = this.#deadline;
    return this.#outstanding(now);
  }

  /**
   * An attempt is over.
   * @param {Failure | undefined} failure
   * @param {number} now
   */
  #ended(failure, now) {
    this.#running = 0;
    this.#failure = failure;
    if (!failure) return this.#reply(RESPONSE);
    this.#phases.push(failure.phase);
    if (failure.phase === "nothing-sent" && failure.cause !== "tls")
      this.#excused = 1;
    const pause = this.#pause(failure, now);
    if (pause === undefined) return this.#giveUp();
    this.#until = now + pause;
    return pause ? this.#outstanding(now) : this.#begin(now);
  }

  /**
   * One that was given up answers after all: a good answer is a good answer.
   * @param {number} attempt
   * @param {Failure | undefined} failure
   * @param {number} now
   */
  #after(attempt, failure, now) {
    if (failure || attempt > this.#begun) return this.#outstanding(now);
    this.#failure = undefined;
    return this.#reply(RESPONSE);
  }

  /**
   * How long until the next attempt; nothing if there is none.
   * @param {Failure} failure
   * @param {number} now
   * @returns {number | undefined}
   */
  #pause(failure, now) {
    const { attempts, backoff, retryAfter } = this.#policy;
    if (this.#begun - this.#excused >= attempts || !this.#replayable)
      return undefined;
    const left = this.#deadline - now;
    const asked = retryAfter ? failure.retryAfter : undefined;
    const ceiling = Math.min(
      ...[backoff.base * 2 ** (this.#begun - 1), backoff.cap],
    );
    const drawn = this.#random.draw();
    const pause = Math.max(
      below(drawn, ceiling),
      asked === undefined ? 0 : spread(asked, left, drawn),
    );
    const allowed = this.#mayRepeat({ ...failure, phase: this.#worst() });
    return allowed && pause < left ? pause : undefined;
  }

  /** What one attempt may have done, a later one that never left cannot undo. */
  #worst() {
    const rank = (/** @type {string} */ phase) => tables.phases.indexOf(phase);
    return tables.phases[Math.max(...this.#phases.map(rank))];
  }

  #giveUp() {
    return this.#reply(this.#holdsResponse ? RESPONSE : ERROR);
  }

  /** @param {number} outcome */
  #reply(outcome) {
    this.#outcome = outcome;
    return REPLY;
  }

  /** @param {number} now */
  #outstanding(now) {
    if (this.#outcome !== undefined) return REPLY;
    return timer(Math.max(0, this.#until - now)) ?? LONGEST;
  }
}

/** @param {number | undefined} ms */
export const timer = (ms) =>
  ms === undefined ? undefined : Math.min(ms, LONGEST);

/**
 * Everyone was told the same number: spread over half of it more, if there is time.
 * @param {number} asked
 * @param {number} left
 * @param {bigint} drawn
 */
function spread(asked, left, drawn) {
  const spread = asked + below(drawn, Math.floor(asked / 2) + 1);
  return spread < left ? spread : asked;
}

/** @param {bigint} drawn @param {number} ceiling */
const below = (drawn, ceiling) =>
  ceiling ? Number(drawn % BigInt(ceiling)) : 0;

/** Time that only goes forwards, whatever the host's clock does. */
class Clock {
  /** @param {number} started */
  constructor(started) {
    this.latest = Math.floor(started);
    this.ahead = 0;
  }

  /**
   * @param {number} told
   * @param {number} [reached] has come by all means
   */
  read(told, reached = 0) {
    const floor = Math.max(this.latest, Number.isFinite(reached) ? reached : 0);
    const now = Math.floor(told) + this.ahead;
    this.ahead += Math.max(0, floor - now);
    return (this.latest = Math.max(now, floor));
  }
}

/** The core's source of chance: a seed, and all that follows from it (SplitMix64). */
class Random {
  /** @param {number} seed from 0 to 1 */
  constructor(seed) {
    this.state = BigInt(Math.floor(seed * 2 ** 53));
  }

  draw() {
    const wrapped = (/** @type {bigint} */ n) => BigInt.asUintN(64, n);
    this.state = wrapped(this.state + 0x9e3779b97f4a7c15n);
    let mixed = this.state;
    mixed = wrapped((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = wrapped((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  }
}
