// @ts-check
/**
 * Whether what was seen is right, and if not, in few words why not.
 *
 * `right` holds for everyone and leaves open what may be done in more than one
 * way: whether a client repeats twice or three times, and whether it resolves
 * with a failing status or throws it. `own` is what lastgood promises besides.
 */

/** @typedef {import("./row.mjs").Seen} Seen */
/** @typedef {import("./load.mjs").Right} Right */
/** @typedef {import("./load.mjs").Own} Own */
/** @typedef {import("./load.mjs").Bounds} Bounds */
/** @typedef {import("../page/asking.js").Outcome} Outcome */
/** @typedef {{ right: boolean | null, why: string[], told: string }} Cell `right` is null where the client has no words for the request */

/** Of a client that has no words for what a row asks. @type {Cell} */
export const NOT_ASKED = { right: null, why: [], told: "–" };

/** What a clock may be off, in ms. */
const TOLERANCE_MS = 15;

/** @param {number | null} value @param {Bounds} bounds */
const within = (value, [least, most]) =>
  value !== null && value >= least && value <= most;

/** @param {number | Bounds} bounds @returns {Bounds} */
const asBounds = (bounds) =>
  typeof bounds === "number" ? [bounds, bounds] : bounds;

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(1);

/** @param {Seen} seen */
const gapsOf = ({ calls }) =>
  calls.slice(1).map((call, index) => call.at - calls[index].at);

/** @param {Outcome} outcome */
function endOf({ end, status, type, error }) {
  if (end === "pending") return "still waits";
  if (end === "answered") return type === "opaque" ? type : String(status);
  return `throws ${error?.cause ?? error?.status ?? error?.name}`;
}

/** What a person is shown of a cell. @param {Seen} seen */
function told(seen) {
  if (seen.outcomes.length > 1) return `${seen.calls.length} attempts`;
  const gaps = gapsOf(seen).slice(0, 3).map(seconds).join("/");
  const pauses = gaps ? ` (${gaps} s)` : "";
  return [`${seen.calls.length}×${pauses}`, ...seen.outcomes.map(endOf)].join(
    ", ",
  );
}

const ABORTS = ["AbortError", "CanceledError"];

/** Each way to end, as a test of the outcome. @type {Record<string, (outcome: Outcome) => boolean>} */
const ENDS = {
  rejects: ({ end }) => end === "failed",
  aborts: ({ end, error }) =>
    end === "failed" && ABORTS.includes(error?.name ?? ""),
  opaque: ({ end, type, status }) =>
    end === "answered" && status === 0 && type !== "basic",
};

/** @param {{ status: number, id?: string, length?: number }} wanted @param {Outcome} outcome */
function endsWith({ status, id, length }, outcome) {
  const { end, error, text } = outcome;
  if (end !== "answered") return error?.status === status && status >= 400;
  const isIt = id === undefined || text.includes(`#${id}]]`);
  const isWhole = length === undefined || outcome.length === length;
  return outcome.status === status && isIt && isWhole;
}

/** What each thing that may be demanded finds wrong. @type {{ [name in keyof Right]-?: (wanted: any, seen: Seen) => string | false }} */
const DEMANDS = {
  attempts: (wanted, { calls }) =>
    !within(calls.length, asBounds(wanted)) &&
    (calls.length === 1 ? "one attempt" : `${calls.length} attempts`),
  preflights: (wanted, { preflights }) =>
    preflights !== wanted && `${preflights} preflights`,
  gaps(wanted, seen) {
    const wrong = gapsOf(seen).find((gap) => !within(gap, wanted));
    return wrong !== undefined && `again after ${seconds(wrong)} s`;
  },
  same(names, { calls: [first, ...rest] }) {
    const wrong = names.find((/** @type {string} */ name) =>
      rest.some((call) => valueOf(call, name) !== valueOf(first, name)),
    );
    return wrong !== undefined && `another ${wrong}`;
  },
  ends(wanted, { outcomes }) {
    const is = (/** @type {Outcome} */ outcome) =>
      typeof wanted === "string"
        ? ENDS[wanted](outcome)
        : endsWith(wanted, outcome);
    const wrong = outcomes.find((outcome) => !is(outcome));
    return wrong !== undefined && endOf(wrong);
  },
  ms: (wanted, { outcomes: [{ ms }] }) =>
    !within(ms, wanted) && `after ${seconds(ms)} s`,
  leftMs: (most, { outcomes: [{ leftMs = 0 }] }) =>
    leftMs > most && `${seconds(leftMs)} s after it was aborted`,
  answerMs: (wanted, { outcomes: [{ resolvedMs }] }) =>
    !within(resolvedMs, wanted) &&
    `answer after ${seconds(Number(resolvedMs))} s`,
  firstMs: (wanted, { outcomes: [{ firstMs }] }) =>
    !within(firstMs, wanted) &&
    `first bytes after ${firstMs === null ? "all" : `${seconds(firstMs)} s`}`,
  again: (wanted, seen) => togetherAgain(wanted, pausesOf(seen)),
  late({ afterMs, most }, { calls, outcomes }) {
    const attempts = calls.filter(({ at }) => at - calls[0].at >= afterMs);
    const requests = outcomes.filter(({ at }) => at >= afterMs);
    const share = attempts.length / requests.length;
    return !(share <= most) && `${share.toFixed(1)} attempts a request go on`;
  },
  good(wanted, { outcomes }) {
    const late = outcomes.filter(({ at }) => at >= wanted.afterMs);
    const share =
      late.filter(({ end, status }) => end === "answered" && status === 200)
        .length / late.length;
    return !(share >= wanted.share) && `${Math.round(share * 100)} % good`;
  },
};

/** @param {import("../../origin/connection.mjs").Call} call @param {string} name */
const valueOf = ({ body, headers }, name) =>
  name === "body" ? body.toString("latin1") : (headers[name] ?? "none");

/** How long each request of a load paused before its second attempt. @param {Seen} seen */
function pausesOf({ calls }) {
  const first = new Map();
  /** @type {number[]} */
  const pauses = [];
  for (const { path, at } of calls) {
    if (!first.has(path)) first.set(path, at);
    else if (first.get(path) !== null) {
      pauses.push(at - first.get(path));
      first.set(path, null);
    }
  }
  return pauses;
}

/** @param {{ least: number, spread: number }} wanted @param {number[]} pauses */
function togetherAgain({ least, spread }, pauses) {
  if (pauses.length < 2) return "none comes again";
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
  if (mean < least) return `again after ${(mean / 1000).toFixed(2)} s`;
  const apart = Math.max(...pauses) - Math.min(...pauses);
  return apart < spread && `all again within ${Math.round(apart)} ms`;
}

/** Nothing may come before the date that was named. @param {Seen} seen */
function tooEarly({ calls, date, since }) {
  const second = calls[1];
  if (date === null || !second) return false;
  const early = date - (second.at + since);
  return early > TOLERANCE_MS && `${seconds(early)} s too early`;
}

/** @param {Right} right @param {Seen} seen */
function faultsOf(right, seen) {
  const names = /** @type {(keyof Right)[]} */ (Object.keys(right));
  return [
    tooEarly(seen),
    ...names.map((name) => DEMANDS[name](right[name], seen)),
  ].filter((fault) => fault !== false);
}

/** @param {Own} own @param {Seen} seen */
function ownFaults({ error, resolves, sends, ...right }, seen) {
  const [outcome] = seen.outcomes;
  const said = /** @type {Record<string, unknown>} */ (outcome?.error ?? {});
  const wrong = Object.entries(error ?? {}).filter(
    ([name, value]) => said[name] !== value,
  );
  return [
    ...faultsOf(right, seen),
    ...wrong.map(
      ([name, value]) => `error.${name} is ${said[name]}, not ${value}`,
    ),
    ...(resolves && outcome.end !== "answered" ? ["it throws"] : []),
    ...sendFaults(sends ?? {}, seen),
  ];
}

/** @param {Record<string, (string | null)[]>} sends @param {Seen} seen */
function sendFaults(sends, { calls }) {
  return Object.entries(sends).flatMap(([name, values]) =>
    values.flatMap((value, index) => {
      const said = calls[index]?.headers[name] ?? null;
      return said === value ? [] : [`${name} of attempt ${index + 1}: ${said}`];
    }),
  );
}

/**
 * @param {import("./load.mjs").Row} row @param {boolean} isOurs @param {Seen} seen
 * @returns {Cell}
 */
export function judge({ right, own }, isOurs, seen) {
  if (seen.outcomes.some(({ end }) => end === "not-offered")) return NOT_ASKED;
  const why = [
    ...faultsOf(isOurs ? { ...right, ...onlyRight(own) } : right, seen),
    ...(isOurs ? ownFaults(onlyOwn(own), seen) : []),
  ];
  return { right: why.length === 0, why, told: told(seen) };
}

/** What lastgood promises more narrowly than `right` takes the place of it. @param {Own} [own] @returns {Right} */
function onlyRight(own = {}) {
  const { error: _, resolves: __, sends: ___, ...right } = own;
  return right;
}

/** @param {Own} [own] @returns {Own} */
const onlyOwn = ({ error, resolves, sends } = {}) => ({
  error,
  resolves,
  sends,
});
