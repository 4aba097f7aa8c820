// @ts-check
/** Whether a program that was started is there for visitors. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { until } from "../../tests/support/until.mjs";
import { BenchError } from "../harness/children.mjs";

const PATIENCE_MS = 20_000;

/** @param {string} program @param {string} flag that makes it say something and end */
export const installed = (program, flag) => !spawnSync(program, [flag]).error;

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/**
 * @param {import("../harness/children.mjs").ChildProcess} child
 * @param {string} name
 * @param {number} port
 * @param {string} log file with what it said
 */
export function listening(child, name, port, log) {
  const there = () => {
    if (child.exitCode !== null)
      throw new BenchError(`${name} ended: ${readFileSync(log, "utf8")}`);
    return accepts(port);
  };
  return until(`${name} listens`, there, PATIENCE_MS);
}
