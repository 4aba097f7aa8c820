// @ts-check
/** The processes of a replay that are told something and answer once. */
import { fileURLToPath } from "node:url";
import { BenchError, start, stop } from "../harness/children.mjs";

/** @param {"origin.mjs" | "visitors.mjs"} file */
export function startPart(file) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = start(
    process.execPath,
    [path],
    ["ignore", "inherit", "inherit", "ipc"],
  );
  return {
    /** @param {object} message @returns {Promise<any>} the answer */
    tell: (message) => answerOf(child, file, message),
    stop: () => stop(child),
  };
}

/**
 * @param {import("../harness/children.mjs").ChildProcess} child
 * @param {string} name
 * @param {object} message
 */
function answerOf(child, name, message) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new BenchError(`${name} ended too early`));
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.off("exit", ended);
      resolve(answer);
    });
    child.send(message);
  });
}
