/**
 * How a site is doing, told to its pages: by events, and by an element that shows it.
 *
 * ```js
 * import { watch } from "lastgood/status";
 * const site = watch();
 * site.addEventListener("change", ({ detail }) => console.log(detail.state));
 * site.addEventListener("back", () => location.reload());
 * ```
 *
 * ```html
 * <script type="module" src="/lastgood/status.js"></script>
 * <lastgood-status></lastgood-status>
 * ```
 *
 * While something is wrong, one tab of the browser asks, for all that watch the same URL.
 * While all is well, or the device is offline, nobody does.
 *
 * @packageDocumentation
 */

/**
 * - `well`: nothing is known to be wrong
 * - `offline`: the device has no connection
 * - `failing`: there is no good answer
 * - `degraded`: there is none, and copies are shown instead
 */
export type State = "well" | "offline" | "failing" | "degraded";

export interface WatchOptions {
  /**
   * What is asked whether it answers, by a `HEAD`. Default: the page's own URL. All tabs
   * that watch the same one ask together.
   */
  url?: string | URL;
}

/** What became of the site. */
export interface Change {
  state: State;
  /** What it was before. */
  before: State;
  /** Since when, in milliseconds since 1970. */
  since: number;
  /** Of the copy that is shown, in seconds, if anybody knows. */
  age?: number;
}

export interface WatchEvents {
  /** The state is another one. */
  change: CustomEvent<Change>;
  /** All is well again; comes after the `change`. */
  back: CustomEvent<Change>;
  /** Some tab asked, and it is known what came of it. */
  asked: Event;
  /** It was paused, or goes on. */
  pause: Event;
}

/** A site that is watched. */
export interface Watch extends EventTarget {
  readonly url: string;
  readonly state: State;
  /** Since when it is so, in milliseconds since 1970. */
  readonly since: number;
  /** Of the copy that is shown, in seconds, while it is `degraded` and if anybody knows. */
  readonly age: number | undefined;
  /** Whether this tab asks nothing by itself. */
  readonly paused: boolean;
  /** From now on this tab asks nothing by itself; what others find out it still tells. */
  pause(): void;
  resume(): void;
  /** Asks now, and resolves with how the site is doing. */
  tryNow(): Promise<State>;
  /**
   * Takes notice of a reply that was not got by `lastgoodFetch`, which tells by itself.
   * Resolves with how the site is doing by that; if that is not `well`, somebody asks.
   */
  heed(reply: Response): Promise<State>;
  /** Ends it. */
  close(): void;
  addEventListener<K extends keyof WatchEvents>(
    type: K,
    listener: (event: WatchEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WatchEvents>(
    type: K,
    listener: (event: WatchEvents[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/**
 * Watches how a site is doing. What it learns from: requests of `lastgoodFetch` that fail
 * for good or bring copies, the way in which the page itself came, the service worker,
 * the device, and the other tabs.
 */
export function watch(options?: WatchOptions): Watch;

/** What the element says, each in place of what stands in the visitor's language. */
export interface Texts {
  /** How old the copy is, with `{age}` in it. */
  saved?: string;
  /** While it is `failing` or `degraded`. */
  why?: string;
  /** While it is `offline`. */
  offline?: string;
  /** When all is well again. */
  up?: string;
  /** While somebody tries who pressed the button, and when that was in vain. */
  trying?: string;
  down?: string;
  /** While it is paused. */
  paused?: string;
  /** On its buttons. */
  again?: string;
  pause?: string;
  resume?: string;
  hide?: string;
  /** Ages, with `{n}` in them. */
  seconds?: string;
  minutes?: string;
  hours?: string;
  days?: string;
}

/**
 * `<lastgood-status>`: a line at the bottom of the window while something is wrong, and
 * for some seconds after. Defined by importing this module.
 *
 * Attributes: `url` as in {@link WatchOptions}; `lang`, where it is not to be the
 * visitor's own language; and each of {@link Texts} as `data-…`. What has `slot="back"`
 * is shown when all is well again, such as a link that loads the page anew. Its parts
 * `banner`, `text` and `button` can be styled.
 */
export class LastgoodStatus extends HTMLElement {
  /** What is said in place of what stands in the visitor's language. */
  texts: Texts;
  /** What it shows, while it is in a page. */
  readonly watch: Watch | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "lastgood-status": LastgoodStatus;
  }
}
