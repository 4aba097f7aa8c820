// @ts-check
/**
 * The clients in examples/, each run as its user would run it: against the
 * built worker with an origin that fails, which tries only once itself so that
 * it hides nothing from them. All four have to pass the same table.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { pythonWithRequests } from "../../scripts/setup/packages.mjs";
import { FORGETFUL, originWith, siteWith } from "../support/site.mjs";
import { sendsInCircles } from "./circles.mjs";
import { CASES } from "./table.mjs";

/** @typedef {import("./table.mjs").Case} Case */
/** @typedef {{ code: number, stdout: string, stderr: string, ms: number }} Ended */

const file = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** @type {Record<string, string[]>} */
const CLIENTS = {
  php: ["php", file("php/get.php")],
  python: [pythonWithRequests() ?? "python3", file("python/get.py")],
  axios: [process.execPath, file("node/with-axios.mjs")],
  fetch: [process.execPath, file("node/with-fetch.mjs")],
};

/** So many at once: most of their time they wait. */
const AT_ONCE = 8;
const LONGEST_MS = 15_000;
/** What starting a client may take on a busy machine. */
const START_MS = 4000;

const pathOf = (/** @type {Case} */ { name }, /** @type {string} */ client) =>
  `/${client}/${CASES.findIndex((one) => one.name === name)}`;

/** A script for each path, so that no client takes another's answers. @param {(one: Case) => string[] | undefined} pick */
const scriptOf = (pick) =>
  Object.fromEntries([
    ["/wrong", ["404"]],
    ...CASES.flatMap((one) =>
      Object.keys(CLIENTS).map((client) => [pathOf(one, client), pick(one)]),
    ).filter(([, script]) => script),
  ]);

const t = { after };
const site = await siteWith(t, {
  script: scriptOf(({ origin }) => origin),
  lastgood: { attempts: 1, rescue: "off", mode: "off", ...FORGETFUL },
});
const barely = scriptOf(({ bare }) => bare);
const bare = await originWith(t, barely);
const there = scriptOf(({ elsewhere }) => elsewhere);
const other = await originWith(t, there, { name: "O2" });
const closed = await originWith(t, ["refuse"]);
const lastgood = `http://127.0.0.1:${site.worker.port}`;
const circles = await sendsInCircles(t, site.worker.port);

/** @param {Case} one */
function serverOf({ origin, bare: alone, circling }) {
  if (circling) return circles;
  if (origin) return lastgood;
  return alone ? bare.url : closed.url;
}

/** The words a client is called with. @param {Case} one @param {string} path */
function wordsOf(one, path) {
  const spare = one.elsewhere ? ["--elsewhere", other.url + path] : [];
  return [serverOf(one) + path, ...spare, ...(one.args?.split(" ") ?? [])];
}

/** @param {string[]} command @returns {Promise<Ended>} */
function run([command, ...words]) {
  const began = performance.now();
  const env = { ...process.env, NO_PROXY: "*", no_proxy: "*" };
  const options = { env, timeout: LONGEST_MS };
  return new Promise((resolve, reject) =>
    execFile(command, words, options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      const ms = performance.now() - began;
      if (typeof code !== "number") return reject(error);
      resolve({ code, stdout, stderr, ms });
    }),
  );
}

/** @param {import("../origin/server.mjs").ScriptedOrigin} origin @param {string} path */
const callsAt = (origin, path) =>
  origin.calls.filter((call) => call.path === path);

/** What a person is told: a line or two, and no stack. @param {string} stderr */
function isForAPerson(stderr) {
  const lines = stderr.trimEnd().split("\n");
  assert.ok(lines.length <= 2, stderr);
  assert.doesNotMatch(
    stderr,
    /^\s+at |Traceback|Stack trace|Warning|undefined/m,
  );
}

/** The id leads to the line in the log. @param {string} stderr */
async function isInLog(stderr) {
  const id = /request ([\w-]+)/.exec(stderr)?.[1];
  assert.ok(id, `no request id: ${stderr}`);
  await site.log.waitFor(`request ${id}`, (line) => line.id === id);
}

/** @param {Case} one @param {Ended} ended */
function saysWhatItShould(one, { code, stdout, stderr }) {
  assert.equal(code, one.code ?? 0, `${stdout}${stderr}`);
  for (const words of one.says ?? []) assert.match(stderr, words);
  if (code === 0) assert.equal(stderr, "");
  else isForAPerson(stderr);
  if (code === 0 && !one.empty)
    assert.match(JSON.parse(stdout).mark, /#good\]\]$/);
  else assert.equal(stdout, "", "nothing of what failed is printed");
}

/** @param {Case} one @param {string} path */
function sentWhatItShould(one, path) {
  const calls = callsAt(one.bare ? bare : site.origin, path);
  const [least, most = least] = [one.calls ?? 1].flat();
  const enough = calls.length >= least && calls.length <= most;
  assert.ok(enough, `it was sent ${calls.length} times`);
  assert.equal(callsAt(other, path).length, one.elsewhereCalls ?? 0);
  for (const { headers } of calls) {
    assert.equal(headers["idempotency-key"], one.key);
    assert.match(headers.accept, /^application\/problem\+json\b/);
  }
}

/** @param {Case} one @param {string} client */
async function check(one, client) {
  const path = pathOf(one, client);
  const ended = await run([...CLIENTS[client], ...wordsOf(one, path)]);
  saysWhatItShould(one, ended);
  sentWhatItShould(one, path);
  if (one.named) await isInLog(ended.stderr);
  const { waitsMs = 0, withinMs = 10_000 } = one;
  assert.ok(ended.ms >= waitsMs, `it did not wait: ${ended.ms} ms`);
  assert.ok(ended.ms <= withinMs + START_MS, `it took ${ended.ms} ms`);
}

/** @param {string} args @param {string[]} command */
async function checkWrong(args, command) {
  const ended = await run([...command, ...args.split(" ").filter(Boolean)]);
  assert.equal(ended.code, 2, ended.stderr);
  assert.equal(ended.stdout, "");
  assert.deepEqual(callsAt(site.origin, "/wrong"), []);
}

const WRONG = [
  ...["", "ftp://x", `${lastgood}/wrong --deadline 0`],
  ...["--what", "--method", "--method GET --data x"].map(
    (words) => `${lastgood}/wrong ${words}`,
  ),
];

describe("examples", { concurrency: AT_ONCE }, () => {
  const timeout = 2 * LONGEST_MS;
  for (const one of CASES)
    for (const client of Object.keys(CLIENTS))
      it(`${one.name}: ${client}`, { timeout }, () => check(one, client));

  for (const args of WRONG)
    for (const [client, command] of Object.entries(CLIENTS)) {
      const name = `called wrongly: ${client} ${args.replace(/http\S+/, "URL")}`;
      it(name, { timeout }, () => checkWrong(args, command));
    }
});
