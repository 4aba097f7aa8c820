// @ts-check
/**
 * A site as a visitor meets it: scripted origins, the worker in front of them,
 * and a client that tells what came back down to the byte. Each test has its
 * own; all of it ends with the test.
 */
import { contentOf } from "../origin/bodies.mjs";
import { ScriptedOrigin } from "../origin/server.mjs";
import { send } from "../cases/runner/client.mjs";
import { until } from "./until.mjs";
import { startWorker } from "./worker.mjs";

/** Whoever runs what is to be done at the end: a test, or `after` of a file. @typedef {{ after: (end: () => unknown) => void }} TestContext */
/** @typedef {Partial<import("../cases/runner/client.mjs").Outgoing>} Wishes */
/** @typedef {import("../cases/runner/client.mjs").Reply & { text: string, ms: number, note: string }} Seen */
/** @typedef {import("./worker.mjs").WorkerOptions} WorkerOptions */
/**
 * - `script`: what the origin does; `origins` makes ORIGIN of its URL
 * - `lastgood`: the LASTGOOD table
 * - `content`: what answers say; the scripted origin's own words, where it is undefined
 * @typedef {{ script?: unknown, lastgood?: unknown, bindings?: Record<string, unknown>,
 *   origins?: (own: string) => unknown,
 *   content?: (...given: Parameters<ContentOf>) => ReturnType<ContentOf> | undefined } &
 *   Omit<WorkerOptions, "bindings">} SiteOptions
 */
/** @typedef {import("../origin/answer.mjs").ContentOf} ContentOf */
/** @typedef {Awaited<ReturnType<typeof siteWith>>} Site */

/** The host visitors know the site by. */
export const HOST = "site.test";

const LIMIT_MS = 20_000;

/** One attempt and short pauses: for tests that are about something else. */
export const BRISK = { attempts: 1, soft_deadline: "200ms" };

/** No failure is remembered: each request asks the origin. */
export const FORGETFUL = { breaker: false, ejection: false, hold_down: false };

/** Nothing is remembered, and all is tried at once. */
export const EAGER = {
  ...FORGETFUL,
  ...{ attempts: 2, backoff: { base: "0s", cap: "0s" } },
  budget: { percent: 100, floor: 100 },
};

/** @param {number} port @param {Wishes} [wishes] @returns {Promise<Seen>} */
export async function ask(port, wishes = {}) {
  const { reply, ms, note } = await send({
    ...{ port, hostname: "127.0.0.1", host: HOST, method: "GET", target: "/" },
    ...{ headers: [], body: null, chunked: false, pieces: 1, pauseMs: 0 },
    ...{ abortMs: null, lingerMs: 0, limitMs: LIMIT_MS },
    ...wishes,
  });
  if (!reply) throw new Error(`no answer: ${note}`);
  return { ...reply, text: reply.body.toString(), ms, note };
}

/**
 * @param {TestContext} t
 * @param {unknown} script
 * @param {Partial<import("../origin/server.mjs").OriginOptions>} [options]
 */
export async function originWith(t, script, options = {}) {
  const origin = await ScriptedOrigin.start({ name: "O1", ...options, script });
  t.after(() => origin.stop());
  return origin;
}

/** @param {TestContext} t @param {WorkerOptions} options */
export async function workerWith(t, options) {
  const worker = await startWorker(options);
  t.after(() => worker.stop());
  return worker;
}

/** @param {TestContext} t @param {SiteOptions} options */
export async function siteWith(
  t,
  { script = ["200"], lastgood, bindings, content, origins, ...options } = {},
) {
  const origin = await originWith(t, script, {
    content: (...given) => content?.(...given) ?? contentOf(...given),
  });
  const own = {
    ORIGIN: origins?.(origin.url) ?? origin.url,
    ...(lastgood ? { LASTGOOD: lastgood } : {}),
  };
  const worker = await workerWith(t, {
    ...options,
    bindings: { ...own, ...bindings },
  });
  return {
    origin,
    worker,
    log: worker.log,
    /** @param {Wishes} wishes */
    ask: (wishes) => ask(worker.port, wishes),
    /** @param {string} target @param {Record<string, string>} [headers] */
    get: (target, headers = {}) =>
      ask(worker.port, { target, headers: Object.entries(headers) }),
    /** The same of a worker beside it. @param {number} index @param {string} target */
    getBeside: (index, target) => ask(worker.portBeside(index), { target }),
  };
}

/** Where a reply came from, as it says itself. @param {Seen} seen */
export function sourceOf({ headers }) {
  const said = headers["cache-status"] ?? "";
  if (/^lastgood; (hit|fwd=stale)/.test(said)) return "copy";
  return said.startsWith("lastgood; fwd=miss") ? "answer" : "origin";
}

/**
 * Visits a page and waits until it is kept.
 * @param {Site} site @param {string} [path] @param {Record<string, string>} [headers]
 */
export async function keep({ get, worker }, path = "/", headers = {}) {
  const seen = await get(path, headers);
  if (seen.status !== 200) throw new Error(`${path} is not good to keep`);
  await until(`${path} is kept`, () => worker.stored(`http://${HOST}${path}`));
  return seen;
}
