// @ts-check
/**
 * Where writes wait: a database, and a spare one.
 *
 * Chromium writes each change of a database in two pieces, and goes on in the same
 * file after it was killed. If that was between the two, it takes all that it writes
 * from then on for damaged when it starts the next time, and deletes the database.
 * A change is made in one after the other, so that a kill hurts one of them at most.
 *
 * The spare one lies in a bucket of its own, which is a file of its own; where there
 * are no buckets, the browser has no such fault. It is never ahead of the other: what
 * is taken back from it has been sent no more often than it says.
 */
import { Database, Foreign } from "./database.js";

/** @typedef {import("./entry.js").Stored} Stored */
/** @typedef {import("./entry.js").Fresh} Fresh */
/** @typedef {import("./entry.js").State} State */
/** @typedef {import("./options.js").Bounds} Bounds */

const BUCKET = "lastgood-queue";

/** A spare one that failed, or that another tab gave up, is looked after again in so long. */
const PAUSE_MS = 10_000;

export class Store {
  /** @type {Database | undefined} */
  #spare;
  /** What was looked after when it was opened. @type {{ connection: unknown, done: Promise<void> } | undefined} */
  #cared;
  /** When it is looked after again. */
  #again = Infinity;
  /** Of which the spare one has the writes, as far as this knows. @type {string | undefined} */
  #generation;
  /** When what was deleted is gone from the spare one, too. @type {Promise<void> | undefined} */
  #gone;
  /** The spare one has missed something. */
  #isSpoilt = false;
  #warned = false;

  /** @param {string} name */
  constructor(name) {
    this.lock = `${name}:spare`;
    // Who deletes what waits wants it gone.
    const deleted = () => void (this.#gone = this.#drop());
    this.main = new Database(name, async () => indexedDB, deleted);
    const { storageBuckets } = /** @type {any} */ (navigator);
    if (!storageBuckets || !navigator.locks) return;
    const factory = async () => {
      const how = { durability: "strict" };
      return (await storageBuckets.open(BUCKET, how)).indexedDB;
    };
    this.#spare = new Database(name, factory, () => {});
  }

  /**
   * Stores a write, unless one with its key is there already: then it is that one.
   * @param {Fresh} fresh
   * @param {ArrayBuffer | null} body
   * @param {Bounds} bounds
   * @returns {Promise<{ entry: Stored, isNew: boolean }>}
   */
  async add(fresh, body, bounds) {
    const main = await this.#whole();
    const added = await main.add(fresh, body, bounds);
    if (added.isNew) await this.#copy(added.entry.id);
    return added;
  }

  /**
   * Changes an entry as it is now: to what `change` returns, `null` to remove it,
   * or not at all. Returns the entry as it was left, and `null` if it was removed.
   * @param {number} id
   * @param {(entry: Stored) => Stored | null | undefined} change
   * @param {{ durable?: boolean }} [how]
   * @returns {Promise<Stored | null | undefined>}
   */
  async change(id, change, how) {
    const main = await this.#whole();
    const left = await main.change(id, change, how);
    if (left) await this.#follow(left, how);
    else if (left === null) await this.#forget(id);
    return left;
  }

  /**
   * The same for one that is about to be sent, with its body.
   * @param {number} id
   * @param {(entry: Stored) => Stored | undefined} change
   * @returns {Promise<import("./database.js").Whole | undefined>}
   */
  async mark(id, change) {
    const main = await this.#whole();
    const marked = await main.mark(id, change);
    if (marked) await this.#follow(marked.entry);
    return marked;
  }

  /** @param {number} id */
  async get(id) {
    return (await this.#whole()).get(id);
  }

  /** @param {string} lane @param {string} key */
  async withKey(lane, key) {
    return (await this.#whole()).withKey(lane, key);
  }

  /** Those of all lanes that begin alike, as they came. @param {string} start */
  async list(start) {
    return (await this.#whole()).list(start);
  }

  /** The lanes in which anything is, of all that begin alike. @param {string} start */
  async lanes(start) {
    return (await this.#whole()).lanes(start);
  }

  /** The first of a lane that is not in one of these states. @param {string} lane @param {State[]} passed over */
  async head(lane, passed) {
    return (await this.#whole()).head(lane, passed);
  }

  /** The database, with what the spare one had if it is another one than before. */
  async #whole() {
    const { connection } = this.main;
    if (this.#cared?.connection !== connection || Date.now() >= this.#again) {
      this.#again = Infinity;
      this.#cared = { connection, done: this.#care() };
    }
    const cared = this.#cared;
    try {
      await cared.done;
    } catch (error) {
      if (this.#cared === cared) this.#cared = undefined;
      throw error;
    }
    return this.main;
  }

  async #care() {
    if (!this.#spare) return;
    this.#generation = undefined;
    await this.#gone;
    await navigator.locks.request(this.lock, async () => {
      const generation = await this.main.generation();
      const of = await this.#read((spare) => spare.of());
      if (of === undefined) return;
      if (of !== generation) {
        const had = of && (await this.#read((spare) => spare.wholes()));
        // Nothing else may have what is in it.
        if (had === undefined) return;
        if (had) await this.main.restore(had);
        this.#isSpoilt = false;
        await this.#write((spare) => spare.reset(generation));
      }
      this.#generation = generation;
    });
    // What is asked meanwhile need not wait for what others missed.
    void this.#repair().catch(() => {});
  }

  /** Brings the spare one up to what it missed when somebody died on the way to it. */
  async #repair() {
    // In this order: what is in the spare one has been in the other.
    const spared = await this.#read((spare) => spare.list(""));
    if (!spared) return;
    const entries = await this.main.list("");
    const isHere = new Set(entries.map(({ id }) => id));
    const revisions = new Map(spared.map((it) => [it.id, it.revision]));
    for (const { id } of spared) if (!isHere.has(id)) await this.#forget(id);
    for (const { id, revision } of entries)
      if ((revisions.get(id) ?? -1) < revision) await this.#copy(id);
  }

  /** @param {number} id */
  async #copy(id) {
    if (!this.#generation) return;
    const whole = await this.main.whole(id).catch(() => undefined);
    if (!whole) return;
    await this.#write((spare, of) => spare.keep(whole, of));
    // It may have gone meanwhile.
    if (!(await this.main.get(id).catch(() => undefined)))
      await this.#forget(id);
  }

  /** @param {Stored} entry @param {{ durable?: boolean }} [how] */
  async #follow(entry, how) {
    const follow = (/** @type {Database} */ spare, /** @type {string} */ of) =>
      spare.follow(entry, of, how);
    if ((await this.#write(follow)) === false) await this.#copy(entry.id);
  }

  /** @param {number} id */
  #forget(id) {
    return this.#write((spare, of) => spare.forget(id, of));
  }

  /**
   * Changes the spare one. One that failed has missed something, and writes taken back
   * from it would be sent again: it goes, until it begins anew.
   * @template T
   * @param {(spare: Database, generation: string) => Promise<T>} work
   * @returns {Promise<T | undefined>}
   */
  async #write(work) {
    if (!this.#spare) return undefined;
    if (!this.#isSpoilt)
      try {
        return await work(this.#spare, this.#generation ?? "");
      } catch (error) {
        this.#again = Math.min(this.#again, Date.now() + PAUSE_MS);
        // It is another tab's, or has what the other one has lost.
        if (error instanceof Foreign) return undefined;
        this.#warn(error);
        this.#isSpoilt = true;
      }
    await this.#drop();
    return undefined;
  }

  async #drop() {
    await this.#spare?.destroy().catch(() => {});
  }

  /**
   * Reads the spare one. One that cannot be read may have what nothing else has.
   * @template T
   * @param {(spare: Database) => Promise<T>} work
   * @returns {Promise<T | undefined>}
   */
  async #read(work) {
    try {
      return this.#spare && (await work(this.#spare));
    } catch (error) {
      this.#again = Date.now() + PAUSE_MS;
      this.#warn(error);
      return undefined;
    }
  }

  /** @param {unknown} error */
  #warn(error) {
    if (!this.#warned)
      console.warn("lastgood: the queue goes on without a spare.", error);
    this.#warned = true;
  }
}
