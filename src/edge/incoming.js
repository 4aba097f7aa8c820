// @ts-check
/**
 * Responses of HTTP/1.1 as bytes: a head within bounds, and a body whose end is
 * where its framing says (RFC 9112). Whatever is not that is an error.
 */

/** So much is read at a time. */
const PIECE = 16 * 1024;
/** All heads of a response together, and its trailers, are at most this long. */
const LONGEST_HEAD = 64 * 1024;
const MOST_FIELDS = 100;
/** The line before a chunk: its size, and what nobody uses. */
const LONGEST_SIZE_LINE = 1024;

const LINE_FEED = 10;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: (.*))?$/;
const FIELD = /^([\w!#$%&'*+.^`|~-]+)[ \t]*:[ \t]*(.*?)[ \t]*$/;
/** Up to 2^52: a number that is exact. */
const CHUNK_SIZE = /^([\da-f]{1,13})[ \t]*(?:;.*)?$/i;
const LENGTH = /^(\d{1,15})(?:, *\1)*$/;

/** Statuses without a body, whatever their head says. */
const BODILESS = [204, 205, 304];

/**
 * The head of a response.
 * @typedef {{ status: number, reason: string, headers: Headers }} Head
 */

/** What comes, read piece by piece and line by line. */
export class Incoming {
  #reader;
  #rest = new Uint8Array();

  /** @param {ReadableStream} readable */
  constructor(readable) {
    this.#reader = readable.getReader({ mode: "byob" });
  }

  /** Whether there is something to take. */
  async #any() {
    if (this.#rest.length > 0) return true;
    const { done, value } = await this.#reader.read(new Uint8Array(PIECE));
    if (!done && value) this.#rest = value;
    return this.#rest.length > 0;
  }

  /** @param {number} count */
  #take(count) {
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return piece;
  }

  /**
   * The next bytes, at most so many; nothing at the end.
   * @param {number} [most]
   */
  async some(most = PIECE) {
    return (await this.#any()) ? this.#take(most) : undefined;
  }

  /**
   * The next line, without its end; with it, it has at most so many bytes.
   * @param {number} longest
   */
  async line(longest) {
    const decoder = new TextDecoder();
    let text = "";
    for (let left = longest; left > 0 && (await this.#any());) {
      const end = this.#rest.indexOf(LINE_FEED);
      const whole = end >= 0 && end < left;
      const piece = this.#take(whole ? end + 1 : left);
      text += decoder.decode(piece, { stream: true });
      if (whole) return text.replace(/\r?\n$/, "");
      left -= piece.length;
    }
    throw new Error("a line without an end");
  }
}

/**
 * Reads to the head of the final response, past those that announce it.
 * @param {Incoming} incoming
 * @returns {Promise<Head>}
 */
export async function headOf(incoming) {
  const budget = { left: LONGEST_HEAD };
  for (;;) {
    const line = await within(incoming, budget);
    const [, digits, reason = ""] = STATUS_LINE.exec(line) ?? [];
    const status = Number(digits);
    if (!status || status === 101) throw new Error("no response of HTTP/1.1");
    const headers = await fields(incoming, budget);
    if (status >= 200) return { status, reason, headers };
  }
}

/**
 * @param {Incoming} incoming
 * @param {{ left: number }} budget
 */
async function fields(incoming, budget) {
  const headers = new Headers();
  for (let count = 0; count <= MOST_FIELDS; count++) {
    const line = await within(incoming, budget);
    if (line === "") return headers;
    const [, name, value] = FIELD.exec(line) ?? [];
    if (!name) throw new Error("no field");
    headers.append(name, value);
  }
  throw new Error(`more than ${MOST_FIELDS} fields`);
}

/**
 * A line within what all of them may have.
 * @param {Incoming} incoming
 * @param {{ left: number }} budget
 */
async function within(incoming, budget) {
  const line = await incoming.line(budget.left);
  budget.left -= line.length + 1;
  return line;
}

/**
 * The body behind a head, by its framing (RFC 9112, 6.3): no pieces if there is
 * none, and its length if that is known. What is said about the framing and does
 * not hold is taken off the head.
 * @param {Incoming} incoming
 * @param {string} method
 * @param {Head} head
 * @returns {{ length?: number, pieces?: AsyncGenerator<Uint8Array> }}
 */
export function bodyOf(incoming, method, { status, headers }) {
  if (method === "HEAD" || BODILESS.includes(status)) return {};
  const coding = headers.get("transfer-encoding")?.toLowerCase();
  if (coding !== undefined) {
    headers.delete("content-length");
    if (coding !== "chunked") throw new Error(`a body that is ${coding}`);
    return { pieces: chunked(incoming) };
  }
  const declared = headers.get("content-length");
  if (declared === null) return { pieces: toTheEnd(incoming) };
  const length = Number(LENGTH.exec(declared)?.[1] ?? NaN);
  if (Number.isNaN(length)) throw new Error("a length that is none");
  headers.set("content-length", `${length}`);
  return { length, pieces: sized(incoming, length) };
}

/**
 * @param {Incoming} incoming
 * @param {number} length
 */
async function* sized(incoming, length) {
  for (let left = length; left > 0;) {
    const piece = await incoming.some(left);
    if (!piece) throw new Error("it broke off");
    left -= piece.length;
    yield piece;
  }
}

/** @param {Incoming} incoming */
async function* chunked(incoming) {
  for (;;) {
    const line = await incoming.line(LONGEST_SIZE_LINE);
    const size = parseInt(CHUNK_SIZE.exec(line)?.[1] ?? "", 16);
    if (Number.isNaN(size)) throw new Error("a chunk without a size");
    if (size === 0)
      return void (await fields(incoming, { left: LONGEST_HEAD }));
    yield* sized(incoming, size);
    if ((await incoming.line(2)) !== "") throw new Error("no end of a chunk");
  }
}

/** @param {Incoming} incoming */
async function* toTheEnd(incoming) {
  for (let piece; (piece = await incoming.some());) yield piece;
}

/**
 * A stream of pieces, read only as they are asked for.
 * @param {AsyncGenerator<Uint8Array>} pieces
 * @param {() => void} close
 */
export function streamOf(pieces, close) {
  /** @type {UnderlyingSource<Uint8Array>} */
  const source = {
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) return controller.enqueue(value);
        close();
        controller.close();
      } catch (error) {
        close();
        throw error;
      }
    },
    cancel: close,
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
