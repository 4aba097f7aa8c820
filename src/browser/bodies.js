// @ts-check
/** Bodies: looked at while they are small, and let go. */

/**
 * The body of a response, read from a copy of it; nothing if it is longer than the
 * limit, or not there in time. Throws if it breaks off.
 * @param {Response} response
 * @param {number} limit in bytes
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8Array | undefined>}
 */
export async function readSmall(response, limit, ms, signal) {
  if (!response.body) return undefined;
  if (isShort(response.headers, limit))
    return soon(response.clone().arrayBuffer(), ms, signal);
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (
    response.clone().body
  ).getReader();
  let stopped = false;
  const stop = () => {
    stopped = true;
    reader.cancel().catch(() => {});
  };
  const timer = setTimeout(stop, ms);
  signal.addEventListener("abort", stop);
  try {
    const chunks = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return stopped ? undefined : joined(chunks);
      length += value.length;
      if (length > limit) {
        stop();
        return undefined;
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Whether a body is known to be small: then it is read in one go, which is quicker.
 * @param {Headers} headers
 * @param {number} limit
 */
const isShort = (headers, limit) =>
  !headers.has("content-encoding") &&
  Number(headers.get("content-length") ?? Infinity) <= limit;

/**
 * @param {Promise<ArrayBuffer>} bytes
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8Array | undefined>}
 */
function soon(bytes, ms, signal) {
  return new Promise((resolve, reject) => {
    const end = (/** @type {() => void} */ act) => () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
      act();
    };
    const late = end(() => resolve(undefined));
    const timer = setTimeout(late, ms);
    signal.addEventListener("abort", late);
    bytes.then(
      (whole) => end(() => resolve(new Uint8Array(whole)))(),
      (error) => end(() => reject(error))(),
    );
  });
}

/**
 * What was read of a body: all of it, or some of it and what reads the rest.
 * @typedef {object} Looked
 * @property {Uint8Array<ArrayBuffer>} [bytes]
 * @property {Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>[]} [reads]
 * @property {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} [rest]
 */

/**
 * Reads a body up to the limit, and for so long; or what there is of it. Throws if it
 * breaks off.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {number} limit in bytes
 * @param {number} ms
 * @returns {Promise<Looked>}
 */
export async function look(body, limit, ms) {
  const rest = body.getReader();
  const reads = [];
  const chunks = [];
  let length = 0;
  let timer = 0;
  /** @type {Promise<undefined>} */
  const late = new Promise((wake) => (timer = setTimeout(wake, ms)));
  try {
    while (length <= limit) {
      const read = rest.read();
      reads.push(read);
      const came = await Promise.race([read, late]);
      if (!came) break;
      if (came.done) return { bytes: joined(chunks) };
      chunks.push(came.value);
      length += came.value.length;
    }
    return { reads, rest };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Uint8Array<ArrayBuffer>[]} chunks */
export function joined(chunks) {
  if (chunks.length === 1) return chunks[0];
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const whole = new Uint8Array(length);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}

/**
 * Lets go of a response that nobody reads.
 * @param {Response | undefined} response
 */
export function discard(response) {
  response?.body?.cancel().catch(() => {});
}
