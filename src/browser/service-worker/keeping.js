// @ts-check
/** What becomes of a good response behind the reply: a copy, if one is due. */
import {
  claim_copy,
  copy_limit,
  cut,
  landed,
  longest_disguise,
  seal,
  token_pattern,
} from "lastgood-core";
import { lines } from "../fields.js";
import { changed } from "./fields.js";
import * as store from "./store.js";

/** What became of a copy that was claimed. */
const NOT_FOR_KEEPING = 0;
const STORED = 1;
const LOST = 2;

/** What says why a body is not for keeping. */
const REFUSED = "-";
/** So many bytes tell whether a body is a document. */
const START = 2048;

/** @typedef {import("./serving.js").Hand} Hand */

/**
 * Keeps a copy of a response behind the reply, if one is due; resolves with whether it is
 * in the store then. The response stays as it is.
 * @param {Hand} hand
 * @param {Response} response
 */
export function keepIfDue(hand, response) {
  const { request, url, asked, event } = hand;
  const fields = lines(response.headers);
  const { status, redirected, type } = response;
  const arrived = Date.now();
  const reserved = claim_copy(
    ...[request.method, url, asked, status, fields],
    ...[redirected ? "redirected" : type, arrived],
  );
  if (reserved < 0) return Promise.resolve(false);
  const kept = keep(hand, response.clone(), { fields, arrived })
    .catch((error) => {
      console.warn("lastgood:", error);
      return LOST;
    })
    .then((how) => {
      landed(url, asked, fields, how, reserved);
      return how === STORED;
    });
  event.waitUntil(kept);
  return kept;
}

/**
 * @param {Hand} hand
 * @param {Response} response
 * @param {{ fields: string, arrived: number }} claim
 */
async function keep(hand, response, { fields, arrived }) {
  const { url, asked, started } = hand;
  const since = store.age;
  const body = await whole(response, copy_limit(url)).catch(() => null);
  if (body === null) {
    console.info(cut(url, Date.now()));
    return LOST;
  }
  if (!body || hasToken(url, response, body)) return NOT_FOR_KEEPING;
  const page = response.headers.has("vary")
    ? store.envelopeOf(await store.look(url))
    : "";
  const sealed = seal(
    ...[url, asked, response.status, fields, page, body.byteLength],
    ...[arrived, arrived - started, startOf(body)],
  );
  if (sealed[0] === REFUSED) {
    console.info(sealed.slice(1));
    return NOT_FOR_KEEPING;
  }
  const end = sealed.indexOf("\n");
  const place = sealed.slice(1, end) || url;
  const { status } = response;
  const headers = changed(response.headers, sealed.slice(end + 1));
  const make = () => new Response(body, { status, headers });
  const put = await store.put(place, make, body.byteLength, since);
  return put ? STORED : LOST;
}

/**
 * The whole body, if it is not longer than the limit. Rejects if it breaks off.
 * @param {Response} response
 * @param {number} limit
 */
async function whole({ body }, limit) {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) return void reader.cancel().catch(() => {});
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Whether a page carries a token, for which it is not kept.
 * @param {string} url
 * @param {Response} response
 * @param {Uint8Array} body
 */
function hasToken(url, { headers }, body) {
  const type = headers.get("content-type") ?? "";
  const pattern = token_pattern(url, type, body.byteLength);
  if (!pattern) return false;
  if (pattern === REFUSED) return true;
  const page = new TextDecoder("latin1").decode(body);
  return new RegExp(pattern, "i").test(page);
}

/**
 * A body, if it is small enough to be an error page in disguise; else how it begins.
 * @param {Uint8Array} body
 */
const startOf = (body) =>
  body.length > longest_disguise() ? body.subarray(0, START) : body;
