// @ts-check
/** What the system tells about processes: children, and memory in use. */
import { execFileSync } from "node:child_process";

/** @param {string[]} wanted */
const ps = (...wanted) =>
  execFileSync("ps", wanted, { encoding: "utf8" }).trim().split("\n");

/** @param {number} parent */
export function childrenOf(parent) {
  return ps("-A", "-o", "pid=,ppid=,comm=")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, name]) => Number(ppid) === parent && name !== "ps")
    .map(([pid]) => Number(pid));
}

/** Resident memory, in MB. @param {number} pid */
export const residentMb = (pid) =>
  Number(ps("-o", "rss=", "-p", `${pid}`)[0]) / 1024;
