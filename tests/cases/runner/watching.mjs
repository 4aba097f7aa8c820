// @ts-check
/** Steps that look at what the origins saw. */

import { createHash } from "node:crypto";
import { headerMismatches } from "./expect.mjs";
import { mismatch } from "../../origin/matchers.mjs";
import { insist, originOf, StepProblem, withoutPrefix } from "./run-state.mjs";

/** @typedef {import("./run-state.mjs").Run} Run */
/** @typedef {import("./run-state.mjs").Step} Step */
/** @typedef {import("./run-state.mjs").Mark} Mark */
/** @typedef {import("../../origin/connection.mjs").Call} Call */

/** @param {Run} run @param {string} name @returns {Mark} */
const markOf = (run, name) =>
  run.marks.get(name) ?? { calls: 0, connections: 0 };

/** @param {Run} run */
export function mark(run) {
  for (const [name, { count, connections }] of run.origins) {
    run.marks.set(name, { calls: count, connections });
  }
}

/** @param {Run} run @param {Step} step */
export function calls(run, { calls: wanted }) {
  insist(
    Object.entries(wanted).map(([name, matcher]) =>
      mismatch(
        `calls of ${name}`,
        matcher,
        originOf(run, name).count - markOf(run, name).calls,
      ),
    ),
  );
}

/** @param {Run} run @param {Step} step */
export function connections(run, { connections: wanted }) {
  insist(
    Object.entries(wanted).map(([name, matcher]) => {
      const made =
        originOf(run, name).connections - markOf(run, name).connections;
      return mismatch(`connections of ${name}`, matcher, made);
    }),
  );
}

/** @param {Buffer | null} body */
const digest = (body) =>
  createHash("sha256")
    .update(body ?? "")
    .digest("hex");

/** When the client began to send what became this call. @param {Run} run @param {Call} call */
function sentBefore(run, call) {
  const starts = run.exchanges
    .map(({ sentAt }) => sentAt)
    .filter((at) => at <= call.at);
  return Math.max(...starts);
}

/** @param {Run} run @param {Record<string, any>} wanted @param {Call | null} call */
function seenMismatches(run, wanted, call) {
  const wrong = headerMismatches(wanted.headers ?? {}, call?.headers ?? {});
  for (const [key, value] of [
    ["method", call?.method],
    ["path", call && withoutPrefix(call.target, run.prefix)],
    ["body", call?.body.toString("utf8")],
    ["bodyBytes", call?.body.length],
    ["headMs", call ? Math.round(call.at - sentBefore(run, call)) : null],
  ]) {
    const name = String(key);
    if (name in wanted) wrong.push(mismatch(name, wanted[name], value));
  }
  if ("sameBodyAs" in wanted) {
    const sent = run.exchanges[wanted.sameBodyAs]?.out.body ?? null;
    const equal = call !== null && digest(call.body) === digest(sent);
    wrong.push(
      equal
        ? null
        : `body: ${call?.body.length ?? 0} bytes that aren't those sent`,
    );
  }
  return wrong;
}

/** Without a number every call must be so; no call at all has nothing of anything. @param {Run} run @param {Step} step */
export function seen(run, { seen: wanted }) {
  const all = originOf(run, wanted.origin).calls;
  const chosen =
    wanted.n === undefined ? all : all.slice(wanted.n - 1, wanted.n);
  const judged = chosen.length > 0 ? chosen : [null];
  insist(
    judged.flatMap((call) =>
      seenMismatches(run, wanted, call).map(
        (why) =>
          why && `${wanted.origin} saw ${call ? "" : "no call, so "}${why}`,
      ),
    ),
  );
}

/** @param {Run} run @param {Step} step */
export function gaps(run, { gaps: { origin: name, ms } }) {
  const times = originOf(run, name)
    .calls.slice(markOf(run, name).calls)
    .map(({ at }) => at);
  if (times.length < 2)
    throw new StepProblem("fail", `${name} had ${times.length} calls: no gap`);
  insist(
    times
      .slice(1)
      .map((at, index) =>
        mismatch(`gap ${index + 1}`, ms, Math.round(at - times[index])),
      ),
  );
}

/** @param {Run} run @param {Step} step */
export function exercised(
  run,
  { exercised: { origin: name, behaviour, why } },
) {
  const used = originOf(run, name).calls.some((call) =>
    [call.behaviour, call.fault].includes(behaviour),
  );
  if (!used)
    throw new StepProblem("skip", why ?? `${behaviour} didn't come about`);
}
