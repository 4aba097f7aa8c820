/**
 * lastgood in a page: `fetch` that knows what a failing gateway means.
 *
 * ```js
 * import { lastgoodFetch } from "lastgood";
 * const response = await lastgoodFetch("/api/orders");
 * ```
 *
 * @packageDocumentation
 */

/** A time: milliseconds, or a text such as `"250ms"`, `"10s"`, `"5m"`, `"24h"`, `"7d"`. */
export type Duration = number | string;

/** What counts as a failure: statuses from 400 on, ranges such as `"502-504"`, and kinds. */
export type FailureList = (number | string | "network" | "timeout")[];

/** Why there is no good answer. Each is described in the documentation of causes. */
export type Cause =
  | "bad-gateway"
  | "connection-refused"
  | "connection-timeout"
  | "disguised"
  | "dns"
  | "gateway-timeout"
  | "invalid-response"
  | "listed"
  | "loop"
  | "maintenance"
  | "network"
  | "offline"
  | "rate-limited"
  | "server-error"
  | "timeout"
  | "tls"
  | "truncated"
  | "unavailable"
  | "unreachable";

/** How far a failed request may have come. */
export type Phase = "nothing-sent" | "maybe-processed" | "processed";

/** What can be chosen for a single request, or for a route. */
export interface Attempts {
  /** Attempts in all, from 1 to 10. Default: 3. */
  attempts?: number;
  /** How long one attempt may take until its headers. Default: `"10s"`. */
  attemptTimeout?: Duration;
  /** How long a safe request may take until its headers, all attempts and waits together. Default: `"30s"`. */
  deadline?: Duration;
  /** The same for requests that change something. Default: `"100s"`. */
  unsafeDeadline?: Duration;
  /** The ceiling of the first wait, which doubles, and of all; the wait itself is drawn below it. Default: `"300ms"`, `"3s"`. */
  backoff?: { base?: Duration; cap?: Duration };
  /** Failures after which a request is repeated; 429 only where `Retry-After` says when. Default: network, time-out, 429, 502–504, 520–527, 530. */
  retryOn?: FailureList;
  /** Whether requests that change something are repeated without an `Idempotency-Key`. Default: false. */
  retryUnsafe?: boolean;
  /** Whether `Retry-After` is obeyed where it fits the deadline; it never shortens a pause. Default: true. */
  retryAfter?: boolean;
  /** A response with this header is never repeated. */
  retryStopHeader?: string;
  /** A response with this header is a failure, whatever its status. */
  retryHeader?: string;
  /** The header that tells the server the number of each attempt. Without it, servers of the own site are told from the second one on, in `lastgood-attempt`. */
  attemptHeader?: string;
  /** A second attempt beside a slow first one. Default: false. */
  hedge?: boolean | { after: Duration } | { percentile: number };
  /** Whether small pages are looked at before their headers are told, since some gateways send their error pages as 200. Default: true. */
  disguised?: boolean;
  /** The bodies of HTML and JSON answers up to this size are held until they are complete, so that one that breaks off is mended by another attempt, or an error. Default: `"64KiB"`; `"off"` for none. */
  rescue?: "off" | "auto" | (string & {});
}

interface OfRequest {
  method: string;
  url: string;
}

/** A new attempt begins. */
export interface AttemptBegins extends OfRequest {
  type: "attempt";
  /** Its number, from 1. */
  attempt: number;
}

/** The next attempt begins after a pause; why, is what the last one came to. */
export interface AttemptWaits extends OfRequest, Partial<Failure> {
  type: "wait";
  /** Milliseconds until the next attempt. */
  delay: number;
}

/** A lastgood on the way had nothing but a copy. */
export interface CopyShown extends OfRequest {
  type: "copy";
  /** In seconds; null if nobody knows. */
  age: number | null;
}

/** It failed for good. */
export interface GaveUp extends OfRequest, Failure {
  type: "gaveup";
}

/** What happens to a request while it lasts. */
export type Progress = AttemptBegins | AttemptWaits | CopyShown | GaveUp;

/** Where progress is told of all requests. */
export interface ProgressEvents extends EventTarget {
  addEventListener<Type extends Progress["type"]>(
    type: Type,
    listener: (event: CustomEvent<Extract<Progress, { type: Type }>>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends Progress["type"]>(
    type: Type,
    listener: (event: CustomEvent<Extract<Progress, { type: Type }>>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The third parameter of {@link lastgoodFetch}. */
export interface RequestPolicy extends Attempts {
  /** Is told what happens. */
  progress?: (event: Progress) => void;
  /** Whether a failing response is thrown, as a {@link LastgoodError}, in place of being returned. Default: false, as in `fetch`. */
  throws?: boolean;
  /** Whether equal GET requests under an equal policy at the same time become one. `progress`, `throws` and the signal stay each caller's own. It is given up when none of them is wanted any more. Default: false. */
  coalesce?: boolean;
}

/** What holds for all requests: {@link configure}. */
export interface Policy extends Attempts {
  /** How much may be repeated: per cent of the requests of the last `window`, `most` while repetitions succeed, and so many by all means. */
  budget?: {
    percent?: number;
    most?: number;
    floor?: number;
    window?: Duration;
  };
  /** When a server is known to be down, and asked by a few requests only. */
  breaker?:
    boolean | { failures?: number; span?: Duration; probeEvery?: Duration };
  /** What differs by path; the first one that matches holds. One `*` stands for anything. */
  routes?: (Attempts & { path: string })[];
}

/**
 * A drop-in for `fetch`, which repeats what may be repeated.
 *
 * Resolves with a `Response`, also where that is a failing one at last.
 * Where there is none, or none that could be used (an error page in disguise), rejects with
 * a {@link LastgoodError}; if it is aborted, with the signal's reason.
 *
 * A body that is held (`rescue`) may still break off. What can be mended is mended while it
 * is read; else whatever reads it (`json()`, `text()`, `body`) rejects with a
 * {@link LastgoodError}.
 *
 * A request whose body is a stream is sent once, and so is a `Request` whose body is longer
 * than 64 KiB or not there within 50 ms: it does not tell whether that is a stream.
 */
export function lastgoodFetch(
  input: RequestInfo | URL,
  init?: RequestInit,
  policy?: RequestPolicy,
): Promise<Response>;

/** Why a request failed for good. */
export class LastgoodError extends TypeError {
  readonly name: "LastgoodError";
  readonly cause: Cause;
  readonly phase: Phase;
  /** Whether the same request may be sent again and fare better. */
  readonly retryable: boolean;
  /** For how many milliseconds the server wants to be left alone. */
  readonly retryAfter?: number;
  /** The id under which those who run the site find it. */
  readonly requestId?: string;
  /** How many attempts there were; 0 if the server is known to be down. */
  readonly attempts: number;
  /** The response that was of no use, if there was one. */
  readonly response?: Response;
  /** What the browser threw, if it did. */
  readonly error?: unknown;
}

/** A failure, as the core tells it. */
export interface Failure {
  cause: Cause;
  phase: Phase;
  retryable: boolean;
  retryAfter?: number | null;
  requestId?: string | null;
  status?: number | null;
  attempts: number;
}

/** What a response, or its lack, means. */
export interface Explanation {
  verdict: "good" | "retryable" | "final";
  cause: Cause | null;
  phase: Phase | null;
  retryable: boolean;
  /** Milliseconds. */
  retryAfter: number | null;
  requestId: string | null;
  /** What operators know it by: `"iis-502.3"`, `"cloudflare-1016"`. */
  number: string | null;
  /** What can be said about it, if it is no good one. */
  advice?: Advice;
}

/** What can be said about a cause. */
export interface Advice {
  /** Of `title` and `text`. */
  language: string;
  /** For a visitor. */
  title: string;
  text: string;
  /** For those who run the site, in English: what it means, then what to check. */
  administrators: string[];
}

/**
 * Verdict, cause and advice for a response, or for what a request was rejected with. The
 * response's body can still be read.
 */
export function explain(
  seen: unknown,
  options?: { method?: string; language?: string },
): Promise<Explanation>;

/** What can be said about a cause, in a language or the visitor's own. */
export function adviceFor(
  cause: Cause,
  options?: { language?: string; number?: string | null },
): Promise<Advice>;

/**
 * Takes what holds for all requests from now on. Rejects with a `TypeError` that names
 * each wrong field with the remedy; then nothing is changed.
 */
export function configure(policy: Policy): Promise<void>;

/** Tells `attempt`, `wait`, `copy` and `gaveup` of all requests: `detail` is a {@link Progress}. */
export const events: ProgressEvents;

/** Resolves once the core is there; it comes by itself with the first request. */
export function ready(): Promise<unknown>;
