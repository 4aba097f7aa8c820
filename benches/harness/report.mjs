// @ts-check
/** The figures: a table for people, beside what was promised, and JSON for programs. */
import { BUDGETS } from "../../scripts/budgets.mjs";

/** @typedef {import("./healthy.mjs").Row} Row */
/** @typedef {{ rows: Record<string, Row>, peakMb: number[] }} Healthy */
/** @typedef {import("./job.mjs").JobRow} JobRow */
/** @typedef {import("./degraded.mjs").Day} Day */
/** @typedef {import("./cached.mjs").Way} Way */

/**
 * @typedef {object} Figures
 * @property {Healthy} zone
 * @property {Healthy} origin
 * @property {Record<Day, Record<string, JobRow>>} degraded
 * @property {Record<Way, Record<string, JobRow>>} cached
 * @property {import("./answered.mjs").Answered} answered
 * @property {number} rssGrowthMb
 * @property {{ worker: number, browser: number }} gzipped
 * @property {number} startMs
 * @property {number} plainStartMs
 */

const TARGETS = {
  cpuVsPeer: 1.05,
  rpsVsFetch: 0.85,
  jobCpuVsPeer: 1.2,
  answerVsHealthy: 2,
  rssGrowthMb: 32,
  workerGz: BUDGETS.worker,
  browserGz: BUDGETS.browser,
};
/** Ratios are promised for these. */
const PROMISED = ["2k", "100k"];
const COLUMNS = [6, 26, 13, 13, 13, 24];

const JOB_COLUMNS = [9, 6, 20, 13, 13];

/**
 * @param {string[]} cells
 * @param {number[]} [columns]
 */
const line = (cells, columns = COLUMNS) =>
  cells
    .map((cell, i) => cell.padEnd(columns[i]))
    .join("")
    .trimEnd();

export const heading = line([
  "size",
  "CPU µs (fetch·peer·ours)",
  "CPU ÷ peer",
  "rps ÷ fetch",
  "peer's rps",
  "copy, µs (peer·ours)",
]);

/**
 * @param {string} size
 * @param {Row} row
 */
export function rowLine(size, row) {
  const { rpsVsFetch, peerRpsVsFetch, copying } = row;
  return line([
    size,
    micros(row),
    cpuRatio(row),
    rpsVsFetch.toFixed(3),
    peerRpsVsFetch.toFixed(3),
    `${copying.peer.toFixed(0)} · ${copying.ours.toFixed(0)}`,
  ]);
}

export const jobHeading = line(
  ["job", "size", "CPU µs (peer·ours)", "CPU ÷ peer", "rps ÷ peer"],
  JOB_COLUMNS,
);

/**
 * @param {Day | Way} job
 * @param {string} size
 * @param {JobRow} row
 */
export function jobLine(job, size, row) {
  const cells = [micros(row), cpuRatio(row), row.rpsVsPeer.toFixed(3)];
  return line([job, size, ...cells], JOB_COLUMNS);
}

/** @param {import("./answered.mjs").Answered} answered */
export function answerLine({ cpu, cpuVsHealthy, cpuError }) {
  const error = (cpuError * 100).toFixed(0);
  return `\na page of our own: ${cpu.toFixed(0)} µs, ${cpuVsHealthy.toFixed(3)} ±${error}% of a healthy request`;
}

/** @param {Row | JobRow} row */
const micros = ({ workers }) =>
  workers.map(({ cpu }) => cpu.toFixed(0)).join(" · ");

/** @param {Row | JobRow} row */
const cpuRatio = ({ cpuVsPeer, cpuError }) =>
  `${cpuVsPeer.toFixed(3)} ±${(cpuError * 100).toFixed(0)}%`;

/** @param {Figures} figures */
export function summary({ zone, origin, degraded, cached, ...rest }) {
  const { rssGrowthMb, gzipped, startMs, plainStartMs } = rest;
  const ways = { "zone's own origin": zone.rows, "ORIGIN set": origin.rows };
  const ratios = Object.entries(ways).flatMap(([way, rows]) =>
    PROMISED.flatMap((size) => promised(way, size, rows[size])),
  );
  const { worker, browser } = gzipped;
  const start = `${startMs.toFixed(0)} ms (fetch alone ${plainStartMs.toFixed(0)})`;
  return [
    ...ratios,
    ...Object.entries({ ...degraded, ...cached }).flatMap(([job, rows]) =>
      promisedOf(job, rows),
    ),
    told(
      "CPU of a page ÷ healthy",
      rest.answered.cpuVsHealthy,
      TARGETS.answerVsHealthy,
      3,
    ),
    told("1 GB, growth of memory, MB", rssGrowthMb, TARGETS.rssGrowthMb, 0),
    told("worker, gzipped bytes", worker, TARGETS.workerGz, 0),
    told("browser module, gzipped bytes", browser, TARGETS.browserGz, 0),
    `start to first answer  ${start}`,
    `peak memory, MB (fetch · peer · ours)  zone's own ${megabytes(zone)}, ORIGIN ${megabytes(origin)}`,
  ].join("\n");
}

/**
 * @param {string} way
 * @param {string} size
 * @param {Row} row
 */
function promised(way, size, row) {
  const name = `${way}, ${size}`;
  return [
    told(`CPU ÷ peer, ${name}`, row.cpuVsPeer, TARGETS.cpuVsPeer, 3),
    told(`rps ÷ fetch, ${name}`, row.rpsVsFetch, -TARGETS.rpsVsFetch, 3),
  ];
}

/**
 * @param {string} job
 * @param {Record<string, JobRow>} rows
 */
function promisedOf(job, rows) {
  const bound = TARGETS.jobCpuVsPeer;
  return Object.entries(rows).map(([size, { cpuVsPeer }]) =>
    told(`CPU ÷ peer, ${job}, ${size}`, cpuVsPeer, bound, 3),
  );
}

/**
 * A figure beside its target: at most that, or at least that if negative.
 * @param {string} name
 * @param {number} value
 * @param {number} target
 * @param {number} digits
 */
function told(name, value, target, digits) {
  const met = target < 0 ? value >= -target : value <= target;
  const bound = `${target < 0 ? "≥" : "≤"} ${Math.abs(target)}`;
  return `${met ? "met   " : "MISSED"}  ${name}  ${value.toFixed(digits)}  (${bound})`;
}

/** @param {Healthy} healthy */
const megabytes = ({ peakMb }) => peakMb.map((mb) => mb.toFixed(0)).join(" · ");

/** @param {Figures} figures */
export function forPrograms({ zone, origin, degraded, cached, ...rest }) {
  return {
    healthy: ratiosOf(zone.rows),
    healthy_origin: ratiosOf(origin.rows),
    degraded: jobRatiosOf(degraded),
    cached: jobRatiosOf(cached),
    answer: { cpu_vs_healthy: rounded(rest.answered.cpuVsHealthy, 3) },
    stream_1gb: { rss_growth_mb: rounded(rest.rssGrowthMb, 1) },
    size: { worker_gz: rest.gzipped.worker, browser_gz: rest.gzipped.browser },
    start_ms: rounded(rest.startMs, 1),
    detail: {
      zone,
      origin,
      degraded,
      cached,
      plain_start_ms: rounded(rest.plainStartMs, 1),
    },
  };
}

/** @param {Record<string, Row>} rows */
function ratiosOf(rows) {
  return Object.fromEntries(
    Object.entries(rows).map(([size, { cpuVsPeer, rpsVsFetch }]) => [
      size,
      {
        cpu_vs_peer: rounded(cpuVsPeer, 3),
        rps_vs_fetch: rounded(rpsVsFetch, 3),
      },
    ]),
  );
}

/** @param {Record<string, Record<string, JobRow>>} jobs */
function jobRatiosOf(jobs) {
  const ratios = Object.entries(jobs).map(([job, rows]) => [
    job,
    Object.fromEntries(
      Object.entries(rows).map(([size, { cpuVsPeer, rpsVsPeer }]) => [
        size,
        {
          cpu_vs_peer: rounded(cpuVsPeer, 3),
          rps_vs_peer: rounded(rpsVsPeer, 3),
        },
      ]),
    ),
  ]);
  return Object.fromEntries(ratios);
}

/**
 * @param {number} value
 * @param {number} digits
 */
const rounded = (value, digits) => Number(value.toFixed(digits));
