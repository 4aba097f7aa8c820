/**
 * The write queue: writes that outlive the page, and are never sent again once they
 * may have been carried out, unless the origin deduplicates by their `Idempotency-Key`.
 *
 *     import { WriteQueue } from "lastgood/queue";
 *     const queue = new WriteQueue({ routes: [{ path: "/api/*", deduplicates: true }] });
 *     const { sent, queued } = await queue.send("/api/orders", { method: "POST", body });
 */

/** A span of time: milliseconds, or a text such as `"10s"`, `"5m"`, `"24h"`, `"7d"`. */
export type Span = number | string;

export interface RouteOptions {
  /** Exact, or with one `*` for any characters; with a host for another origin. */
  path: string;
  /** POST, PUT, PATCH and DELETE, unless said. */
  methods?: string[];
  /** What it is called in entries, and in the lock; the path, unless said. */
  name?: string;
  /** What its writes are called where users see them. */
  label?: string;
  /**
   * The origin carries out once what it gets twice with one key: `true` if it remembers
   * keys for a day, or how long it does. Without it nothing is sent again by itself that
   * may have been carried out.
   */
  deduplicates?: boolean | Span;
  /** Whether those behind one of unknown fate wait for its user's decision; true unless said. */
  unknownBlocks?: boolean;
  /** Fields that are set on each sending, such as a fresh token. */
  headers?: (entry: Entry) => HeadersInit | Promise<HeadersInit>;
  /** Whether a good answer means that it was carried out; a log-in page does not. */
  isDone?: (response: Response) => boolean | Promise<boolean>;
}

export interface QueueOptions {
  routes: RouteOptions[];
  /** The name of the database and of the locks; `"lastgood-queue"`. */
  database?: string;
  /** Whose writes these are: those of others are neither shown nor sent. */
  user?: string;
  /** What is beyond is refused, and what is stored is kept. */
  limits?: {
    /** 1000 */
    entries?: number;
    /** 50 MiB for all bodies */
    bytes?: number;
    /** 10 MiB for one */
    entryBytes?: number;
    /** Nothing older is sent by itself; 7 days. */
    age?: Span;
  };
  /** The ceiling of the first pause, which doubles, and the last: 1 s and 5 min. */
  backoff?: { base?: Span; cap?: Span };
  /** How long an answer may take; 100 s. */
  timeout?: Span;
}

/**
 * - `waiting`: it was not carried out as far as is known, or the origin deduplicates
 * - `sending`: it is on its way
 * - `unknown`: it may have been carried out; its user decides
 * - `refused`: it was not carried out, and will not be
 */
export type State = "waiting" | "sending" | "unknown" | "refused";

export interface Entry {
  readonly id: number;
  readonly route: string;
  readonly label: string;
  /** Its `Idempotency-Key`, the same in each sending. */
  readonly key: string;
  readonly method: string;
  readonly url: string;
  readonly bytes: number;
  /** In milliseconds. */
  readonly created: number;
  /** When it is sent next, if it waits for that. */
  readonly due: number | undefined;
  readonly state: State;
  /** Why the last sending failed, as `explain` calls it; or `"not-done"`, by the route's `isDone`. */
  readonly cause: string | null;
  /** The last answer's. */
  readonly status: number | null;
  readonly sent: number;
}

/** Why a write could not be stored. */
export type Unprotected = "no-store" | "no-locks" | "no-core" | "disk-full";

export type Outcome =
  /** The origin's answer, good or not; with `unprotected`, it was sent once without being stored. */
  | {
      sent: Response;
      unprotected?: Unprotected;
      queued?: undefined;
      gone?: undefined;
    }
  /** It waits, was refused behind a good answer, or its fate is unknown: see its `state`. */
  | { queued: Entry; sent?: undefined; gone?: undefined }
  /** It was cancelled, or sent by a tab that closed before it told the answer. */
  | { gone: Entry; sent?: undefined; queued?: undefined };

export interface WriteInit extends RequestInit {
  /** What it is called in a list. */
  label?: string;
}

/** Dispatches `change` when an entry was added, changed or removed, in any tab. */
export class WriteQueue extends EventTarget {
  /** @throws {QueueOptionError} */
  constructor(options: QueueOptions);
  /**
   * Sends a write as `fetch` would, stored before its first byte leaves. What no route
   * names is a plain `fetch`. An aborted `signal` takes back what was not sent yet.
   *
   * Rejects with a {@link QueueFullError}: then it was neither stored nor sent.
   */
  send(input: RequestInfo | URL, init?: WriteInit): Promise<Outcome>;
  /** Stores a write and returns; it is sent behind that. Rejects if it can't be stored. */
  add(input: RequestInfo | URL, init?: WriteInit): Promise<Entry>;
  /** `send` for what a service worker was asked. */
  pass(request: Request): Promise<Outcome>;
  /** Whether a route names this. */
  takes(request: Request): boolean;
  /** What waits, in the order in which it came. */
  entries(): Promise<Entry[]>;
  /** Removes a write; `false` if it is being sent just now, or gone. */
  cancel(id: number): Promise<boolean>;
  /** Sends a write now: one of unknown fate because its user says so. */
  sendAgain(id: number): Promise<Entry | undefined>;
  /** Removes everything that is not being sent, as when somebody signs out; how many. */
  clear(): Promise<number>;
  /** Sends what is due; what is left then, and in how many milliseconds the next is due. */
  drain(): Promise<{
    waiting: number;
    unknown: number;
    refused: number;
    rest: number | undefined;
  }>;
  /** Stops listening and waiting; what is stored stays. */
  close(): void;
}

/** The queue is full: the write was neither stored nor sent. */
export class QueueFullError extends Error {
  readonly bound: "entries" | "bytes" | "entryBytes" | "disk";
  readonly limit: number | undefined;
}

/** A choice that cannot be meant, by the name of its field. */
export class QueueOptionError extends TypeError {
  readonly field: string;
  readonly value: unknown;
  readonly remedy: string;
}

/** The tag of Background Sync. */
export const SYNC_TAG: "lastgood-queue";

/**
 * Answers a write in a service worker: with the origin's answer, or with 202 and a small
 * page or JSON, by what was asked for.
 *
 * The page is in English, or in the language of `texts`: a service worker can't load files
 * when it runs, and imports what its site speaks.
 *
 *     import german from "lastgood/queue-languages/de.js";
 *     event.respondWith(queued(queue, event.request, { texts: german }));
 */
export function queued(
  queue: WriteQueue,
  request: Request,
  how?: { texts?: Partial<Texts>; language?: string },
): Promise<Response>;

/** For `event.waitUntil` of a `sync` event; rejects if something has to wait longer. */
export function synced(queue: WriteQueue): Promise<void>;

/**
 * Sends each `<form data-lastgood-queue>` within a route through the queue, and speaks the
 * language of the page, or one that its user reads. Returns what undoes it.
 */
export function enhanceForms(
  queue: WriteQueue,
  how?: { root?: Document | HTMLElement; texts?: Partial<Texts> },
): () => void;

/**
 * `<lastgood-queue>`, the list of what waits, in the language of its place in the page, or
 * in one that its user reads.
 */
export class LastgoodQueueElement extends HTMLElement {
  queue: WriteQueue | undefined;
  /** What is set holds in place of the language's own. */
  get texts(): Texts;
  set texts(texts: Partial<Texts>);
}

declare global {
  interface HTMLElementTagNameMap {
    "lastgood-queue": LastgoodQueueElement;
  }
}

/** What users read; `{what}` stands for a write's label. */
export interface Texts {
  /** The language of the others. */
  tag: string;
  /** `"ltr"` or `"rtl"`. */
  direction: string;
  heading: string;
  waiting: string;
  sending: string;
  unknown: string;
  refused: string;
  tooOld: string;
  cancel: string;
  sendNow: string;
  sendAgain: string;
  wentThrough: string;
  remove: string;
  wasAdded: string;
  wasSent: string;
  wasRemoved: string;
  isUnknown: string;
  wasRefused: string;
  isBeingSent: string;
  formSending: string;
  formSent: string;
  formQueued: string;
  formUnknown: string;
  formRefused: string;
  formFull: string;
  formFailed: string;
  pageBack: string;
}
