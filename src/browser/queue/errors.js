// @ts-check
/**
 * What `send` rejects with, apart from what `fetch` does.
 */

/** The queue is full: the write was neither stored nor sent. */
export class QueueFullError extends Error {
  name = "QueueFullError";

  /**
   * @param {"entries" | "bytes" | "entryBytes" | "disk"} bound that was reached
   * @param {number} [limit]
   */
  constructor(bound, limit) {
    super(
      bound === "disk"
        ? "The write is not stored, and not sent: the disk is full, and others wait before it."
        : `The write is not stored, and not sent: limits.${bound} is ${limit}.`,
    );
    this.bound = bound;
    this.limit = limit;
  }
}

/** A choice that cannot be meant: which one, and what would be right. */
export class QueueOptionError extends TypeError {
  name = "QueueOptionError";

  /** @param {string} field @param {unknown} value @param {string} remedy */
  constructor(field, value, remedy) {
    super(`${field} = ${shown(value)}: ${remedy}`);
    this.field = field;
    this.value = value;
    this.remedy = remedy;
  }
}

/** @param {unknown} value */
const shown = (value) =>
  typeof value === "function"
    ? "a function"
    : (JSON.stringify(value)?.slice(0, 100) ?? String(value));

/**
 * Why a write cannot be stored, and is sent as it would be without a queue.
 * @typedef {"no-store" | "no-locks" | "no-core" | "disk-full"} Unprotected
 */

/** The store took nothing. */
export class Unstorable extends Error {
  /** @param {Unprotected} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(reason, { cause });
    this.reason = reason;
  }
}
