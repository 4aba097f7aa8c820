// @ts-check
/** The command line of the benchmark. */
import { parseArgs } from "node:util";

export const USAGE = `npm run bench -- [--quick] [--json FILE] [--worker DIR]

  --quick        two minutes; single ratios may be off by 5 %
  --json FILE    the figures, for programs
  --worker DIR   measure this build (worker.js, lastgood.wasm) as it is;
                 otherwise the sources are built first
`;

/** @param {string[]} args */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      worker: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return values;
}
