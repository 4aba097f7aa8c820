// @ts-check
/**
 * One row per request, joined from three tellers: the visitor, the origin and
 * the worker's log. Our own visits are joined exactly, by the number they
 * carry and by the id on the reply; other browsers carry neither, so theirs
 * are joined by method, path and time.
 */
import { EventEmitter } from "node:events";

/** @typedef {import("../../examples/demo/origin.mjs").Attempt} Attempt */
/** @typedef {import("./visitor.mjs").Reply} Reply */
/** @typedef {import("./worker.mjs").LogLine} LogLine */

/**
 * @typedef {object} Row
 * @property {number} n
 * @property {number} at
 * @property {"visitor" | "browser"} by
 * @property {string} method
 * @property {string} path
 * @property {boolean} part a style sheet, a picture: not a page of its own
 * @property {string} fault where the switch stood
 * @property {Attempt[]} attempts
 * @property {Reply} [reply]
 * @property {LogLine} [log]
 */

const KEPT_ROWS = 200;
const JOIN_WITHIN_MS = 20_000;
const LOG_WAITS_MS = 400;
const LOG_TRAVELS_MS = 800;
const REPEATED_WITHIN_MS = 1_000;
const PART = /\.(css|svg|ico|png|js)$/;

export class Timeline extends EventEmitter {
  /** @type {Row[]} */
  rows = [];
  /** Where the origin's switch stands now. */
  fault = "healthy";
  #count = 0;

  /**
   * @param {Pick<Row, "by" | "method" | "path"> & { at?: number, dest?: string }} from
   * @returns {Row}
   */
  open({ by, method, path, at = Date.now(), dest }) {
    const part = PART.test(path) || (dest ?? "document") !== "document";
    const { fault } = this;
    const n = ++this.#count;
    const row = { n, at, by, method, path, part, fault, attempts: [] };
    this.rows.push(row);
    this.rows.splice(0, this.rows.length - KEPT_ROWS);
    this.#changed(row);
    return row;
  }

  /**
   * @param {Row} row
   * @param {Reply} reply
   */
  replied(row, reply) {
    row.reply = reply;
    this.#changed(row);
  }

  /** @param {Attempt} attempt */
  attempted(attempt) {
    const row = this.#rowOf(attempt);
    if (!row.attempts.includes(attempt)) row.attempts.push(attempt);
    this.#changed(row);
  }

  /**
   * The log line may be faster than the reply that carries its id.
   * @param {LogLine} log
   */
  logged(log) {
    const row = this.#replyWithId(log.id);
    if (row) this.#tell(row, log);
    else setTimeout(() => this.#loggedLate(log), LOG_WAITS_MS);
  }

  /** @param {LogLine} log */
  #loggedLate(log) {
    const took = log.ms ?? JOIN_WITHIN_MS;
    const since = Date.now() - took - LOG_WAITS_MS - LOG_TRAVELS_MS;
    const fits = (/** @type {Row} */ row) =>
      !row.log && !idOf(row) && row.at >= since && sameAsked(row, log);
    const row =
      this.#replyWithId(log.id) ??
      this.#latest(fits) ??
      this.open({ by: "browser", method: log.method, path: log.url });
    this.#tell(row, log);
  }

  /**
   * @param {Row} row
   * @param {LogLine} log
   */
  #tell(row, log) {
    row.log = log;
    this.#changed(row);
  }

  /** @param {Attempt} attempt */
  #rowOf(attempt) {
    const { visit, method, path, at, dest } = attempt;
    const known = this.rows.find((row) => row.attempts.includes(attempt));
    if (known) return known;
    const own = this.rows.find((row) => row.n === Number(visit));
    if (own) return own;
    const again = this.#latest((row) => isTriedAgain(row, attempt));
    return again ?? this.open({ by: "browser", method, path, at, dest });
  }

  /** @param {string | undefined} id */
  #replyWithId(id) {
    return id ? this.#latest((row) => idOf(row) === id) : undefined;
  }

  /** @param {(row: Row) => boolean} fits */
  #latest(fits) {
    const since = Date.now() - JOIN_WITHIN_MS;
    return this.rows.filter((row) => row.at >= since && fits(row)).at(-1);
  }

  /** @param {Row} row */
  #changed(row) {
    this.emit("row", row);
  }
}

/** @param {Row} row */
const idOf = (row) =>
  row.reply?.headers.find(([name]) => name === "x-request-id")?.[1];

/**
 * @param {Row} row
 * @param {LogLine} log
 */
const sameAsked = (row, log) =>
  row.method === log.method && row.path === log.url;

/**
 * Whether another browser's attempt goes on with a row that went wrong so far:
 * a repetition follows its failure closely.
 * @param {Row} row
 * @param {Attempt} attempt
 */
function isTriedAgain(row, attempt) {
  const last = row.attempts.at(-1);
  if (row.by !== "browser" || row.log || !last || last.open) return false;
  const same = row.method === attempt.method && row.path === attempt.path;
  const spoilt = !["healthy", "slow"].includes(last.fault);
  const soon = attempt.at - (last.at + last.ms) < REPEATED_WITHIN_MS;
  return same && spoilt && soon;
}
