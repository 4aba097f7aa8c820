// @ts-check
/** What each client is to the page that asks through it. */

/**
 * What a client answers: a Response, or as much of one as it has.
 * @typedef {{ status: number, type: string, text: () => Promise<string>,
 *   body: ReadableStream<Uint8Array> | null }} Answer
 */
/**
 * - `install`: what must have happened before the first request
 * - `warm`: what the first request would do otherwise
 * - `configure`: what holds for all requests; lastgood's alone
 * - `send`: asks once, with all that the client does about failures; `policy`
 *   is for lastgood alone, the others go by their defaults
 * @typedef {{ install?: () => Promise<void>, warm?: () => Promise<unknown>,
 *   configure?: (configuration: object) => Promise<void>,
 *   send: (input: string | Request, init: RequestInit, policy?: object) => Promise<Answer> }} Client
 */

/** The client has no words for this request. */
export class NotOffered extends Error {
  name = "NotOffered";
}
