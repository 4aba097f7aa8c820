// @ts-check
/** A response whose head goes out while its body is still held. */
import { joined } from "./bodies.js";

/**
 * The head of a response, with the body that is to come.
 * @param {Response} head
 * @param {Promise<import("./bodies.js").Looked>} coming
 * @param {AbortSignal} signal the caller's
 * @param {() => void} leave nobody wants the body any more
 * @returns {Response}
 */
export function held(head, coming, signal, leave) {
  const source = new Source(coming, signal, leave);
  const body = new ReadableStream(source, { highWaterMark: 0 });
  return new HeldResponse(body, head, source);
}

/**
 * A response that others have, too: for who leaves only their own body ends.
 * @param {Response} response
 * @param {AbortSignal} signal the caller's
 * @returns {Response}
 */
export function part(response, signal) {
  const own = response.clone();
  const rest = own.body?.getReader();
  if (!rest) return own;
  const leave = () => void rest.cancel().catch(() => {});
  signal.addEventListener("abort", leave, { once: true });
  return held(own, Promise.resolve({ rest }), signal, leave);
}

/** Where the body comes from: what a stream reads, or somebody who wants all of it. */
class Source {
  /** As of all bodies. @type {"bytes"} */
  type = "bytes";
  /** Nobody reads the stream. */
  isTaken = false;
  /** Others read it as well. */
  isShared = false;
  /** @type {unknown} why it broke off */
  error;

  /**
   * @param {Promise<import("./bodies.js").Looked>} coming
   * @param {AbortSignal} signal
   * @param {() => void} leave
   */
  constructor(coming, signal, leave) {
    this.coming = coming;
    this.signal = signal;
    this.leave = leave;
  }

  /** @param {ReadableByteStreamController} stream */
  start(stream) {
    // Who waits for the end hears of it without reading.
    this.coming.catch((error) => {
      this.error = error;
      stream.error(error);
    });
  }

  /** @param {ReadableByteStreamController} stream */
  async pull(stream) {
    try {
      const { done, value } = await this.next();
      if (!done) return stream.enqueue(value);
      stream.close();
      /** @type {ReadableStreamBYOBRequest | null} */ (
        stream.byobRequest
      )?.respond(0);
    } catch (error) {
      this.error = error;
      throw error;
    }
  }

  cancel() {
    if (!this.isTaken) this.leave();
  }

  /** @returns {Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>} */
  async next() {
    const looked = await this.coming;
    this.signal.throwIfAborted();
    const { bytes, reads, rest } = looked;
    if (rest) {
      const read = await (reads?.shift() ?? rest.read());
      this.signal.throwIfAborted();
      return read;
    }
    looked.bytes = undefined;
    return bytes?.length
      ? { done: false, value: bytes }
      : { done: true, value: undefined };
  }

  async all() {
    const chunks = [];
    for (;;) {
      const { done, value } = await this.next();
      if (done) return joined(chunks);
      chunks.push(value);
    }
  }
}

/** @typedef {"arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text"} Way */

class HeldResponse extends Response {
  #head;
  #source;

  /**
   * @param {ReadableStream<Uint8Array> | null} body
   * @param {Response} head
   * @param {Source} source
   */
  constructor(body, head, source) {
    super(body, head);
    const { url, redirected, type } = head;
    this.#head = { url, redirected, type };
    this.#source = source;
  }

  get url() {
    return this.#head.url;
  }

  get redirected() {
    return this.#head.redirected;
  }

  get type() {
    return this.#head.type;
  }

  clone() {
    const { body } = super.clone();
    this.#source.isShared = true;
    return new HeldResponse(body, this, this.#source);
  }

  arrayBuffer() {
    return this.#read("arrayBuffer");
  }

  blob() {
    return this.#read("blob");
  }

  bytes() {
    return this.#read("bytes");
  }

  formData() {
    return this.#read("formData");
  }

  json() {
    return this.#read("json", (all) => JSON.parse(decoded(all)));
  }

  text() {
    return this.#read("text", decoded);
  }

  /**
   * Reads all of it; past the stream, if nobody else has that, as both ways into the browser
   * and out again take a third of a millisecond.
   * @param {"arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text"} way
   * @param {(all: Uint8Array<ArrayBuffer>) => unknown} [read]
   * @returns {Promise<any>}
   */
  async #read(way, read) {
    const { body, bodyUsed, headers } = this;
    const source = this.#source;
    if (bodyUsed || body?.locked || source.isShared) {
      try {
        return await super[way]();
      } catch (error) {
        // Chromium tells nobody but a reader why a stream broke off.
        throw source.error ?? error;
      }
    }
    source.isTaken = true;
    body?.cancel();
    const all = await source.all();
    return read ? read(all) : new Response(all, { headers })[way]();
  }
}

// Newer than the rest of them.
if (!("bytes" in Response.prototype))
  Reflect.deleteProperty(HeldResponse.prototype, "bytes");

/** @param {Uint8Array<ArrayBuffer>} all */
const decoded = (all) => new TextDecoder().decode(all);
