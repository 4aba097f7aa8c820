// @ts-check
/** What a worker wrote: our lines of JSON, and whatever else came. */
import { until } from "./until.mjs";

/** @typedef {Record<string, any>} Line */

export class WorkerLog {
  /** Every line, as it came. @type {string[]} */
  raw = [];
  #rest = "";

  /** @param {NodeJS.ReadableStream} stream */
  follow(stream) {
    stream.on("data", (bytes) => {
      const lines = (this.#rest + bytes).split("\n");
      this.#rest = lines.pop() ?? "";
      this.raw.push(...lines.filter(Boolean));
    });
  }

  /** Our own lines, parsed. @returns {Line[]} */
  get lines() {
    return this.raw
      .filter((line) => line.startsWith('{"lastgood"'))
      .map((line) => JSON.parse(line));
  }

  /** @param {string} kind @returns {Line[]} */
  of(kind) {
    return this.lines.filter(({ lastgood }) => lastgood === kind);
  }

  /**
   * The first line that fits, as soon as it is there.
   * @param {string} what
   * @param {(line: Line) => unknown} fits
   */
  async waitFor(what, fits) {
    return until(`the log has ${what}; it is:\n${this.raw.join("\n")}`, () =>
      this.lines.find(fits),
    );
  }
}
