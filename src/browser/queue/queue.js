// @ts-check
/**
 * A queue of writes that outlives the page: what is sent through it is stored first,
 * and then sent until the origin answers, but never again once it may have been
 * carried out, unless the origin deduplicates.
 *
 *     const queue = new WriteQueue({ routes: [{ path: "/api/*", deduplicates: true }] });
 *     const { sent, queued } = await queue.send("/api/orders", { method: "POST", body });
 */
import { Clock, isServiceWorker } from "./clock.js";
import { NoCore, core } from "./core.js";
import { requestOf, shown, written } from "./entry.js";
import { QueueFullError, Unstorable } from "./errors.js";
import { Lane } from "./lane.js";
import { read } from "./options.js";
import { Store } from "./store.js";

/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./lane.js").Outcome} Outcome */

/** Changes of other tabs are looked at together. */
const TOGETHER_MS = 200;

/**
 * Dispatches `change` when an entry was added, changed or removed, in any tab.
 */
export class WriteQueue extends EventTarget {
  #owner = crypto.randomUUID?.() ?? String(Math.random());
  #start = "";
  /** @type {Map<string, Lane>} by the name of the route */
  #lanes = new Map();
  /** @type {Map<Lane, number>} when each looks for what is due */
  #due = new Map();
  /** @type {BroadcastChannel | undefined} */
  #channel;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #told;
  #leaving = new AbortController();

  /** @param {import("./options.js").QueueOptions} options */
  constructor(options) {
    super();
    const { database, user, routes, bounds, timeout } = read(options);
    this.bounds = bounds;
    this.store = new Store(database);
    this.clock = new Clock(`${database}:leader`, () => void this.#wake());
    this.#start = `${encodeURIComponent(user)}\n`;
    for (const route of routes) {
      const name = this.#start + route.name;
      const lock = `${database}:route:${user && `${user}:`}${route.name}`;
      const lane = new Lane({
        ...{ name, lock, route, timeout, store: this.store },
        owner: this.#owner,
        tell: (message) => this.#tell(message),
      });
      this.#lanes.set(route.name, lane);
    }
    this.#listen(database);
    // In an outage, when it is needed, the core could not be got.
    core().catch(() => {});
    if (!isServiceWorker) void this.#wake();
  }

  /**
   * Sends a write as `fetch` would, stored before its first byte leaves. What no route
   * names is a plain `fetch`.
   * @param {RequestInfo | URL} input
   * @param {RequestInit & { label?: string }} [init] `label` is what it is called in a list
   * @returns {Promise<Outcome>}
   */
  async send(input, init) {
    const request = new Request(input, init);
    const lane = this.#laneOf(request);
    if (!lane) return { sent: await fetch(request) };
    return until(
      request.signal,
      this.#send(request, lane, { label: init?.label }),
      (entry) => void this.#drop(entry),
    );
  }

  /**
   * The same for a service worker, which passes on what it was asked.
   * @param {Request} request
   * @returns {Promise<Outcome>}
   */
  async pass(request) {
    const lane = this.#laneOf(request);
    if (!lane || (await this.#isOwn(request, lane)))
      return { sent: await fetch(request) };
    const redirect = request.mode === "navigate" ? "manual" : undefined;
    return this.#send(request, lane, { redirect }).outcome;
  }

  /**
   * Stores a write and returns at once; it is sent behind that.
   * @param {RequestInfo | URL} input
   * @param {RequestInit & { label?: string }} [init]
   * @returns {Promise<Entry>}
   */
  async add(input, init) {
    const request = new Request(input, init);
    const lane = this.#laneOf(request);
    if (!lane)
      throw new TypeError(
        `No route of the queue takes ${request.method} ${request.url}`,
      );
    const { fresh, body } = await written(request, lane.route, {
      ...{ lane: lane.name, owner: "", label: init?.label },
    });
    const { entry } = await this.#store(lane, fresh, body);
    void this.#run(lane);
    return shown(entry);
  }

  /** Whether a request is one that a route takes. @param {Request} request */
  takes(request) {
    // A beacon, say: neither a key nor an answer gets through.
    return request.mode !== "no-cors" && this.#laneOf(request) !== undefined;
  }

  /** What waits, in the order in which it came. @returns {Promise<Entry[]>} */
  async entries() {
    return (await this.store.list(this.#start)).map(shown);
  }

  /**
   * Removes a write; `false` if it is being sent just now, or gone.
   * @param {number} id
   */
  async cancel(id) {
    const entry = await this.#own(id);
    if (!entry) return false;
    const removed = await this.store.change(id, (now) =>
      now.state === "sending" ? undefined : null,
    );
    if (removed === null) return this.#changed(entry);
    // Whoever was sending it may be gone.
    const lock = this.#lanes.get(entry.route)?.lock;
    if (!lock) return this.#remove(entry);
    return navigator.locks.request(lock, { ifAvailable: true }, (held) =>
      held ? this.#remove(entry) : false,
    );
  }

  /**
   * Sends a write now: one of unknown fate because its user says so, although it may
   * have been carried out; one that waits without waiting.
   * @param {number} id
   * @returns {Promise<Entry | undefined>}
   */
  async sendAgain(id) {
    const entry = await this.#own(id);
    const lane = entry && this.#lanes.get(entry.route);
    if (!lane) return undefined;
    const now = Date.now();
    const left = await this.store.change(id, (it) => {
      if (it.state === "sending") return undefined;
      const anew = { ...it, decided: now, pause: 0 };
      if (it.state === "waiting") return anew;
      return { ...anew, state: "waiting", since: now, doubtful: null };
    });
    if (!left) return undefined;
    this.#changed(left);
    void this.#run(lane);
    return shown(left);
  }

  /** Removes everything that is not being sent just now, as when somebody signs out. */
  async clear() {
    const removed = await Promise.all(
      (await this.entries()).map(({ id }) => this.cancel(id)),
    );
    return removed.filter(Boolean).length;
  }

  /**
   * Sends what is due, in all routes; resolves when nothing is.
   * @returns {Promise<{ waiting: number, unknown: number, refused: number, rest: number | undefined }>}
   *   how many are left in each state, and in how many milliseconds the next is due
   */
  async drain() {
    await this.#wake();
    const left = await this.entries().catch(none);
    const count = (/** @type {string} */ state) =>
      left.filter((entry) => entry.state === state).length;
    return {
      waiting: count("waiting") + count("sending"),
      unknown: count("unknown"),
      refused: count("refused"),
      rest: this.#rest(),
    };
  }

  /** Stops listening and waiting; what is stored stays. */
  close() {
    this.#leaving.abort();
    clearTimeout(this.#told);
    this.#channel?.close();
    this.#channel = undefined;
    this.clock.plan(undefined);
  }

  /** @param {Request} request */
  #laneOf({ method, url, mode }) {
    const lanes = [...this.#lanes.values()];
    const found = lanes.find(
      ({ route }) =>
        route.methods.includes(method) && route.matches(new URL(url)),
    );
    if (found && mode === "no-cors")
      throw new TypeError(
        'mode = "no-cors": neither a key nor an answer gets through; use "cors"',
      );
    return found;
  }

  /** Whether a tab's own queue sends this. @param {Request} request @param {Lane} lane */
  async #isOwn({ headers }, lane) {
    const key = headers.get("idempotency-key");
    const known =
      key && (await this.store.withKey(lane.name, key).catch(() => null));
    return known && known.state === "sending";
  }

  /**
   * @param {Request} request
   * @param {Lane} lane
   * @param {{ label?: string | undefined, redirect?: RequestRedirect | undefined }} how
   */
  #send(request, lane, { label, redirect }) {
    const prepared = written(request, lane.route, {
      ...{ lane: lane.name, owner: this.#owner, label },
    });
    const added = prepared.then(({ fresh, body }) =>
      this.#store(lane, fresh, body),
    );
    const outcome = added.then(
      ({ entry }) => this.#outcome(lane, entry, redirect),
      async (error) => {
        if (!(error instanceof Unstorable)) throw error;
        return this.#bare(lane, await prepared, error, redirect);
      },
    );
    const stored = added.then(({ entry }) => entry);
    // `outcome` says what went wrong.
    stored.catch(() => {});
    return { stored, outcome };
  }

  /** @param {Lane} lane @param {import("./entry.js").Fresh} fresh @param {ArrayBuffer | null} body */
  async #store(lane, fresh, body) {
    // What nobody could send again must not wait.
    if (!navigator.locks) throw new Unstorable("no-locks");
    await loaded();
    const added = await this.store.add(fresh, body, this.bounds);
    if (added.isNew) this.#changed(added.entry);
    return added;
  }

  /** @param {Lane} lane @param {import("./entry.js").Stored} entry @param {RequestRedirect} [redirect] */
  async #outcome(lane, entry, redirect) {
    const outcome = await lane.outcome(entry, redirect);
    void this.#run(lane);
    return outcome;
  }

  /**
   * Sends what cannot be stored once, as it would be without a queue, unless it would
   * overtake what is.
   * @param {Lane} lane
   * @param {{ fresh: import("./entry.js").Fresh, body: ArrayBuffer | null }} write
   * @param {Unstorable} error
   * @param {RequestRedirect} [redirect]
   * @returns {Promise<Outcome>}
   */
  async #bare(lane, { fresh, body }, { reason }, redirect) {
    const others = await this.store
      .head(lane.name, ["refused"])
      .catch(() => undefined);
    if (others && reason === "disk-full") throw new QueueFullError("disk");
    const more = await lane.route.headers?.(shown({ ...fresh, id: 0 }));
    const request = requestOf(fresh, body, more);
    const sent = await fetch(request, redirect ? { redirect } : {});
    return { sent, unprotected: reason };
  }

  /** Sends what is due. Without a store nothing waits, and without locks nothing was stored. */
  async #wake() {
    if (!navigator.locks) return;
    /** @type {string[]} */
    const names = await this.store.lanes(this.#start).catch(none);
    const lanes = [...this.#lanes.values()];
    this.#due.clear();
    const busy = lanes.filter(({ name }) => names.includes(name));
    await Promise.all(busy.map((lane) => this.#run(lane)));
    this.#plan();
  }

  /** @param {Lane} lane */
  async #run(lane) {
    const rest = await lane.run();
    if (rest === undefined) this.#due.delete(lane);
    else this.#due.set(lane, Date.now() + rest);
    this.#plan();
  }

  #rest() {
    if (this.#due.size === 0) return undefined;
    return Math.max(0, Math.min(...this.#due.values()) - Date.now());
  }

  #plan() {
    if (!this.#leaving.signal.aborted) this.clock.plan(this.#rest());
  }

  /** @param {number} id */
  async #own(id) {
    const entry = await this.store.get(id);
    return entry?.lane.startsWith(this.#start) ? entry : undefined;
  }

  /** @param {import("./entry.js").Stored} entry */
  async #remove(entry) {
    const removed = await this.store.change(entry.id, () => null);
    return removed === null && this.#changed(entry);
  }

  /** Drops a write whose sender does not want it any more, if it was not sent. @param {import("./entry.js").Stored} entry */
  async #drop({ id, sent }) {
    const left = await this.store.change(id, (now) =>
      now.state === "waiting" && now.sent === sent ? null : undefined,
    );
    if (left === null) this.#tell({ kind: "changed" });
  }

  /** @param {import("./entry.js").Stored} _ */
  #changed(_) {
    this.#tell({ kind: "changed" });
    return true;
  }

  /** @param {import("./channel.js").Message} message */
  #tell(message) {
    this.#channel?.postMessage(message);
    if (message.kind === "changed") this.dispatchEvent(new Event("change"));
  }

  /** @param {string} name */
  #listen(name) {
    const { signal } = this.#leaving;
    if ("BroadcastChannel" in globalThis) {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = ({ data }) => this.#hear(data);
    }
    if (isServiceWorker) return;
    addEventListener("online", () => this.#back(), { signal });
    const visible = () => document.visibilityState === "visible";
    if ("document" in globalThis)
      document.addEventListener(
        "visibilitychange",
        () => void (visible() && this.#wake()),
        { signal },
      );
  }

  #back() {
    for (const lane of this.#lanes.values()) lane.back = Date.now();
    void this.#wake();
  }

  /** @param {import("./channel.js").Message} message */
  #hear(message) {
    if (message.kind === "answered") {
      if (message.owner !== this.#owner) return;
      for (const lane of this.#lanes.values())
        lane.answered(message.id, message.answer);
      return;
    }
    this.dispatchEvent(new Event("change"));
    this.#told ??= setTimeout(() => {
      this.#told = undefined;
      this.clock.changed();
    }, TOGETHER_MS);
  }
}

/** @returns {never[]} */
function none(/** @type {unknown} */ error) {
  if (error instanceof Unstorable) return [];
  throw error;
}

/** A core that comes later than this finds the write stored. */
const CORE_MS = 1000;

/** Whether the core can decide at all; one that is only late will. */
async function loaded() {
  const late = new Promise((resolve) => setTimeout(resolve, CORE_MS));
  try {
    await Promise.race([core(), late]);
  } catch (error) {
    if (error instanceof NoCore) throw new Unstorable("no-core", error);
  }
}

/**
 * An outcome, unless its sender gives up before: then what was not sent is dropped.
 * @param {AbortSignal} signal
 * @param {{ stored: Promise<import("./entry.js").Stored>, outcome: Promise<Outcome> }} sending
 * @param {(entry: import("./entry.js").Stored) => void} drop
 * @returns {Promise<Outcome>}
 */
function until(signal, { stored, outcome }, drop) {
  return new Promise((resolve, reject) => {
    const give = () => {
      stored.then(drop, () => {});
      reject(signal.reason);
    };
    if (signal.aborted) give();
    signal.addEventListener("abort", give);
    outcome.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", give);
    });
  });
}
