// @ts-check
/**
 * A response whose head goes out while its body is still held.
 *
 * What reads the whole of it is done by us as well, since Chromium tells none of these ways
 * why a stream of ours broke off.
 */

/** What comes of a body: all of it, or what is to be passed on. */
/** @typedef {Uint8Array | ReadableStream<Uint8Array> | null} Came */

/** Why it does not come. @typedef {{ error?: unknown }} Lost */

/**
 * The head of a response, with the body that is to come.
 * @param {Response} head
 * @param {Promise<Came>} coming
 * @param {AbortSignal} signal the caller's
 * @param {() => void} leave nobody wants the body any more
 * @returns {Response}
 */
export function held(head, coming, signal, leave) {
  /** @type {Lost} */
  const lost = {};
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let rest;
  /** @param {ReadableStreamDefaultController<Uint8Array>} stream */
  const pull = async (stream) => {
    try {
      const came = await coming;
      signal.throwIfAborted();
      if (came instanceof ReadableStream) {
        rest ??= came.getReader();
        const { done, value } = await rest.read();
        return done ? stream.close() : stream.enqueue(value);
      }
      if (came?.length) stream.enqueue(came);
      stream.close();
    } catch (error) {
      lost.error = error;
      throw error;
    }
  };
  const source = { pull, cancel: leave };
  const body = new ReadableStream(source, { highWaterMark: 0 });
  return new HeldResponse(body, head, lost);
}

class HeldResponse extends Response {
  #head;
  #lost;

  /**
   * @param {ReadableStream<Uint8Array> | null} body
   * @param {Response} head
   * @param {Lost} lost
   */
  constructor(body, head, lost) {
    super(body, head);
    const { url, redirected, type } = head;
    this.#head = { url, redirected, type };
    this.#lost = lost;
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
    return new HeldResponse(super.clone().body, this, this.#lost);
  }

  arrayBuffer() {
    return this.#read(super.arrayBuffer());
  }

  blob() {
    return this.#read(super.blob());
  }

  bytes() {
    return this.#read(super.bytes());
  }

  formData() {
    return this.#read(super.formData());
  }

  json() {
    return this.#read(super.json());
  }

  text() {
    return this.#read(super.text());
  }

  /**
   * @template T
   * @param {Promise<T>} all
   */
  async #read(all) {
    try {
      return await all;
    } catch (error) {
      throw this.#lost.error ?? error;
    }
  }
}
