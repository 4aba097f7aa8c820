// @ts-check
/**
 * What the tabs of a site and its service worker tell each other: that the queue
 * changed, and the answer to a write that one of them sent for another.
 */

/**
 * @typedef {{ status: number, statusText: string, headers: [string, string][],
 *   url: string, redirected: boolean, body: ArrayBuffer | null }} Packed
 * @typedef {{ kind: "changed" } | { kind: "answered", owner: string, id: number, answer: Packed }} Message
 */

/** Statuses that have no body (Fetch, 2.2.3). */
const EMPTY = [101, 204, 205, 304];

/** @param {Response} response @returns {Promise<Packed>} */
export async function packed(response) {
  const { status, statusText, headers, url, redirected } = response;
  const body = await response.arrayBuffer().catch(() => null);
  return {
    ...{ status, statusText, url, redirected, headers: [...headers] },
    body: EMPTY.includes(status) ? null : body,
  };
}

/** @param {Packed} packed */
export function unpacked({ body, url, redirected, ...init }) {
  const response = new Response(body, init);
  Object.defineProperty(response, "url", { value: url });
  Object.defineProperty(response, "redirected", { value: redirected });
  return response;
}
