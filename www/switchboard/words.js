// @ts-check
/**
 * Facts into words: what a request came to and why, out of what origin,
 * worker and visitor reported. Nothing is judged here; verdicts come from the
 * worker's log and from the browser module.
 */

/** @typedef {import("../../scripts/start/timeline.mjs").Row} Row */
/** @typedef {import("../../scripts/start/worker.mjs").Trailed} Trailed */
/** @typedef {import("../../examples/demo/origin.mjs").Attempt} Attempt */

/** @typedef {"waiting" | "origin" | "copy" | "answer" | "error" | "broken"} Kind */

/**
 * @typedef {object} Outcome
 * @property {Kind} kind
 * @property {string} label what the visitor got, in two or three words
 * @property {number} [status]
 * @property {number} [ms]
 */

const UNREACHED = "could not be reached";
const TIMES = ["never", "once", "twice", "three times", "four times"];

/** @param {number} n */
const times = (n) => TIMES[n] ?? `${n} times`;

/** @param {number} seconds */
export function ageWords(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** @param {number} ms */
export const msWords = (ms) =>
  ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;

/** @param {number} at */
export const clock = (at) => new Date(at).toTimeString().slice(0, 8);

/**
 * @param {Row} row
 * @param {string} name
 */
export const header = (row, name) =>
  row.reply?.headers.find(([one]) => one === name)?.[1];

/**
 * Where the reply came from: by the log line, else by the reply's own label.
 * @param {Row} row
 * @returns {"origin" | "copy" | "answer"}
 */
function shown(row) {
  if (row.log) return row.log.shown;
  const label = /lastgood;[^,]*/.exec(header(row, "cache-status") ?? "")?.[0];
  if (!label) return "origin";
  return /fwd=miss/.test(label) ? "answer" : "copy";
}

/** @param {Row} row */
export function ageOf(row) {
  const age = row.log?.age ?? Number(header(row, "age") ?? NaN);
  return Number.isNaN(age) ? undefined : age;
}

/** @param {Row} row */
const isWaiting = (row) =>
  row.by === "visitor"
    ? !row.reply
    : !row.log && row.attempts.some((attempt) => attempt.open);

/**
 * Shorter than the origin had announced: the visitor holds a part of it.
 * @param {Row} row
 */
export function isBroken(row) {
  if (row.log?.cause === "truncated") return true;
  if (row.reply && !row.reply.complete) return true;
  const last = row.attempts.at(-1);
  const length = last?.headers?.find(
    ([name]) => name === "content-length",
  )?.[1];
  const short = row.reply && Number(length) > row.reply.bytes;
  return (
    last?.fault === "cutting" && shown(row) === "origin" && (short ?? true)
  );
}

/**
 * @param {Row} row
 * @returns {Outcome}
 */
export function outcome(row) {
  if (isWaiting(row)) {
    return { kind: "waiting", label: "Waiting" };
  }
  const status =
    row.reply?.status ?? row.log?.status ?? row.attempts.at(-1)?.status;
  const ms = row.reply?.ms ?? row.log?.ms ?? row.attempts.at(-1)?.ms;
  return { ...sourceWords(row, status), status, ms };
}

/**
 * @param {Row} row
 * @param {number | undefined} status
 * @returns {{ kind: Kind, label: string }}
 */
function sourceWords(row, status) {
  if (status === undefined)
    return { kind: "broken", label: "Nothing came back" };
  const from = shown(row);
  if (from === "copy") {
    const age = ageOf(row);
    const old = age === undefined ? "" : `, ${ageWords(age)} old`;
    return { kind: "copy", label: `Copy${old}` };
  }
  if (from === "answer") return { kind: "answer", label: "Answer" };
  if (isBroken(row)) return { kind: "broken", label: "Broken page" };
  const masked = row.attempts.at(-1)?.fault === "disguised";
  if (masked || status >= 500)
    return { kind: "error", label: "Origin’s error" };
  return { kind: "origin", label: "From the origin" };
}

/**
 * Why the visitor got that, in one or two sentences.
 * @param {Row} row
 */
export function why(row) {
  const { kind } = outcome(row);
  if (kind === "waiting") return waitingWords(row);
  if (kind === "copy" && row.log?.why) {
    return `The origin was known to be in trouble${endings(row, 1).copy}`;
  }
  if (kind === "copy" && tooLate(row)) {
    return `The origin did not answer soon enough${endings(row, 1).copy}`;
  }
  const did = originWords(row);
  const { length } = row.log?.trail ?? row.attempts;
  const end = endings(row, length)[kind];
  return `${did}${end}`;
}

/** @param {Row} row */
function waitingWords(row) {
  const tried = row.attempts.length;
  if (!tried) return "On its way.";
  const last = row.attempts[tried - 1];
  const count = tried > 1 ? `Attempt ${tried}: the` : "The";
  return `${count} origin ${last.did} …`;
}

/**
 * @param {Row} row
 * @param {number} tried
 * @returns {Record<Kind, string>}
 */
function endings(row, tried) {
  const age = ageOf(row);
  const ago = age === undefined ? "kept earlier" : `from ${ageWords(age)} ago`;
  return {
    waiting: "",
    origin: "; passed on untouched.",
    copy: `, so lastgood showed the copy ${ago}.`,
    answer: unrepeated(row, tried)
      ? `. It may have taken the ${row.method}, so it was not asked again; lastgood answered itself.`
      : ". There was no copy to show, so lastgood answered itself.",
    error: "; its own page was passed on.",
    broken: "; what is already sent can’t be taken back.",
  };
}

/**
 * The worker went on without an attempt that had not ended yet.
 * @param {Row} row
 */
const tooLate = (row) => row.log?.trail.length === 0 && row.attempts.length > 0;

/**
 * @param {Row} row
 * @param {number} tried
 */
function unrepeated(row, tried) {
  const phase = row.log?.trail.at(-1)?.phase;
  return row.method !== "GET" && tried === 1 && phase === "maybe-processed";
}

/** @param {Row} row */
function originWords(row) {
  const told = row.log?.trail.length
    ? row.log.trail.map((one, index) => trailWords(one, row.attempts[index]))
    : row.attempts.map((attempt) => attempt.did);
  if (!told.length) return "The origin was not asked";
  return `The origin ${runs(told).map(runWords).join(", then ")}`;
}

/** @typedef {{ words: string, n: number }} Run */

/**
 * Equal neighbours, counted.
 * @param {string[]} words
 * @returns {Run[]}
 */
function runs(words) {
  /** @type {Run[]} */
  const list = [];
  for (const one of words) {
    const last = list.at(-1);
    if (last?.words === one) last.n += 1;
    else list.push({ words: one, n: 1 });
  }
  return list;
}

/** @param {Run} run */
function runWords({ words, n }) {
  if (n === 1) return words;
  return words === UNREACHED
    ? `${words} in ${n} attempts`
    : `${words} ${times(n)}`;
}

/**
 * One attempt as the worker met it, made plainer by what the origin says it did.
 * @param {Trailed} trailed
 * @param {Attempt | undefined} attempt
 */
export function trailWords({ status, cause, ms }, attempt) {
  if (cause === "timeout")
    return `gave no answer within ${(ms / 1000).toFixed(ms < 2000 ? 1 : 0)} s`;
  if (status !== undefined) {
    const masked = status < 400 && cause;
    return masked ? `sent an error page as ${status}` : `answered ${status}`;
  }
  return attempt?.did ?? UNREACHED;
}

/**
 * What the origin did, as short as it can be said.
 * @param {Row} row
 */
export function originBrief(row) {
  const trail = row.log?.trail ?? [];
  const n = Math.max(trail.length, row.attempts.length);
  const briefs = Array.from({ length: n }, (_, i) =>
    brief(trail[i], row.attempts[i]),
  );
  return runs(briefs)
    .map((run) => (run.n > 1 ? `${run.words} × ${run.n}` : run.words))
    .join(", ");
}

/**
 * @param {Trailed | undefined} trailed
 * @param {Attempt | undefined} attempt
 */
function brief(trailed, attempt) {
  const status = trailed?.status ?? attempt?.status;
  if (!trailed && attempt?.open) return "…";
  if (trailed?.cause === "timeout" || attempt?.fault === "hanging")
    return "no answer";
  if (status === undefined)
    return attempt ? (BRIEF[attempt.fault] ?? "…") : "unreachable";
  const twist = attempt && BRIEF[attempt.fault];
  return twist ? `${status} ${twist}` : `${status}`;
}

/** @type {Record<string, string>} */
const BRIEF = {
  resetting: "reset",
  refusing: "reset",
  cutting: "cut",
  disguised: "disguised",
};

/** @param {Row} row */
export function originBytes(row) {
  const bytes = row.attempts.reduce((sum, attempt) => sum + attempt.bytes, 0);
  const told =
    row.attempts.length > 0 && !row.attempts.some(({ open }) => open);
  return told ? bytesWords(bytes) : "";
}

/** @param {number} bytes */
export const bytesWords = (bytes) =>
  bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
