// @ts-check
/**
 * What tabs tell each other: what came of asking, to those who show the same page; what
 * was seen of an origin, to all of it.
 *
 * Pages of an answer (`retry.js`) ask as well, and talk on the first of these channels:
 * on that nothing is said but `good` and `wait`, with more for those who know it.
 */

/**
 * What came of asking. `wait` is in seconds; without `state`, a page of an answer asked.
 * @typedef {{ good: boolean, wait: number, state?: State, age?: number | null,
 *   since?: number, inVain?: number, news?: number[] }} Result
 */
/** @typedef {import("../status").State} State */

/** @typedef {{ hello?: string, about?: string, told?: Result, news?: number[] }} Said */

export class Talk {
  #results;
  #origin;

  /**
   * @param {string} url
   * @param {{ result: (result: Result) => void, said: (said: Said) => void }} ears
   */
  constructor(url, { result, said }) {
    this.#results = new BroadcastChannel(nameOf(url));
    this.#origin = new BroadcastChannel(nameOf(new URL(url).origin));
    this.#results.onmessage = ({ data }) => {
      if (typeof data?.good === "boolean") result(data);
    };
    this.#origin.onmessage = ({ data }) => {
      if (data) said(data);
    };
  }

  /** @param {Result} result */
  result(result) {
    this.#results.postMessage(result);
  }

  /** @param {Said} said */
  say(said) {
    this.#origin.postMessage(said);
  }

  close() {
    this.#results.close();
    this.#origin.close();
  }
}

/**
 * The name of a page's channel, and of the turn to ask for it: that of `retry.js`.
 * @param {string} url
 */
export const nameOf = (url) => `lastgood ${url}`;
