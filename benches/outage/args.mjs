// @ts-check
/** The command line of the outage replay. */
import { parseArgs } from "node:util";
import { BenchError } from "../harness/children.mjs";
import { KINDS, SEED } from "./plan.mjs";

export const USAGE = `npm run outage -- [--kind K[,K]] [--against G[,G]] [--mode standby|cache]
                 [--rescue R] [--quick] [--json FILE] [--seconds-scale F] [--seed N]
                 [--service MS-MS] [--leave close|reset] [--worker DIR]

  --kind K           ${KINDS.join(", ")}; all of them
  --against G        worker, nginx, varnish, all, or fetch, a worker that
                     passes everything on; worker
  --mode M           of the worker: standby or cache; standby
  --rescue R         of the worker: auto, off, or a size such as 64KiB; auto
  --quick            502 and hang in ten seconds each; the exit code is 1
                     if a bound is broken
  --json FILE        the figures, for programs
  --seconds-scale F  phases longer or shorter than 10, 20 and 15 s
  --seed N           other visitors; ${SEED}
  --service MS-MS    how long the origin takes when it is well; 20-40,
                     at capacity 100-100
  --leave HOW        of visitors who have waited long enough: close the
                     connection, or reset it, which some gateways notice
                     earlier; close
  --worker DIR       this build (worker.js, lastgood.wasm); dist/worker
`;

const AGAINST = ["worker", "nginx", "varnish"];
/** @type {import("./plan.mjs").Leave[]} */
const LEAVE = ["close", "reset"];
const KNOWN = [...AGAINST, "fetch"];

/** @param {string[]} args */
export function readOptions(args) {
  const { values } = parse(args);
  const quick = values.quick ? ["502", "hang"] : [...KINDS];
  return {
    ...values,
    kinds: chosen("kind", values.kind?.split(",") ?? quick, KINDS),
    against: chosen("against", gateways(values.against), KNOWN),
    mode: chosen("mode", [values.mode], ["standby", "cache"])[0],
    rescue: rescue(values.rescue),
    leave: chosen("leave", [values.leave], LEAVE)[0],
    scale: number("seconds-scale", values["seconds-scale"]),
    seed: number("seed", values.seed),
    service: values.service === undefined ? undefined : span(values.service),
  };
}

/** @param {string[]} args */
function parse(args) {
  return parseArgs({
    args,
    options: {
      kind: { type: "string" },
      against: { type: "string", default: "worker" },
      mode: { type: "string", default: "standby" },
      rescue: { type: "string", default: "auto" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      "seconds-scale": { type: "string", default: "1" },
      seed: { type: "string", default: String(SEED) },
      service: { type: "string" },
      leave: { type: "string", default: "close" },
      worker: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
}

/** @param {string} word */
const gateways = (word) =>
  word.split(",").flatMap((name) => (name === "all" ? AGAINST : [name]));

/**
 * @template {string} T
 * @param {string} option
 * @param {string[]} words
 * @param {readonly T[]} known
 * @returns {T[]}
 */
function chosen(option, words, known) {
  const wrong = words.find((word) => !known.some((one) => one === word));
  if (wrong === undefined) return /** @type {T[]} */ (words);
  throw new BenchError(
    `--${option} ${wrong}: it is one of ${known.join(", ")}`,
  );
}

/** @param {string} option @param {string} word */
function number(option, word) {
  const value = Number(word);
  if (value > 0) return value;
  throw new BenchError(`--${option} ${word}: a number greater than 0`);
}

/** Another word would be told, and the worker would go on as shipped. @param {string} word */
function rescue(word) {
  if (/^(auto|off|\d+(B|KiB|MiB))$/.test(word)) return word;
  throw new BenchError(`--rescue ${word}: auto, off, or such as 64KiB`);
}

/** @param {string} word @returns {[number, number]} */
function span(word) {
  const found = /^(\d+)-(\d+)$/.exec(word);
  if (!found) throw new BenchError(`--service ${word}: such as 20-40`);
  return [Number(found[1]), Number(found[2])];
}
