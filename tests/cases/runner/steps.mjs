// @ts-check
/** The steps of a case by their kind. */

import { ask, request } from "./asking.mjs";
import { mismatch } from "../../origin/matchers.mjs";
import { insist, originOf, StepProblem } from "./run-state.mjs";
import {
  calls,
  connections,
  exercised,
  gaps,
  mark,
  seen,
} from "./watching.mjs";

/** @typedef {import("./run-state.mjs").Run} Run */
/** @typedef {import("./run-state.mjs").Step} Step */

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Run} run @param {Step} step */
async function origin(run, { origin: scripts }) {
  const changes = Object.entries(scripts).map(([name, script]) =>
    originOf(run, name).setScript(script),
  );
  await Promise.all(changes);
}

/** @param {Step} step @param {number} k */
function startOf({ atMs = 0, staggerMs = 0 }, k) {
  return Array.isArray(atMs) ? (atMs[k] ?? atMs.at(-1)) : atMs + k * staggerMs;
}

/** @param {Run} run @param {Step} step */
async function parallel(run, step) {
  const { times = 1, ms } = step;
  const began = performance.now();
  /** @type {Step[]} */
  const children = Array.from({ length: times }, () => step.parallel).flat();
  const results = await Promise.all(
    children.map((child, k) => delayed(run, child, startOf(step, k))),
  );
  const problems = results.filter((problem) => problem !== null);
  const held = children.length - problems.length;
  if (held < (step.atLeast ?? children.length)) {
    const [first] = problems;
    throw new StepProblem(
      first.verdict,
      `${held} of ${children.length} held: ${first.message}`,
    );
  }
  if (ms !== undefined)
    insist([
      mismatch(
        "milliseconds for all",
        ms,
        Math.round(performance.now() - began),
      ),
    ]);
}

/** @param {Run} run @param {Step} child @param {number} startMs @returns {Promise<StepProblem | null>} */
async function delayed(run, child, startMs) {
  const at = startMs + ("parallel" in child ? 0 : (child.atMs ?? 0));
  if (at > 0) await sleep(at);
  try {
    await runStep(run, child);
    return null;
  } catch (error) {
    if (error instanceof StepProblem) return error;
    throw error;
  }
}

/** @type {Record<string, (run: Run, step: Step) => unknown>} */
const KINDS = {
  get: (run, step) => ask(run, step, "GET", step.get),
  request,
  wait: (_, step) => sleep(step.wait),
  origin,
  parallel,
  mark,
  calls,
  connections,
  seen,
  gaps,
  exercised,
  restart: ({ gateway }) => gateway.restart(),
};

/** The kinds of steps there are. */
export const STEP_KINDS = Object.keys(KINDS);

/** @param {Step} step */
const kindOf = (step) => STEP_KINDS.find((kind) => kind in step);

/** Takes one step; throws a StepProblem when it doesn't hold. @param {Run} run @param {Step} step */
export async function runStep(run, step) {
  const kind = kindOf(step);
  if (!kind) throw new Error(`unknown step ${JSON.stringify(step)}`);
  try {
    await KINDS[kind](run, step);
  } catch (error) {
    if (
      !(error instanceof StepProblem) ||
      !step.setup ||
      error.verdict !== "fail"
    )
      throw error;
    throw new StepProblem("setup", error.message);
  }
}
