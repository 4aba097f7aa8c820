import { readBuild, readOurs } from "./harness/runtime.mjs";
import { measureCached } from "./harness/cached.mjs";
import * as report from "./harness/report.mjs";
const here = new URL("./", import.meta.url).pathname;
const n = Number(process.env.ROUNDS ?? 6);
await measureCached(
  [
    readBuild("peer", here + "peer-cache.js"),
    readOurs(process.argv[2] ?? "dist/worker"),
  ],
  { warmup: 2, seconds: 0.4, rounds: n, mostRounds: n },
  (w, s, r) => console.log(report.jobLine(w, s, r)),
);
process.exit(0);
