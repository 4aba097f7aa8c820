// @ts-check
/** What the steps of one case share while it runs. */

/** @typedef {import("../../origin/server.mjs").ScriptedOrigin} ScriptedOrigin */
/** @typedef {import("./client.mjs").Exchange} Exchange */
/** @typedef {Record<string, any>} Step as the schema has it */
/** @typedef {{ port: number, hostname: string, host: string, restart: () => Promise<void> }} Gateway */
/** @typedef {{ calls: number, connections: number }} Mark */
/**
 * @typedef {{ gateway: Gateway, prefix: string, origins: Map<string, ScriptedOrigin>, exchanges: Exchange[],
 *   marks: Map<string, Mark>, control: string, limitMs: number }} Run
 */
/** @typedef {"fail" | "setup" | "skip"} Verdict */

/** Says that a step didn't hold. */
export class StepProblem extends Error {
  /** @param {Verdict} verdict @param {string} why */
  constructor(verdict, why) {
    super(why);
    this.verdict = verdict;
  }
}

/** @param {(string | null)[]} whys */
export function insist(whys) {
  const wrong = whys.filter((why) => why !== null);
  if (wrong.length > 0) throw new StepProblem("fail", wrong.join("; "));
}

/** @param {Run} run @param {string} name */
export function originOf(run, name) {
  const origin = run.origins.get(name);
  if (!origin) throw new Error(`no origin ${name}`);
  return origin;
}

/**
 * A target as the case wrote it, whatever else stands before the part of the
 * paths that the case was given.
 * @param {string} target @param {string} prefix
 */
export function withoutPrefix(target, prefix) {
  const own = prefix.slice(Math.max(0, prefix.lastIndexOf("/")));
  const at = target.indexOf(own);
  return at < 0 ? target : target.slice(at + own.length);
}
