// @ts-check
/**
 * Where writes wait: a database of the browser's, with the entries in the order in
 * which they came, and their bodies beside them. A promise is kept when the
 * transaction is over, not when a request in it is: at the end of one the disk may
 * still be full.
 */
import { QueueFullError, Unstorable } from "./errors.js";

/** @typedef {import("./entry.js").Stored} Stored */
/** @typedef {import("./entry.js").Fresh} Fresh */
/** @typedef {import("./options.js").Bounds} Bounds */

const VERSION = 1;
const ENTRIES = "entries";
const BODIES = "bodies";
/** One record: how many bytes all bodies have. */
const TOTALS = "totals";

export class Store {
  /** @type {Promise<IDBDatabase> | undefined} */
  #opened;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
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
      const changed = entry && change(entry);
      if (changed) of(ENTRIES).put(changed);
      if (!entry || changed !== null) return changed;
      of(ENTRIES).delete(id);
      of(BODIES).delete(id);
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
   * The same for one that is about to be sent, with its body.
   * @param {number} id
   * @param {(entry: Stored) => Stored | undefined} change
   * @returns {Promise<{ entry: Stored, body: ArrayBuffer | null } | undefined>}
   */
  mark(id, change) {
    return this.#run(DURABLE, async (of) => {
      const body = settled(of(BODIES).get(id));
      /** @type {Stored | undefined} */
      const entry = await settled(of(ENTRIES).get(id));
      const marked = entry && change(entry);
      if (marked) of(ENTRIES).put(marked);
      return marked && { entry: marked, body: (await body) ?? null };
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
    this.#opened ??= open(this.name, () => (this.#opened = undefined));
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }
}

const READING = "readonly";
const WRITING = "readwrite";
/**
 * What is lost with the power would be sent twice, or never.
 * @type {IDBTransactionOptions & { mode: IDBTransactionMode }}
 */
const DURABLE = { mode: WRITING, durability: "strict" };

/** @param {string} lane */
const within = (lane) => IDBKeyRange.bound([lane, 0], [lane, Infinity]);

/** @param {(store: string) => IDBObjectStore} of @returns {Promise<number>} */
const total = async (of) => (await settled(of(TOTALS).get("bytes"))) ?? 0;

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

/** @param {string} name @param {() => unknown} closed @returns {Promise<IDBDatabase>} */
function open(name, closed) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      const entries = result.createObjectStore(ENTRIES, {
        keyPath: "id",
        autoIncrement: true,
      });
      entries.createIndex("key", ["lane", "key"], { unique: true });
      entries.createIndex("lane", ["lane", "id"], { unique: true });
      result.createObjectStore(BODIES);
      result.createObjectStore(TOTALS);
    };
    request.onsuccess = () => {
      const { result } = request;
      result.onversionchange = () => {
        result.close();
        closed();
      };
      result.onclose = closed;
      resolve(result);
    };
    request.onerror = () => reject(unstorable(request.error));
  }).catch((error) => {
    throw error instanceof Unstorable ? error : unstorable(error);
  });
}
