// @ts-check
/** The figures: tables for people, verdicts at the end, JSON for programs. */
import { TARGETS, holds, shownAs } from "./targets.mjs";
import { SEEN } from "./seen.mjs";

/** @typedef {import("./plan.mjs").Kind} Kind */
/** @typedef {import("./figures.mjs").Figures} Figures */
/** @typedef {import("./targets.mjs").Target} Target */
/** @typedef {import("./targets.mjs").Bound} Bound */
/** @typedef {{ gateway: string, kind: Kind, figures: Figures }} Result */

const PHASE_COLUMNS = [10, 10, 8, 8, 8, 7, 10, 9, 9, 9, 14];
const REASONS_SHOWN = 4;
const LATE_MS = 25;

/** @param {(string | number)[]} cells */
const line = (cells) =>
  cells
    .map((cell, i) =>
      i === 0
        ? String(cell).padEnd(PHASE_COLUMNS[i])
        : String(cell).padStart(PHASE_COLUMNS[i]),
    )
    .join("");

const HEADING = line([
  "",
  "requests",
  ...SEEN.map((seen) => (seen === "timeout" ? "time-out" : seen)),
  "p50, ms",
  "p99, ms",
  "max, ms",
  "calls/request",
]);

/** @param {Result} result */
export function resultOf({ gateway, kind, figures }) {
  return [
    `\n${gateway} · ${kind}`,
    HEADING,
    ...figures.phases.map(phaseLine),
    ...TARGETS.filter(({ kinds }) => kinds.includes(kind)).map((target) =>
      figureLine(target, figures),
    ),
    ...details(kind, figures),
  ].join("\n");
}

/** @param {Figures["phases"][number]} row */
const phaseLine = ({
  phase,
  requests,
  seen,
  p50,
  p99,
  most,
  callsPerRequest,
}) =>
  line([
    phase,
    requests,
    ...seen,
    ...[p50, p99, most].map((ms) => ms.toFixed(0)),
    callsPerRequest.toFixed(3),
  ]);

/** @param {Target} target @param {Figures} figures */
const figureLine = (target, figures) =>
  `  ${target.name.padEnd(38)}${shownAs(target, target.value(figures)).padEnd(13)}${aim(target, target.wanted)}`;

/** @param {Target} target @param {Bound} bound */
function aim(target, bound) {
  const wanted =
    "least" in bound
      ? `≥ ${shownAs(target, bound.least)}`
      : `≤ ${shownAs(target, bound.most)}`;
  const best = target.best === undefined ? "–" : shownAs(target, target.best);
  return `wanted ${wanted.padEnd(11)} best today ${best}`;
}

/** @param {Kind} kind @param {Figures} figures */
function details(kind, figures) {
  const { unansweredWhy, rush, left, orders, noStoreStale, p99Gets, late } =
    figures;
  const { ratio, origin, visitors } = left;
  const running = `open at the origin: ${left.mostAtOrigin} at most, visitors waiting ${left.mostVisitors}; worst ${ratio.toFixed(1)} (${origin} for ${visitors}); 1 s after the outage's last visitor ${left.afterOutage}, after the last of all ${left.atEnd}`;
  return [
    ...(kind === "hang"
      ? [`p99 of GETs ${p99Gets.toFixed(0)} ms`, running]
      : []),
    `peak at the origin: good ${rush.good}, after the outage ${rush.after} (by the arrivals alone ${rush.arrivalsAlone.toFixed(2)})`,
    `POSTs: ${counts(orders)}`,
    ...(figures.unanswered ? [`unanswered: ${counts(unansweredWhy)}`] : []),
    ...(late > LATE_MS
      ? [
          `the machine was too busy: 1 % of requests were sent ${late.toFixed(0)} ms late or more`,
        ]
      : []),
    ...(noStoreStale ? [`old answers to no-store: ${noStoreStale}`] : []),
  ].map((detail) => `  ${detail}`);
}

/** @param {Record<string, number>} tallied */
function counts(tallied) {
  const sorted = Object.entries(tallied).sort(([, a], [, b]) => b - a);
  const some = sorted
    .slice(0, REASONS_SHOWN)
    .map(([why, n]) => `${n} × ${why}`);
  const rest = sorted.length - some.length;
  return some.join(", ") + (rest > 0 ? `, ${rest} more` : "");
}

/** @typedef {{ gateway: string, target: Target, bound: Bound, values: { kind: Kind, value: number }[], met: boolean }} Verdict */

/**
 * One verdict per gateway and figure, over all kinds where it counts.
 * @param {Result[]} results
 * @param {(target: Target) => Bound | undefined} boundOf
 * @returns {Verdict[]}
 */
export function verdicts(results, boundOf) {
  const gateways = [...new Set(results.map(({ gateway }) => gateway))];
  return gateways.flatMap((gateway) =>
    TARGETS.flatMap((target) => {
      const bound = boundOf(target);
      const values = results
        .filter((result) => result.gateway === gateway)
        .filter(({ kind }) => target.kinds.includes(kind))
        .map(({ kind, figures }) => ({ kind, value: target.value(figures) }))
        .filter(({ value }) => !Number.isNaN(value));
      if (!bound || values.length === 0) return [];
      const counted = values.filter(
        ({ kind }) => !target.later?.includes(kind),
      );
      const judged = counted.length > 0 ? counted : values;
      const met = judged.every(({ value }) => holds(bound, value));
      return [{ gateway, target, bound, values, met }];
    }),
  );
}

/** @param {Verdict[]} all */
export const verdictLines = (all) => all.map(verdictLine).join("\n");

/** @param {Verdict} verdict */
function verdictLine({ gateway, target, bound, values, met }) {
  const missed = values.filter(({ value }) => !holds(bound, value));
  const told = (missed.length > 0 ? missed : [worst(bound, values)]).map(
    ({ kind, value }) =>
      `${kind} ${shownAs(target, value)}${target.later?.includes(kind) ? " (later)" : ""}`,
  );
  return `${met ? "met   " : "missed"}  ${`${gateway}:`.padEnd(18)} ${target.name.padEnd(38)}${aim(target, bound)}   ${told.join(", ")}`;
}

/** @param {Bound} bound @param {Verdict["values"]} values */
function worst(bound, values) {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  return "least" in bound ? sorted[0] : sorted[sorted.length - 1];
}

/** @param {Result[]} results @param {Verdict[]} judged */
export function forPrograms(results, judged) {
  const told = judged.map(({ gateway, target, bound, values, met }) => {
    const { name, best } = target;
    return { gateway, figure: name, ...bound, best, values, met };
  });
  const figures = { seen: SEEN, results, verdicts: told };
  return `${JSON.stringify(figures, unending, 1)}\n`;
}

/** JSON has no infinity. @param {string} _ @param {unknown} value */
const unending = (_, value) => (value === Infinity ? "never" : value);
