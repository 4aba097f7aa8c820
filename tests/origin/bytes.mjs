// @ts-check
/**
 * Reading a socket in the units HTTP/1.1 is made of.
 *
 * Written by hand because a ready-made HTTP parser hides what the cases are
 * about: bytes after the end, an end before the end, a reset instead of a
 * close. The scripted origin and the test client both read through it.
 */

/** Unread bytes above which the peer is slowed down. */
const HIGH_WATER = 1 << 20;

export class ByteReader {
  /** @type {Buffer} */
  #unread = Buffer.alloc(0);
  #ended = false;
  /** @type {NodeJS.ErrnoException | null} */
  error = null;
  /** @type {(() => void) | null} */
  #wake = null;

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on("data", (bytes) => this.#accept(bytes));
    socket.on("error", (error) => (this.error = error));
    socket.on("end", () => this.#finish());
    socket.on("close", () => this.#finish());
  }

  /** Bytes that have arrived and were not read. */
  get unread() {
    return this.#unread.length;
  }

  /** @param {Buffer} bytes */
  #accept(bytes) {
    this.#unread = this.#unread.length
      ? Buffer.concat([this.#unread, bytes])
      : bytes;
    if (this.#unread.length > HIGH_WATER) this.socket.pause();
    this.#wake?.();
  }

  #finish() {
    this.#ended = true;
    this.#wake?.();
  }

  /** Waits for more; false when there will be none. */
  async #more() {
    if (this.#ended) return false;
    this.socket.resume();
    await new Promise((resolve) => (this.#wake = () => resolve(null)));
    this.#wake = null;
    return true;
  }

  /** @param {number} count */
  #shift(count) {
    const bytes = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return bytes;
  }

  /**
   * Everything up to and including the mark; null when the stream ends first.
   * @param {string} mark @param {number} limit
   */
  async through(mark, limit) {
    let searched = 0;
    for (;;) {
      const at = this.#unread.indexOf(mark, searched);
      if (at >= 0) return this.#shift(at + mark.length).toString("latin1");
      if (this.#unread.length > limit)
        throw new Error(`no ${JSON.stringify(mark)} within ${limit} bytes`);
      searched = Math.max(0, this.#unread.length - mark.length);
      if (!(await this.#more()) && this.#unread.indexOf(mark, searched) < 0)
        return null;
    }
  }

  /** At most `most` bytes as they come; null at the end. @param {number} most */
  async some(most = Infinity) {
    while (this.#unread.length === 0) if (!(await this.#more())) break;
    if (this.#unread.length === 0) return null;
    return this.#shift(Math.min(most, this.#unread.length));
  }

  /**
   * Hands over exactly `count` bytes, piece by piece; false if fewer came.
   * @param {number} count @param {(bytes: Buffer) => void} sink
   */
  async exactly(count, sink) {
    for (let left = count; left > 0;) {
      const bytes = await this.some(left);
      if (!bytes) return false;
      sink(bytes);
      left -= bytes.length;
    }
    return true;
  }
}
