// @ts-check
/**
 * In the page: makes the requests of a row through a client, and tells what
 * came of them. It judges nothing.
 */

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./client.js").Answer} Answer */
/**
 * A request as data.
 * - `body`: text, form fields, or text that is sent as a stream
 * - `asRequest`: it is handed over as a `Request`
 * @typedef {{ url: string, method?: string, headers?: Record<string, string>,
 *   body?: { text?: string, form?: Record<string, string>, stream?: string },
 *   mode?: RequestMode, redirect?: RequestRedirect, keepalive?: boolean,
 *   asRequest?: boolean }} Asked
 */
/** Before the request, or so many ms after it arrived. @typedef {{ before?: boolean, ms?: number }} Abort */
/** @typedef {{ times: number, everyMs: number }} Load */
/**
 * - `limitMs`: when the page stops waiting
 * @typedef {{ asked: Asked, abort?: Abort, load?: Load, configuration?: object,
 *   policy?: object, limitMs: number }} Task
 */
/**
 * What a client's error says; of lastgood's own fields what is there.
 * @typedef {{ name: string, message: string, status: number | null, isTypeError: boolean,
 *   isReason: boolean, cause?: unknown, phase?: unknown, retryable?: unknown,
 *   retryAfter?: unknown, attempts?: unknown }} Told
 */
/**
 * How it ended, in ms since the request was made.
 * - `leftMs`: the same since it was aborted
 * - `resolvedMs`: when there was an answer; null if there was none
 * - `firstMs`: when the first bytes of its body were there
 * - `text`: how the body begins; `length`: of all of it
 * @typedef {{ end: "answered" | "failed" | "pending" | "not-offered", at: number, ms: number, leftMs?: number,
 *   resolvedMs: number | null, firstMs: number | null, status: number | null,
 *   type: string | null, text: string, length: number, error: Told | null }} Outcome
 */

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {NonNullable<Asked["body"]>} body */
function bodyOf({ text, form, stream }) {
  if (stream !== undefined) return new Blob([stream]).stream();
  if (!form) return text;
  const data = new FormData();
  for (const [name, value] of Object.entries(form)) data.append(name, value);
  return data;
}

/** @param {Asked} asked @param {AbortSignal} signal @returns {[string | Request, RequestInit]} */
function requestOf({ url, body, asRequest, ...init }, signal) {
  /** @type {RequestInit & { duplex?: "half" }} */
  const all = { ...init, signal };
  if (body) all.body = bodyOf(body);
  if (body?.stream !== undefined) all.duplex = "half";
  return asRequest ? [new Request(url, all), {}] : [url, all];
}

/** @param {any} error @param {AbortSignal} signal @returns {Told} */
function told(error, signal) {
  const { cause, phase, retryable, retryAfter, attempts } = Object(error);
  const plain = typeof cause === "string" ? cause : undefined;
  return {
    name: String(error?.name),
    message: String(error?.message),
    status: error?.response?.status ?? null,
    isTypeError: error instanceof TypeError,
    isReason: signal.aborted && error === signal.reason,
    ...{ cause: plain, phase, retryable, retryAfter, attempts },
  };
}

/** @param {Answer} answer @param {() => void} onFirst */
async function textOf({ body }, onFirst) {
  if (!body) return null;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let all = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all + decoder.decode();
    onFirst();
    all += decoder.decode(value, { stream: true });
  }
}

const LONGEST = 400;

/**
 * One request, from the call to the last byte.
 * @param {Client} client @param {Task} task @param {AbortController} controller
 * @returns {Promise<Outcome>}
 */
async function once(client, { asked, policy }, controller) {
  const start = performance.now();
  const since = () => performance.now() - start;
  let aborted = start;
  controller.signal.addEventListener("abort", () => {
    aborted = performance.now();
  });
  /** @type {Outcome} */
  const outcome = {
    ...{
      end: "failed",
      at: start,
      ms: 0,
      leftMs: 0,
      resolvedMs: null,
      firstMs: null,
    },
    ...{ status: null, type: null, text: "", length: 0, error: null },
  };
  try {
    const [input, init] = requestOf(asked, controller.signal);
    const answer = await client.send(input, init, policy);
    outcome.resolvedMs = since();
    outcome.status = answer.status;
    outcome.type = answer.type;
    const text =
      (await textOf(answer, () => (outcome.firstMs ??= since()))) ??
      (await answer.text());
    outcome.text = text.slice(0, LONGEST);
    outcome.length = text.length;
    outcome.end = "answered";
  } catch (error) {
    outcome.error = told(error, controller.signal);
    if (outcome.error.name === "NotOffered") outcome.end = "not-offered";
  }
  outcome.ms = since();
  outcome.leftMs = performance.now() - aborted;
  return outcome;
}

/** Of the requests that run. @type {Set<AbortController>} */
const controllers = new Set();

/** @param {AbortController} controller */
const abort = (controller) =>
  controller.abort(new DOMException("no longer wanted", "AbortError"));

/** What the caller does who no longer wants any of it. */
export const abortAll = () => controllers.forEach(abort);

/** @param {Client} client @param {Task} task @returns {Promise<Outcome>} */
async function limited(client, task) {
  const controller = new AbortController();
  if (task.abort?.before) abort(controller);
  controllers.add(controller);
  const start = performance.now();
  const given = sleep(task.limitMs).then(() => {
    controller.abort();
    /** @type {Outcome} */
    const pending = {
      ...{ end: "pending", at: start, ms: task.limitMs, resolvedMs: null },
      ...{ firstMs: null, status: null, type: null, text: "", length: 0 },
      error: null,
    };
    return pending;
  });
  return Promise.race([once(client, task, controller), given]);
}

/**
 * All requests of a task; those of a load have paths of their own.
 * @param {Client} client @param {Task} task
 */
export async function ask(client, task) {
  if (task.configuration) await client.configure?.(task.configuration);
  const { times, everyMs } = task.load ?? { times: 1, everyMs: 0 };
  const start = performance.now();
  const running = [];
  for (let n = 0; n < times; n++) {
    const url = task.load ? `${task.asked.url}/${n}` : task.asked.url;
    running.push(limited(client, { ...task, asked: { ...task.asked, url } }));
    if (everyMs > 0) await sleep(start + (n + 1) * everyMs - performance.now());
  }
  const outcomes = await Promise.all(running);
  return outcomes.map((one) => ({ ...one, at: one.at - start }));
}
