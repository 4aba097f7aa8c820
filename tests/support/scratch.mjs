// @ts-check
/**
 * One directory per test process for everything that is written. The local
 * runtime doesn't always remove its own, so it is told to make them in here,
 * and all of it goes when the process does.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const SCRATCH = mkdtempSync(path.join(os.tmpdir(), "lastgood-test-"));
process.env.TMPDIR = SCRATCH;
process.on("exit", () =>
  rmSync(SCRATCH, { recursive: true, force: true, maxRetries: 3 }),
);

let count = 0;

/** A path nobody else uses. @param {string} name */
export const scratchPath = (name) => path.join(SCRATCH, `${name}-${++count}`);
