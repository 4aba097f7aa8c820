// @ts-check
/** Whose turn it is to ask: one tab of a browser at a time. */

/** Who gets the turn later than this had somebody before. */
const AT_ONCE_MS = 50;

/**
 * A place in the queue of those who would ask. A tab that closes gives it up; the next
 * one has it then.
 */
export class Turn {
  /** Whether it is this tab's. */
  has = false;
  #name;
  #came;
  /** @type {(() => void) | undefined} */
  #leave;

  /**
   * @param {string} name
   * @param {(inherited: boolean) => void} came is told when it came, and whether from
   *   somebody else
   */
  constructor(name, came) {
    this.#name = name;
    this.#came = came;
  }

  /** Queues up, unless that is done already. */
  take() {
    if (this.#leave) return;
    const since = performance.now();
    const queued = new AbortController();
    const { promise, resolve } = ending();
    this.#leave = () => {
      queued.abort();
      resolve();
    };
    const begin = () => {
      if (queued.signal.aborted) return;
      this.has = true;
      this.#came(performance.now() - since > AT_ONCE_MS);
      return promise;
    };
    const { locks } = navigator;
    if (!locks) return void begin();
    const { signal } = queued;
    locks.request(this.#name, { signal }, begin).catch(() => {});
  }

  /** Leaves the queue, or lets the next one have it. */
  leave() {
    this.has = false;
    this.#leave?.();
    this.#leave = undefined;
  }

  /**
   * Does something if it is nobody's turn, and tells whether it did.
   * @param {() => Promise<unknown>} act
   */
  async once(act) {
    const { locks } = navigator;
    if (!locks) return act().then(() => true);
    return locks.request(this.#name, { ifAvailable: true }, async (lock) => {
      if (lock) await act();
      return Boolean(lock);
    });
  }
}

function ending() {
  let resolve = () => {};
  const promise = new Promise((end) => (resolve = () => end(undefined)));
  return { promise, resolve };
}
