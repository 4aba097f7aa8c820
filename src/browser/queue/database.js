// @ts-check
/**
 * A database of the browser's, with writes in the order in which they came, and
 * their bodies beside them. A promise is kept when the transaction is over, not when
 * a request in it is: at the end of one the disk may still be full.
 */
import { QueueFullError, Unstorable } from "./errors.js";

/** @typedef {import("./entry.js").Stored} Stored */
/** @typedef {import("./entry.js").Fresh} Fresh */
/** @typedef {import("./options.js").Bounds} Bounds */

const VERSION = 1;
const ENTRIES = "entries";
const BODIES = "bodies";
/**
 * - `bytes`: how many all bodies have
 * - `generation`: another one in each database that is made
 * - `of`: in a spare one, the generation of which it has the writes
 */
const TOTALS = "totals";

/** A spare one has the writes of another database, or none. */
export class Foreign extends Error {}

/** A write with its body. @typedef {{ entry: Stored, body: ArrayBuffer | null }} Whole */

export class Database {
  /** @type {Promise<IDBDatabase> | undefined} */
  #opened;

  /**
   * @param {string} name
   * @param {() => Promise<IDBFactory>} factory
   * @param {() => void} deleted somebody deletes it by its name
   */
  constructor(name, factory, deleted) {
    this.name = name;
    this.factory = factory;
    this.deleted = deleted;
  }

  /**
   * Stores a write, unless one with its key is there already: then it is that one.
   * @param {Fresh} fresh
   * @param {ArrayBuffer | null} body
   * @param {Bounds} bounds
   * @returns {Promise<{ entry: Stored, isNew: boolean }>}
   */
  async add(fresh, body, bounds) {
    if (fresh.bytes > bounds.entryBytes)
      throw new QueueFullError("entryBytes", bounds.entryBytes);
    return this.#run(DURABLE, async (of) => {
      const entries = of(ENTRIES);
      /** @type {Stored | undefined} */
      const known = await settled(
        entries.index("key").get([fresh.lane, fresh.key]),
      );
      if (known) return { entry: known, isNew: false };
      const bytes = fresh.bytes + (await total(of));
      if ((await settled(entries.count())) >= bounds.entries)
        throw new QueueFullError("entries", bounds.entries);
      if (bytes > bounds.bytes) throw new QueueFullError("bytes", bounds.bytes);
      const id = Number(await settled(entries.add(fresh)));
      if (body) of(BODIES).add(body, id);
      of(TOTALS).put(bytes, "bytes");
      return { entry: { ...fresh, id }, isNew: true };
    });
  }

  /**
   * Changes an entry as it is now: to what `change` returns, `null` to remove it,
   * or not at all. Returns the entry as it was left, and `null` if it was removed.
   * @param {number} id
   * @param {(entry: Stored) => Stored | null | undefined} change
   * @param {{ durable?: boolean }} [how]
   * @returns {Promise<Stored | null | undefined>}
   */
  change(id, change, { durable = true } = {}) {
    return this.#run(durable ? DURABLE : WRITING, async (of) => {
      /** @type {Stored | undefined} */
      const entry = await settled(of(ENTRIES).get(id));
      const changed = entry && next(entry, change);
      if (changed) of(ENTRIES).put(changed);
      if (!entry || changed !== null) return changed;
      remove(of, id);
      of(TOTALS).put((await total(of)) - entry.bytes, "bytes");
      return null;
    });
  }

  /** @param {number} id @returns {Promise<Stored | undefined>} */
  get(id) {
    return this.#run(READING, (of) => settled(of(ENTRIES).get(id)));
  }

  /** @param {string} lane @param {string} key @returns {Promise<Stored | undefined>} */
  withKey(lane, key) {
    return this.#run(READING, (of) =>
      settled(of(ENTRIES).index("key").get([lane, key])),
    );
  }

  /**
   * Changes one that is about to be sent, and returns it with its body.
   * @param {number} id
   * @param {(entry: Stored) => Stored | undefined} change
   * @returns {Promise<Whole | undefined>}
   */
  mark(id, change) {
    return this.#run(DURABLE, async (of) => {
      const body = settled(of(BODIES).get(id));
      /** @type {Stored | undefined} */
      const entry = await settled(of(ENTRIES).get(id));
      const marked = entry && next(entry, change);
      if (marked) of(ENTRIES).put(marked);
      return marked && { entry: marked, body: (await body) ?? null };
    });
  }

  /** Which of all databases of this name it is; the last one may be gone. @returns {Promise<string>} */
  generation() {
    return this.#run(READING, (of) => settled(of(TOTALS).get("generation")));
  }

  /** Of which it has the writes; `null` if it is no spare one yet. @returns {Promise<string | null>} */
  of() {
    return this.#run(READING, (of) => owner(of));
  }

  /** Makes it an empty spare one of that generation. @param {string} generation */
  reset(generation) {
    return this.#run(DURABLE, async (of) => {
      for (const store of [ENTRIES, BODIES, TOTALS]) of(store).clear();
      of(TOTALS).put(generation, "of");
    });
  }

  /** Everything, as it came. @returns {Promise<Whole[]>} */
  wholes() {
    return this.#run(READING, async (of) => {
      /** @type {Stored[]} */
      const entries = await settled(of(ENTRIES).getAll());
      const bodies = entries.map(({ id }) => settled(of(BODIES).get(id)));
      const found = await Promise.all(bodies);
      return entries.map((entry, n) => ({ entry, body: found[n] ?? null }));
    });
  }

  /** One, with its body. @param {number} id @returns {Promise<Whole | undefined>} */
  whole(id) {
    return this.#run(READING, async (of) => {
      const body = settled(of(BODIES).get(id));
      const entry = await settled(of(ENTRIES).get(id));
      return entry && { entry, body: (await body) ?? null };
    });
  }

  /** Takes what another database had, but for what is here already. @param {Whole[]} wholes */
  restore(wholes) {
    return this.#run(DURABLE, async (of) => {
      const entries = of(ENTRIES);
      let bytes = await total(of);
      for (const { entry, body } of wholes) {
        const { id, ...fresh } = entry;
        const known = entries.index("key").getKey([entry.lane, entry.key]);
        if ((await settled(known)) !== undefined) continue;
        const isFree = (await settled(entries.getKey(id))) === undefined;
        const place = await settled(entries.add(isFree ? entry : fresh));
        if (body) of(BODIES).add(body, place);
        bytes += entry.bytes;
      }
      of(TOTALS).put(bytes, "bytes");
    });
  }

  /**
   * Has a write as it is in another database, unless a later one of it is here.
   * @param {Whole} whole
   * @param {string} generation of the other one; so for all that is done to a spare one
   */
  keep({ entry, body }, generation) {
    return this.#follow(DURABLE, generation, async (of) => {
      const { id, lane, key, revision } = entry;
      const same = await settled(of(ENTRIES).index("key").getKey([lane, key]));
      // One with its key was removed there before, and not yet here.
      if (same !== undefined && same !== id) remove(of, same);
      /** @type {Stored | undefined} */
      const known = await settled(of(ENTRIES).get(id));
      if (known && known.revision > revision) return;
      of(ENTRIES).put(entry);
      if (body) of(BODIES).put(body, id);
    });
  }

  /**
   * Changes an entry as it was changed in another database; `false` if it is not here.
   * Never does an entry come here without its body.
   * @param {Stored} entry
   * @param {string} generation
   * @param {{ durable?: boolean }} [how]
   */
  follow(entry, generation, { durable = true } = {}) {
    const mode = durable ? DURABLE : WRITING;
    return this.#follow(mode, generation, async (of) => {
      /** @type {Stored | undefined} */
      const known = await settled(of(ENTRIES).get(entry.id));
      if (!known) return false;
      if (known.revision < entry.revision) of(ENTRIES).put(entry);
      return true;
    });
  }

  /** @param {number} id @param {string} generation */
  forget(id, generation) {
    return this.#follow(WRITING, generation, async (of) => remove(of, id));
  }

  /**
   * @template T
   * @param {any} how
   * @param {string} generation
   * @param {(of: (store: string) => IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  #follow(how, generation, work) {
    return this.#run(how, async (of) => {
      if ((await owner(of)) !== generation) throw new Foreign();
      return work(of);
    });
  }

  async destroy() {
    const opened = await this.#opened?.catch(() => undefined);
    opened?.close();
    this.#opened = undefined;
    const request = (await this.factory()).deleteDatabase(this.name);
    await new Promise((resolve, reject) => {
      request.onsuccess = resolve;
      request.onerror = () => reject(request.error);
    });
  }

  /** Those of all lanes that begin alike, as they came. @param {string} start @returns {Promise<Stored[]>} */
  list(start) {
    return this.#run(READING, async (of) => {
      const range = IDBKeyRange.bound([start], [`${start}\uffff`]);
      const found = await settled(of(ENTRIES).index("lane").getAll(range));
      return found.sort((a, b) => a.id - b.id);
    });
  }

  /** The lanes in which anything is, of all that begin alike. @param {string} start @returns {Promise<string[]>} */
  lanes(start) {
    return this.#run(READING, async (of) => {
      const range = IDBKeyRange.bound([start], [`${start}\uffff`]);
      const request = of(ENTRIES).index("lane").openKeyCursor(range);
      /** @type {string[]} */
      const lanes = [];
      for (;;) {
        const cursor = await settled(request);
        if (!cursor) return lanes;
        const [lane] = /** @type {[string, number]} */ (cursor.key);
        lanes.push(lane);
        // A list is behind every number.
        cursor.continue([lane, []]);
      }
    });
  }

  /**
   * The first of a lane that is not in one of these states.
   * @param {string} lane
   * @param {import("./entry.js").State[]} passed over
   * @returns {Promise<Stored | undefined>}
   */
  head(lane, passed) {
    return this.#run(READING, async (of) => {
      const index = of(ENTRIES).index("lane");
      const first = await settled(index.get(within(lane)));
      if (!first || !passed.includes(first.state)) return first;
      const all = await settled(index.getAll(within(lane)));
      return all.find(({ state }) => !passed.includes(state));
    });
  }

  /**
   * @template T
   * @param {IDBTransactionMode | IDBTransactionOptions & { mode: IDBTransactionMode }} how
   * @param {(of: (store: string) => IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #run(how, work) {
    const transaction = await this.#begin(how);
    const end = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(unstorable(transaction.error));
    });
    // A work that fails says why; its transaction then only says that it ended.
    end.catch(() => {});
    try {
      const result = await work((store) => transaction.objectStore(store));
      await end;
      return result;
    } catch (error) {
      abort(transaction);
      throw error instanceof DOMException ? unstorable(error) : error;
    }
  }

  /** @param {any} how */
  async #begin(how) {
    const { mode = how, ...more } = how;
    const all = [ENTRIES, BODIES, TOTALS];
    const begin = async () => (await this.#open()).transaction(all, mode, more);
    try {
      return await begin();
    } catch (error) {
      if (error instanceof Unstorable) throw error;
      // The connection was closed meanwhile, as it is when site data is cleared.
      this.#opened = undefined;
      return begin();
    }
  }

  #open() {
    this.#opened ??= this.#made();
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  /** The connection as it is now; another one is to another database, perhaps. */
  get connection() {
    return this.#open();
  }

  async #made() {
    const closed = (/** @type {boolean} */ isDeleted) => {
      this.#opened = undefined;
      if (isDeleted) this.deleted();
    };
    try {
      return await open(await this.factory(), this.name, closed);
    } catch (error) {
      throw error instanceof Unstorable ? error : unstorable(error);
    }
  }
}

const READING = "readonly";
const WRITING = "readwrite";
/**
 * What is lost with the power would be sent twice, or never.
 * @type {IDBTransactionOptions & { mode: IDBTransactionMode }}
 */
const DURABLE = { mode: WRITING, durability: "strict" };

/**
 * An entry as it is changed, which is later than it was.
 * @template {Stored | null | undefined} T
 * @param {Stored} entry
 * @param {(entry: Stored) => T} change
 * @returns {T}
 */
const next = (entry, change) => {
  const changed = change(entry);
  return changed && { ...changed, revision: entry.revision + 1 };
};

/** @param {string} lane */
const within = (lane) => IDBKeyRange.bound([lane, 0], [lane, Infinity]);

/** @param {(store: string) => IDBObjectStore} of @returns {Promise<number>} */
const total = async (of) => (await settled(of(TOTALS).get("bytes"))) ?? 0;

/** @param {(store: string) => IDBObjectStore} of @returns {Promise<string | null>} */
const owner = async (of) => (await settled(of(TOTALS).get("of"))) ?? null;

/** @param {(store: string) => IDBObjectStore} of @param {IDBValidKey} id */
function remove(of, id) {
  of(ENTRIES).delete(id);
  of(BODIES).delete(id);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/** @param {unknown} error */
const unstorable = (error) =>
  new Unstorable(
    Object(error).name === "QuotaExceededError" ? "disk-full" : "no-store",
    error,
  );

/**
 * @param {IDBFactory} factory
 * @param {string} name
 * @param {(isDeleted: boolean) => void} closed
 * @returns {Promise<IDBDatabase>}
 */
function open(factory, name, closed) {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      const entries = result.createObjectStore(ENTRIES, {
        keyPath: "id",
        autoIncrement: true,
      });
      entries.createIndex("key", ["lane", "key"], { unique: true });
      entries.createIndex("lane", ["lane", "id"], { unique: true });
      result.createObjectStore(BODIES);
      const totals = result.createObjectStore(TOTALS);
      totals.put(crypto.randomUUID(), "generation");
    };
    request.onsuccess = () => {
      const { result } = request;
      result.onversionchange = ({ newVersion }) => {
        result.close();
        closed(newVersion === null);
      };
      result.onclose = () => closed(false);
      resolve(result);
    };
    request.onerror = () => reject(request.error);
  });
}
