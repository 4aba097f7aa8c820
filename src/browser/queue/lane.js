// @ts-check
/**
 * The writes of one route, one after the other: over all tabs and the service
 * worker only who holds the lane's lock sends. One that is found as being sent by
 * whoever holds the lock was left behind by a tab that is gone.
 */
import { packed, unpacked } from "./channel.js";
import { core } from "./core.js";
import { deliver } from "./deliver.js";
import { requestOf, shown } from "./entry.js";

/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./entry.js").Stored} Stored */
/** @typedef {import("./channel.js").Packed} Packed */

/**
 * What became of a write as far as its sender waited.
 *
 * - `sent`: the answer, good or not; it is no longer in the queue
 * - `unprotected`: it could not be stored, and was sent once all the same
 * - `queued`: it waits, or its fate is unknown: see its `state`
 * - `gone`: it is not in the queue any more, and its answer is lost: it was cancelled, or
 *   sent by another tab that closed at once
 * @typedef {{ sent: Response, unprotected?: import("./errors.js").Unprotected,
 *     queued?: undefined, gone?: undefined }
 *   | { queued: Entry, sent?: undefined, gone?: undefined }
 *   | { gone: Entry, sent?: undefined, queued?: undefined }} Outcome
 */

/** @typedef {{ entry: Stored, redirect?: RequestRedirect | undefined, tell: ((outcome: Outcome) => void)[] }} Waiter */
/** @typedef {{ fate: "done" | "again" | "unknown" | "refused", after?: number, doubtful?: boolean, cause?: string | null }} Fate */
/** What a lane does next: go on, or rest for so long; for ever if `rest` is undefined. @typedef {{ goes: boolean, rest?: number }} Step */

/** @type {Step} */
const GOES = { goes: true };
/** @type {Step} */
const RESTS = { goes: false };
/** @param {number} ms @returns {Promise<void>} */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** After a fault of our own, or of the database. */
const FAULT_MS = 30_000;
/** An answer that another tab has for us is on its way so long. */
const RELAY_MS = 2000;
const NEVER_SENT = { came: { lost: /** @type {const} */ ("network") } };

export class Lane {
  /** @type {Map<number, Waiter>} */
  #waiters = new Map();
  /** What came before anybody waited for it. @type {Map<number, Outcome>} */
  #early = new Map();
  /** @type {Promise<number | undefined> | undefined} */
  #running;
  #again = false;
  /** When the network was last seen to come back. */
  back = 0;

  /**
   * @param {object} given
   * @param {string} given.name of the lane, and of its lock
   * @param {string} given.lock
   * @param {import("./options.js").Route} given.route
   * @param {import("./store.js").Store} given.store
   * @param {string} given.owner
   * @param {number} given.timeout
   * @param {(message: import("./channel.js").Message) => void} given.tell
   */
  constructor({ name, lock, route, store, owner, timeout, tell }) {
    this.name = name;
    this.lock = lock;
    this.route = route;
    this.store = store;
    this.owner = owner;
    this.timeout = timeout;
    this.tell = tell;
  }

  /**
   * What becomes of a write that was just stored.
   * @param {Stored} entry
   * @param {RequestRedirect} [redirect]
   * @returns {Promise<Outcome>}
   */
  outcome(entry, redirect) {
    const early = this.#early.get(entry.id);
    this.#early.delete(entry.id);
    if (early) return Promise.resolve(early);
    return new Promise((resolve) => {
      const tell = this.#waiters.get(entry.id)?.tell ?? [];
      tell.push(resolve);
      this.#waiters.set(entry.id, { entry, redirect, tell });
      void this.run();
    });
  }

  /** An answer that another tab got for us. @param {number} id @param {Packed} answer */
  answered(id, answer) {
    if (this.#waiters.has(id)) this.#resolve(id, { sent: unpacked(answer) });
  }

  /** Sends what is due; how long to rest then, if anything waits for its time. */
  run() {
    this.#again = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run() {
    /** @type {number | undefined} */
    let rest;
    while (this.#again) {
      this.#again = false;
      const ids = [...this.#waiters.keys()];
      rest = await this.#steps();
      await Promise.all(ids.map((id) => this.#release(id)));
    }
    // No await from here on: what is added now must find that nothing runs.
    this.#running = undefined;
    return rest;
  }

  async #steps() {
    try {
      // Nobody else waits while it is got.
      await core();
      for (;;) {
        const step = await this.inTurn(() => this.#step());
        if (!step.goes) return step.rest;
      }
    } catch (error) {
      console.error("lastgood: the queue pauses after a fault.", error);
      return FAULT_MS;
    }
  }

  /**
   * Does something that nobody else may do for this lane at the same time.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async inTurn(work) {
    return await navigator.locks.request(this.lock, work);
  }

  /** @returns {Promise<Step>} */
  async #step() {
    const { unknownBlocks } = this.route;
    const head = await this.store.head(this.name, [
      "refused",
      ...(unknownBlocks ? [] : [/** @type {const} */ ("unknown")]),
    ]);
    if (!head || head.state === "unknown") return RESTS;
    if (head.state === "sending") return this.#judge(head, NEVER_SENT);
    const { queue_next } = await core();
    const isOnline = navigator.onLine !== false;
    const { rule } = this.route;
    const now = Date.now();
    const { next, wait } = queue_next(head, rule, isOnline, this.back, now);
    if (next === "send") return this.#send(head);
    if (next === "wait") return { goes: false, rest: wait };
    // The browser tells when it is back; looking now and then is for when it forgets.
    if (next === "offline") return { goes: false, rest: FAULT_MS };
    return this.#settle(head, { fate: next, cause: head.cause });
  }

  /** @param {Stored} head @returns {Promise<Step>} */
  async #send(head) {
    // What a site gives is looked at before the mark, for it may be wrong.
    const more = new Headers(await this.route.headers?.(shown(head)));
    const began = Date.now();
    const marked = await this.store.mark(head.id, (now) =>
      now.state === "waiting" && now.sent === head.sent
        ? { ...now, state: "sending", sent: now.sent + 1, began }
        : undefined,
    );
    if (!marked) return GOES;
    const { entry, body } = marked;
    this.tell({ kind: "changed" });
    const { timeout } = this;
    const redirect = this.#waiters.get(head.id)?.redirect;
    const { queue_reads } = await core();
    const request = requestOf(entry, body, more);
    const what = await deliver(request, { timeout, redirect }, queue_reads);
    return this.#judge(entry, what);
  }

  /**
   * @param {Stored} entry
   * @param {Awaited<ReturnType<typeof deliver>>} what
   */
  async #judge(entry, { came, response }) {
    const { queue_fate } = await core();
    const { rule } = this.route;
    const seed = Math.random();
    const fate = queue_fate(entry, rule, came, entry.began, Date.now(), seed);
    const known = await this.#asked(entry, fate, response);
    return this.#settle(entry, known, response);
  }

  /**
   * The site itself may know better what a good answer means.
   * @param {Stored} entry @param {Fate} fate @param {Response} [response] @returns {Promise<Fate & { own?: boolean }>}
   */
  async #asked(entry, fate, response) {
    const { isDone } = this.route;
    if (fate.fate !== "done" || !response || !isDone) return fate;
    if (await isDone(response.clone())) return fate;
    return {
      fate: entry.doubtful === null ? "refused" : "unknown",
      cause: "not-done",
      own: true,
    };
  }

  /**
   * Writes down what becomes of an entry, unless somebody else did so since.
   * @param {Stored} entry
   * @param {Fate & { own?: boolean }} fate
   * @param {Response} [response]
   */
  async #settle(entry, fate, response) {
    const isWaitedFor =
      this.#waiters.has(entry.id) || entry.owner === this.owner;
    // Who waits is told what the origin said, and it need not be kept for a list.
    const isOver =
      fate.fate === "done" ||
      (fate.fate === "refused" && isWaitedFor && response && !fate.own);
    const decided = Date.now();
    const left = await this.store.change(
      entry.id,
      (now) => {
        if (now.state !== entry.state || now.sent !== entry.sent)
          return undefined;
        if (isOver || fate.fate === "done") return null;
        const doubtful = fate.doubtful
          ? (now.doubtful ?? now.began)
          : now.doubtful;
        return {
          ...now,
          state: fate.fate === "again" ? "waiting" : fate.fate,
          ...{ doubtful, decided, pause: fate.after ?? 0, owner: "" },
          ...{ cause: fate.cause ?? null, status: response?.status ?? null },
        };
      },
      { durable: false },
    );
    if (left === undefined) return GOES;
    this.tell({ kind: "changed" });
    if (isWaitedFor)
      this.#resolve(
        entry.id,
        left ? { queued: shown(left) } : { sent: response ?? Response.error() },
      );
    else if (response && entry.owner && (isOver || fate.fate === "refused"))
      await this.#relay(entry, response);
    return GOES;
  }

  /** @param {Stored} entry @param {Response} response */
  async #relay({ id, owner }, response) {
    const answer = await Promise.race([packed(response), sleep(RELAY_MS)]);
    if (answer) this.tell({ kind: "answered", id, owner, answer });
  }

  /** @param {number} id @param {Outcome} outcome */
  #resolve(id, outcome) {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    if (!waiter) return void this.#early.set(id, outcome);
    const [first, ...others] = waiter.tell;
    const { sent } = outcome;
    for (const tell of others) tell(sent ? { sent: sent.clone() } : outcome);
    first?.(outcome);
  }

  /** Lets go who waits for a write that is not sent now. @param {number} id */
  async #release(id) {
    const waiter = this.#waiters.get(id);
    if (!waiter) return;
    const left = await this.store.get(id).catch(() => waiter.entry);
    if (!left) await sleep(RELAY_MS);
    if (!this.#waiters.has(id)) return;
    const outcome = {
      ...(left ? { queued: shown(left) } : { gone: shown(waiter.entry) }),
    };
    this.#resolve(id, /** @type {Outcome} */ (outcome));
  }
}
