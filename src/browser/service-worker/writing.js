// @ts-check
/**
 * Requests that change something. They go to the network as they are, once, and what
 * they change is not shown as it was before.
 */
import { outdated } from "lastgood-core";
import { stop } from "./core.js";
import { bare } from "./fields.js";
import { heed } from "./orders.js";
import { remove } from "./store.js";

const ACCEPTED = 202;
/** What a redirection is taken for whose status is not shown. */
const SEE_OTHER = 303;

/**
 * The one place in which a request that changes something is sent: a queue of the site's
 * stands here, where it has one, in place of `fetch`.
 * @param {FetchEvent} event
 */
const send = (event) =>
  globalThis.LASTGOOD?.send?.(event) ?? fetch(event.request);

/** @param {FetchEvent} event */
export async function write(event) {
  const { method, url } = event.request;
  const response = await send(event);
  if (await heed(event, response)) return response;
  if (isQueued(response)) return response;
  try {
    await removeOutdated(method, bare(url), response);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) stop(error);
  }
  return response;
}

/**
 * Whether it is the queue's own word that a write waits: nothing has changed yet.
 * @param {Response} response
 */
const isQueued = ({ url, status }) => !url && status === ACCEPTED;

/**
 * @param {string} method
 * @param {string} url
 * @param {Response} response
 */
async function removeOutdated(method, url, { headers, status }) {
  const named = ["location", "content-location"].map((name) =>
    resolved(headers.get(name), url),
  );
  await remove(outdated(method, status || SEE_OTHER, [url, ...named]));
}

/**
 * A reference as a whole URL; empty if it is none.
 * @param {string | null} reference
 * @param {string} base
 */
function resolved(reference, base) {
  try {
    return reference === null ? "" : bare(new URL(reference, base).href);
  } catch {
    return "";
  }
}
