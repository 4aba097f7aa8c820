// @ts-check
/**
 * A request as it is stored, and back.
 */

/** @typedef {"waiting" | "sending" | "unknown" | "refused"} State */

/**
 * A write that waits, as pages see it.
 *
 * - `key`: its `Idempotency-Key`, the same in each sending
 * - `created`: when it came, in milliseconds
 * - `due`: when it is sent next, if it waits for that
 * - `state`: `unknown` may have been carried out and waits for its user's decision;
 *   `refused` was not and will not be
 * - `cause`: why the last sending failed, in the words of the core
 * - `status`: the last answer's
 * - `sent`: how often it was sent
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} route
 * @property {string} label
 * @property {string} key
 * @property {string} method
 * @property {string} url
 * @property {number} bytes
 * @property {number} created
 * @property {number | undefined} due
 * @property {State} state
 * @property {string | null} cause
 * @property {number | null} status
 * @property {number} sent
 */

/**
 * What is stored of it; the body lies beside it.
 *
 * - `lane`: the user and the route, whose writes go one after the other
 * - `owner`: the queue object that waits for its answer
 * - `since`: when it was stored, or sent again by its user
 * - `began`: when the last sending did
 * - `doubtful`: when the first sending began that may have been carried out
 * - `decided`, `pause`: how long it rests, and from when on
 * - `revision`: how often it was changed
 * @typedef {Omit<Entry, "due"> & {
 *   lane: string, owner: string, since: number, began: number, doubtful: number | null,
 *   decided: number, pause: number, revision: number, request: Shape }} Stored
 */

/**
 * @typedef {object} Shape
 * @property {[string, string][]} headers
 * @property {RequestMode} mode
 * @property {RequestCredentials} credentials
 * @property {string} referrer
 * @property {ReferrerPolicy} referrerPolicy
 */

/** @typedef {Omit<Stored, "id">} Fresh */

/** A string of structured fields, as the field's draft has it. */
const freshKey = () => `"${crypto.randomUUID()}"`;

/**
 * @param {Request} request whose body is used
 * @param {import("./options.js").Route} route
 * @param {{ lane: string, owner: string, label?: string | undefined }} more
 * @returns {Promise<{ fresh: Fresh, body: ArrayBuffer | null }>}
 */
export async function written(request, route, { lane, owner, label }) {
  const key = request.headers.get("idempotency-key") ?? freshKey();
  const bytes = request.body === null ? null : await request.arrayBuffer();
  const body = bytes?.byteLength ? bytes : null;
  const now = Date.now();
  const fresh = {
    ...{ lane, owner, key, route: route.name, label: label ?? route.label },
    ...{ method: request.method, url: request.url.split("#")[0] ?? "" },
    ...{ bytes: body?.byteLength ?? 0, created: now, since: now },
    ...{ state: /** @type {State} */ ("waiting"), sent: 0, began: now },
    ...{ cause: null, status: null, doubtful: null, decided: now, pause: 0 },
    revision: 0,
    request: shapeOf(request),
  };
  return { fresh, body };
}

/** @param {Request} request @returns {Shape} */
function shapeOf(request) {
  const { mode, credentials, referrer, referrerPolicy } = request;
  return {
    headers: [...request.headers].filter(([name]) => name !== KEY),
    // A page is not to be had behind anyone's back.
    mode: mode === "navigate" ? "same-origin" : mode,
    ...{ credentials, referrer, referrerPolicy },
  };
}

const KEY = "idempotency-key";
const ATTEMPT = "lastgood-attempt";

/**
 * The request for a sending.
 * @param {Fresh} entry
 * @param {ArrayBuffer | null} body
 * @param {HeadersInit} [more]
 */
export function requestOf({ method, url, key, sent, request }, body, more) {
  const { headers, referrer, ...shape } = request;
  const own = new Request(url, {
    ...{ ...shape, method, body, headers, cache: "no-store" },
    ...(isNear(referrer) ? { referrer } : {}),
  });
  new Headers(more).forEach((value, name) => own.headers.set(name, value));
  own.headers.set(KEY, key);
  // Of another site it would ask for leave that nobody thought of.
  if (sent > 1 && isOwn(url)) own.headers.set(ATTEMPT, String(sent));
  return own;
}

/** @param {string} url */
const isOwn = (url) => url.startsWith(`${location.origin}/`);

/** Only pages of one's own may be named. @param {string} referrer */
const isNear = (referrer) =>
  referrer === "" || referrer === "about:client" || isOwn(referrer);

/** @param {Stored} stored @returns {Entry} */
export function shown({ id, route, label, key, method, url, bytes, ...rest }) {
  const { created, state, cause, status, sent, decided, pause } = rest;
  const due = state === "waiting" ? decided + pause : undefined;
  return {
    ...{ id, route, label, key, method, url, bytes, created, due },
    ...{ state, cause, status, sent },
  };
}
