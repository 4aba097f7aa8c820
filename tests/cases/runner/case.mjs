// @ts-check
/** One case from its fresh origins to its verdict. */

import { ScriptedOrigin } from "../../origin/server.mjs";
import { DEFAULT_POLICY } from "./neutral.mjs";
import { StepProblem, withoutPrefix } from "./run-state.mjs";
import { runStep } from "./steps.mjs";

/** @typedef {import("./load.mjs").Case} Case */
/** @typedef {import("./target.mjs").Target} Target */
/** @typedef {import("./target.mjs").Session} Session */
/** @typedef {import("./run-state.mjs").Run} Run */
/** @typedef {"pass" | "fail" | "setup" | "skip"} Judged */
/** @typedef {{ result: Judged, why: string, ms: number, run: Run | null, log: string[] }} Outcome */

/** What a request may take beyond the deadline of the case's policy. */
const GRACE_MS = 3000;
/** No case takes longer than this; one that does hangs. */
const CASE_LIMIT_MS = 90_000;

/** @param {Case} kase @param {Target} target */
async function startOrigins(kase, target) {
  const prefix = target.prefixFor(kase);
  /** @param {string} path */
  const pathOf = (path) => withoutPrefix(path, prefix).split("?", 1)[0];
  /** @type {Map<string, ScriptedOrigin>} */
  const started = new Map();
  for (const [name, script] of Object.entries(kase.origins)) {
    const port = target.portOf(name);
    started.set(
      name,
      await ScriptedOrigin.start({ name, script, port, pathOf }),
    );
  }
  return started;
}

/** @param {Case} kase @param {Run} run @returns {Promise<{ result: Judged, why: string }>} */
async function takeSteps({ steps }, run) {
  for (const [index, step] of steps.entries()) {
    try {
      await runStep(run, step);
    } catch (error) {
      if (!(error instanceof StepProblem)) throw error;
      return {
        result: error.verdict,
        why: `step ${index + 1}: ${error.message}`,
      };
    }
  }
  return { result: "pass", why: "" };
}

/** @template T @param {Promise<T>} work @returns {Promise<T>} */
async function inTime(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    const why = new StepProblem(
      "fail",
      `not done within ${CASE_LIMIT_MS / 1000} s`,
    );
    timer = setTimeout(() => reject(why), CASE_LIMIT_MS);
  });
  try {
    return /** @type {T} */ (await Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} error @returns {{ result: Judged, why: string }} */
function troubled(error) {
  if (error instanceof StepProblem)
    return { result: error.verdict, why: error.message };
  return {
    result: "setup",
    why: `the runner: ${error instanceof Error ? error.stack : error}`,
  };
}

/** @param {Target} target @param {Case} kase @param {Map<string, ScriptedOrigin>} origins @returns {Promise<Session>} */
async function openGateway(target, kase, origins) {
  try {
    return await target.open(
      kase,
      (name) => /** @type {ScriptedOrigin} */ (origins.get(name)).url,
    );
  } catch (error) {
    throw new StepProblem("fail", `the gateway did not start: ${error}`);
  }
}

/** What has to be ended after a case; the gateway goes before its origins. */
function endings() {
  /** @type {(() => Promise<unknown>)[]} */
  const ends = [];
  const endAll = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  };
  return {
    later: (/** @type {() => Promise<unknown>} */ end) => ends.push(end),
    endAll,
  };
}

/** @param {Target} target @param {Case} kase @param {{ control: string }} options @returns {Promise<Outcome>} */
export async function runCase(target, kase, { control }) {
  const began = performance.now();
  const { later, endAll } = endings();
  /** @type {{ run: Run | null, log: () => string[] }} */
  let seen = { run: null, log: () => [] };
  /** @type {{ result: Judged, why: string }} */
  let judged;
  try {
    const origins = await startOrigins(kase, target);
    origins.forEach((origin) => later(() => origin.stop()));
    const { gateway, log, close } = await openGateway(target, kase, origins);
    later(close);
    const run = stateFor(kase, gateway, origins, {
      control,
      prefix: target.prefixFor(kase),
    });
    seen = { run, log };
    judged = await inTime(takeSteps(kase, run));
  } catch (error) {
    judged = troubled(error);
  }
  await endAll();
  return {
    ...judged,
    ms: Math.round(performance.now() - began),
    run: seen.run,
    log: seen.log(),
  };
}

/**
 * @param {Case} kase @param {Run["gateway"]} gateway @param {Run["origins"]} origins
 * @param {{ control: string, prefix: string }} options @returns {Run}
 */
function stateFor({ policy }, gateway, origins, options) {
  const limitMs = (policy?.deadlineMs ?? DEFAULT_POLICY.deadlineMs) + GRACE_MS;
  return {
    gateway,
    origins,
    ...options,
    limitMs,
    exchanges: [],
    marks: new Map(),
  };
}
