// @ts-check
/**
 * Node's `test` with an end: what waits for an event that never comes is a
 * failure with a name, and not a run that hangs.
 */
import { test as nodeTest } from "node:test";

const LONGEST_MS = 60_000;

/** @typedef {import("node:test").TestContext} TestContext */

/**
 * - `todo`: the fault that keeps a test from passing; it runs all the same
 * - `timeout`: its end, where that is later than usual
 * @typedef {{ todo?: string, timeout?: number }} TestOptions
 */

/**
 * @param {string} name
 * @param {TestOptions | ((t: TestContext) => Promise<void>)} options
 * @param {(t: TestContext) => Promise<void>} [run]
 */
export function test(name, options, run) {
  if (typeof options === "function") return test(name, {}, options);
  void nodeTest(name, { timeout: LONGEST_MS, ...options }, run);
}
