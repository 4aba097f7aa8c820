// @ts-check
/** The command line of the case runner. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * @typedef {{ dir: string, url: string | null, ports: Map<string, number>, has: string[] | "all",
 *   only: string[] | null, json: string | null, jobs: number, worker: string | null,
 *   force: boolean, again: boolean, control: string }} Options
 */

const CASES = fileURLToPath(new URL("..", import.meta.url));
/** Cases mostly wait, so more of them than cores can run at a time. */
const DEFAULT_JOBS = 10;

export const USAGE = `npm run cases -- [options]

  --dir DIR              case files to run (tests/cases)
  --only IDS             comma list; S9* means every case that begins with S9
  --json FILE            write the result there
  --jobs N               cases at a time (${DEFAULT_JOBS})
  --worker DIR           another built worker than dist/worker; expected.json doesn't apply
  --again                what failed, if it is little, runs once more and alone; what passes then passes
  --force                run cases also where their policy can't be expressed
  --control HEADER       header by which clients try to control retries (x-lastgood-attempts)

  --url URL              any other gateway, set up by hand with the default policy
  --origin O1=PORT ...   where that gateway expects its origins on 127.0.0.1
  --has CAPABILITIES     comma list of what it can do, as in the cases' "needs"; or: all
`;

/** @param {string} text */
const list = (text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

/** @param {string} text @returns {[string, number]} */
function originPort(text) {
  const [, name, port] = /^([\w-]+)=(\d{1,5})$/.exec(text) ?? [];
  if (!name) throw new Error(`--origin ${text}: NAME=PORT is needed`);
  return [name, Number(port)];
}

/** @param {string} text */
function jobCount(text) {
  if (!/^[1-9]\d?$/.test(text))
    throw new Error(`--jobs ${text}: a number from 1 to 99 is needed`);
  return Number(text);
}

/** @param {string[]} argv */
function parse(argv) {
  const string = /** @type {const} */ ({ type: "string" });
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      dir: string,
      url: string,
      has: string,
      only: string,
      json: string,
      jobs: string,
      worker: string,
      control: string,
      origin: { type: "string", multiple: true },
      force: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
    },
  });
}

/** @param {string[]} argv @returns {Options} */
export function readOptions(argv) {
  const { values, positionals } = parse(argv);
  const { url = null, origin = [], has, jobs } = values;
  // "--origin O1=1 O2=2" leaves the second one without its option.
  const ports = new Map(
    [...origin, ...positionals].flatMap(list).map(originPort),
  );
  if (!url && (ports.size > 0 || has !== undefined))
    throw new Error("--origin and --has go with --url");
  if (url && ports.size === 0)
    throw new Error("--url needs --origin NAME=PORT");
  if (url && !URL.canParse(url)) throw new Error(`--url ${url}: not a URL`);
  return {
    dir: path.resolve(values.dir ?? CASES),
    url,
    ports,
    has: has === "all" ? "all" : list(has ?? ""),
    only: values.only === undefined ? null : list(values.only),
    json: values.json ?? null,
    // One gateway with one pair of ports: one case after the other.
    jobs: url ? 1 : jobCount(jobs ?? String(DEFAULT_JOBS)),
    worker: values.worker ?? null,
    force: values.force,
    again: values.again,
    control: values.control ?? "x-lastgood-attempts",
  };
}
