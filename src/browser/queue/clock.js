// @ts-check
/**
 * When the queue is looked at: when a pause is over, in one tab of all; when the
 * network is back or a tab is shown, in that tab; and by Background Sync, where
 * there is one, even if no tab is open.
 */

export const SYNC_TAG = "lastgood-queue";

/** A tab that leads may be asleep; others look after it later, by as much as it had to wait, within these. */
const FOLLOWS_MS = { least: 1000, most: 30_000 };
/** Timers forget what is far away. */
const LONGEST_MS = 3_600_000;

export class Clock {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #leads = false;
  /** @type {AbortController | undefined} */
  #candidacy;
  #letGo = () => {};
  #hasSync = false;

  /**
   * @param {string} lock
   * @param {() => void} wake
   */
  constructor(lock, wake) {
    this.lock = lock;
    this.wake = wake;
  }

  /** Looks again after so long; if nothing waits, not at all. @param {number | undefined} rest */
  plan(rest) {
    clearTimeout(this.#timer);
    if (rest === undefined) return this.#resign();
    void this.#sync();
    // A service worker is woken, and does not wait.
    if (isServiceWorker) return;
    this.#stand();
    const { least, most } = FOLLOWS_MS;
    const more = this.#leads ? 0 : Math.min(most, Math.max(least, rest));
    const due = Math.min(rest + more, LONGEST_MS);
    this.#timer = setTimeout(() => this.wake(), due);
  }

  /** Another tab changed something. */
  changed() {
    if (this.#leads || !this.#timer) this.wake();
  }

  #stand() {
    if (this.#candidacy) return;
    const { signal } = (this.#candidacy = new AbortController());
    const lead = () => {
      if (signal.aborted) return;
      this.#leads = true;
      this.wake();
      return new Promise((resolve) => {
        this.#letGo = () => resolve(undefined);
      });
    };
    navigator.locks.request(this.lock, { signal }, lead).catch(() => {});
  }

  /** A tab that holds a lock, or waits for one, cannot be kept for going back to. */
  #resign() {
    this.#timer = undefined;
    this.#leads = this.#hasSync = false;
    this.#candidacy?.abort();
    this.#candidacy = undefined;
    this.#letGo();
  }

  async #sync() {
    if (this.#hasSync) return;
    this.#hasSync = true;
    try {
      const own = /** @type {any} */ (globalThis).registration;
      const registration =
        own ?? (await navigator.serviceWorker?.getRegistration());
      await registration?.sync?.register(SYNC_TAG);
    } catch {
      // It is not allowed, or there is none: the timer does it.
    }
  }
}

export const isServiceWorker = "ServiceWorkerGlobalScope" in globalThis;
