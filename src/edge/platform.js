// @ts-check
/**
 * What the Workers runtime does for the core: every call that touches a body,
 * the cache, a timer or the rewriter. It is JavaScript because the runtime
 * hands bodies from stream to stream without copying only as long as no other
 * language is in between. Nothing here decides anything.
 */

import {
  asItIs,
  askRaw,
  hangUp,
  hasLike,
  isBound,
  isRaw,
  upTo,
  unpacked,
} from "./raw.js";

const STORE = "lastgood";

/** Whatever can be a field's name (RFC 9110, 5.6.2). */
const TOKENS = /[\w!#$%&'*+.^`|~-]+/g;

/**
 * The values of some fields, one per line.
 * @param {Headers} headers
 * @param {string[]} names
 */
export function values(headers, names) {
  let lines = headers.get(names[0]) ?? "";
  for (let i = 1; i < names.length; i++) {
    lines += "\n" + (headers.get(names[i]) ?? "");
  }
  return lines;
}

/**
 * All fields as `name:value`, one per line.
 * @param {Headers} headers
 */
export function lines(headers) {
  let all = "";
  headers.forEach((value, name) => (all += `${name}:${value}\n`));
  return all;
}

/** The text that was read last, and the names in it: all pages of a site have the same. */
let lastText = "";
/** @type {string[]} */
let lastNames = [];

/**
 * The fields whose names are in a text, as `name:value`, one per line.
 * @param {Headers} headers
 * @param {string} names
 */
export function named(headers, names) {
  if (names !== lastText) {
    lastNames = names.toLowerCase().match(TOKENS) ?? [];
    lastText = names;
  }
  let some = "";
  for (const name of lastNames) {
    const value = headers.get(name);
    if (value !== null) some += `${name}:${value}\n`;
  }
  return some;
}

/**
 * -1: no body; Infinity: nobody knows how long.
 * @param {Request} request
 */
export function bodyLength(request) {
  if (request.body === null) return -1;
  return Number(request.headers.get("content-length") ?? Infinity);
}

/**
 * How a request goes on: where to, if not to its own URL, and as which host, if
 * not as that of the URL; what ends it; its body, if it was held; changes to its
 * fields.
 * @typedef {object} Way
 * @property {string} [target]
 * @property {string} [host]
 * @property {AbortSignal} [signal]
 * @property {ArrayBuffer | ReadableStream} [held]
 * @property {string} [changes]
 */

/**
 * Sends a request on.
 * @param {Request} request
 * @param {Way} way
 */
export function ask(request, { target, host, signal, held, changes }) {
  if (target === undefined && held === undefined && !changes) {
    return signal ? fetch(request, { signal }) : fetch(request);
  }
  const { method } = request;
  const headers = changes ? new Headers(request.headers) : request.headers;
  if (changes) change(headers, changes);
  const body = held ?? request.body;
  const init = { method, headers, body, signal };
  const url = target ?? request.url;
  if (host !== undefined) return askRaw(url, { ...init, host });
  return fetch(url, { ...init, redirect: "manual" });
}

/** The visitor left. */
export const LEFT = Symbol("left");

/**
 * How an attempt ended: with a response or an error.
 * @typedef {typeof LEFT | { number: number, came: unknown }} End
 */

/**
 * Whatever comes first: the end of an attempt, the visitor's leaving, or nothing
 * if that takes longer than `ms`. Without an attempt, a pause.
 * @param {{ number: number, promise: Promise<Response> }[]} running
 * @param {number} ms
 * @param {AbortSignal} [visitor]
 * @returns {Promise<End | undefined>}
 */
export function next(running, ms, visitor) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(undefined), ms);
    /** @param {End | undefined} end */
    const settle = (end) => {
      clearTimeout(timer);
      visitor?.removeEventListener("abort", left);
      resolve(end);
    };
    const left = () => settle(LEFT);
    visitor?.addEventListener("abort", left);
    if (visitor?.aborted) left();
    for (const { number, promise } of running) {
      const ended = (/** @type {unknown} */ came) => settle({ number, came });
      promise.then(ended, ended);
    }
  });
}

/** So long a timer runs at most: nearly always, what follows ends within. */
const SPELL_MS = 500;

/**
 * The one timer of a request, for one thing after another: a second one would cost a
 * twentieth of it.
 */
export class Alarm {
  at = Infinity;
  firesAt = Infinity;
  /** @type {number | null} */
  timer = null;
  rings = () => {};

  /**
   * @param {number} ms from now
   * @param {() => void} rings in place of what rang so far
   */
  set(ms, rings) {
    const now = Date.now();
    this.rings = rings;
    this.at = now + ms;
    if (this.firesAt <= this.at) return;
    this.stop();
    this.start(ms, now);
  }

  /** @param {number} ms @param {number} now */
  start(ms, now) {
    const spell = Math.min(ms, SPELL_MS);
    this.firesAt = now + spell;
    this.timer = setTimeout(() => this.fire(), spell);
  }

  fire() {
    const now = Date.now();
    this.firesAt = Infinity;
    if (this.at > now) this.start(this.at - now, now);
    else this.rings();
  }

  stop() {
    // A call that clears nothing has its price, too.
    if (this.firesAt < Infinity) clearTimeout(this.timer);
    this.firesAt = Infinity;
  }
}

/**
 * What a promise comes to; nothing, if it fails or takes longer than `ms`. The
 * timer ends with the request.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {Alarm} [alarm] one that nothing else needs meanwhile
 * @returns {Promise<T | undefined>}
 */
export function within(promise, ms, alarm) {
  return new Promise((resolve) => {
    const over = () => resolve(undefined);
    if (alarm) alarm.set(ms, over);
    else setTimeout(over, ms);
    promise.then(resolve, over);
  });
}

/**
 * Holds a body of at most `limit` bytes in memory. A longer one, or one that is
 * not complete after `ms`, comes back as the stream it would have been.
 * @param {ReadableStream<Uint8Array>} body
 * @param {number} limit
 * @param {number} [ms]
 * @param {AbortSignal} [visitor] who reads that stream: the runtime does not
 *   cancel it for one who leaves
 * @returns {Promise<ArrayBuffer | ReadableStream>}
 */
export async function hold(body, limit, ms, visitor) {
  const reader = body.getReader();
  /** @type {Promise<ReadableStreamReadResult<Uint8Array>>[]} */
  const chunks = [];
  let size = 0;
  /** @type {number | null} */
  let timer = null;
  /** @type {Promise<undefined>} */
  const over = new Promise((resolve) => {
    if (ms !== undefined) timer = setTimeout(resolve, ms);
  });
  try {
    while (size <= limit) {
      const chunk = reader.read();
      chunks.push(chunk);
      const read = await Promise.race([chunk, over]);
      if (!read) break;
      if (read.done) return await gathered(chunks);
      size += read.value.byteLength;
    }
    visitor?.addEventListener("abort", () => reader.cancel().catch(() => {}));
    return resumed(chunks, reader);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Promise<ReadableStreamReadResult<Uint8Array>>[]} chunks */
async function gathered(chunks) {
  const read = await Promise.all(chunks);
  return new Blob(read.map(({ value }) => value ?? "")).arrayBuffer();
}

/**
 * A stream of what was read or asked for already, and then the rest.
 * @param {Promise<ReadableStreamReadResult<Uint8Array>>[]} chunks
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 */
function resumed(chunks, reader) {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await (chunks.shift() ?? reader.read());
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** @type {Cache | undefined} */
let opened;

/** The cache of this data centre; opened once, as it costs a fifth of a look. */
async function open() {
  return (opened ??= await caches.open(STORE));
}

/**
 * The stored response under a URL, if there is one, or a slice of it.
 * @param {string} url
 * @param {string} [range]
 */
export async function look(url, range) {
  const store = opened ?? (await open());
  if (range === undefined) return store.match(url);
  return store.match(new Request(url, { headers: { range } }));
}

/**
 * Removes what is stored under a URL.
 * @param {string} url
 */
export async function forget(url) {
  await (opened ?? (await open())).delete(url);
}

/**
 * Stores a text of our own under a URL, for as long as the store lets us.
 * @param {string} url
 * @param {string} text
 */
export async function note(url, text) {
  const headers = { "cache-control": "public, max-age=31536000" };
  const store = opened ?? (await open());
  await store.put(url, new Response(text, { headers }));
}

/** Encodings that the runtime takes off whatever reads a body. */
const DECODED = ["gzip", "br"];

/**
 * The whole body of a response that nobody else reads, decoded; rejects if it breaks
 * off or is longer than `limit` says, which is asked only if its length is not known.
 * @param {Response} response
 * @param {() => number} limit
 */
export async function whole(response, limit) {
  if (!response.body) return new ArrayBuffer(0);
  const bytes = isBound(response)
    ? response.arrayBuffer()
    : upTo(limit(), response.body);
  return isRaw(response) ? unpacked(response, await bytes, limit()) : bytes;
}

/**
 * The same of a clone. It goes through a stream of the runtime's own, since the
 * original would wait for a clone that JavaScript reads.
 * @param {Response} clone
 * @param {() => number} limit
 * @param {AbortSignal} [signal] ends it
 */
export async function wholeClone(clone, limit, signal) {
  const { body } = clone;
  if (!body || isRaw(clone)) return whole(clone, limit);
  const { readable, writable } = new IdentityTransformStream();
  const piped = body.pipeTo(writable, { signal });
  const read = isBound(clone)
    ? new Response(readable).arrayBuffer()
    : upTo(limit(), readable);
  const [bytes] = await Promise.all([read, piped]);
  return bytes;
}

/**
 * Stores a whole body under a URL, with the fields of the response it came in.
 * A store that was given a stream would keep the part of one that breaks off, or
 * drop the copy from before.
 * @param {string} url
 * @param {Response} response
 * @param {ArrayBuffer} whole
 * @param {string} changes
 * @returns the fields as stored
 */
export async function keep(url, response, whole, changes) {
  const headers = new Headers(response.headers);
  change(headers, changes);
  const encoding = headers.get("content-encoding") ?? "";
  if (DECODED.includes(encoding)) headers.delete("content-encoding");
  const store = opened ?? (await open());
  await store.put(url, new Response(whole, { headers }));
  return headers;
}

/**
 * Stores a copy under a URL that was found elsewhere, as it is.
 * @param {string} url
 * @param {Headers} headers
 * @param {Uint8Array} body
 */
export async function restore(url, headers, body) {
  const store = opened ?? (await open());
  await store.put(url, new Response(body, { headers }));
}

/**
 * A response with other fields: `name:value` sets one, `name` removes it. What the
 * runtime can make no other one of stays as it is.
 * @param {Response} response
 * @param {number} status
 * @param {string} changes
 * @param {boolean} withBody
 */
export function rebuilt(response, status, changes, withBody) {
  if (!hasLike(response)) return response;
  const { headers, body } = response;
  const init = { status, headers, ...asItIs(response) };
  const again = new Response(withBody ? body : null, init);
  change(again.headers, changes);
  if (!withBody) discard(response);
  return again;
}

/**
 * A response of our own.
 * @param {Uint8Array | null} body
 * @param {number} status
 * @param {string} changes
 */
export function made(body, status, changes) {
  const answer = new Response(body, { status });
  change(answer.headers, changes);
  return answer;
}

/**
 * @param {Headers} headers
 * @param {string} changes
 */
function change(headers, changes) {
  for (const line of changes.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) headers.delete(line);
    else headers.set(line.slice(0, colon), line.slice(colon + 1));
  }
}

/** A page up to this many bytes is put together in memory. */
const LONGEST_JOINED = 128 * 1024;

/**
 * The page with other fields, and a line of HTML behind its end. A rewriter would
 * read all of it to find the same place.
 * @param {Response} response
 * @param {number} status
 * @param {string} changes
 * @param {string} html
 */
export async function noted(response, status, changes, html) {
  const { headers } = response;
  const line = new TextEncoder().encode(html);
  const length = Number(headers.get("content-length") ?? Infinity);
  const body =
    length <= LONGEST_JOINED
      ? joined(new Uint8Array(await response.arrayBuffer()), line)
      : extended(response, line);
  const page = new Response(body, { status, headers });
  change(page.headers, changes);
  return page;
}

/**
 * @param {Uint8Array} bytes
 * @param {Uint8Array} more
 */
function joined(bytes, more) {
  const all = new Uint8Array(bytes.length + more.length);
  all.set(bytes);
  all.set(more, bytes.length);
  return all;
}

/**
 * @param {Response} response
 * @param {Uint8Array} more
 */
function extended({ body }, more) {
  const { readable, writable } = new IdentityTransformStream();
  const write = async () => {
    await body?.pipeTo(writable, { preventClose: true });
    const writer = writable.getWriter();
    await Promise.all([writer.write(more), writer.close()]);
  };
  // Either end learns of it if the other one breaks off.
  write().catch(() => {});
  return readable;
}

/** A body up to this many bytes is sooner read than a new connection is made. */
const SMALL = 4096;

/**
 * Lets go of a response that nobody will read. To cancel its body would end the
 * connection that it came over.
 * @param {Response | undefined} response
 */
export function discard(response) {
  if (!response?.body) return;
  hangUp(response);
  const said = response.headers.get("content-length");
  const length = isBound(response) ? Number(said) : Infinity;
  const end = length <= SMALL ? response.arrayBuffer() : response.body.cancel();
  end.catch(() => {});
}
