// @ts-check
/**
 * The visitors of a replay, in a process of their own. They come when the plan
 * says, whether or not earlier ones have been answered, and time runs from
 * then, so that a gateway that makes everybody wait can't hide it.
 */
import { Agent, request as ask } from "node:http";
import { now, until } from "./clock.mjs";
import { requestsOf } from "./plan.mjs";
import { judge } from "./seen.mjs";

/** @typedef {import("./plan.mjs").Plan} Plan */
/** @typedef {import("./plan.mjs").Asked} Asked */
/** @typedef {import("./seen.mjs").Reply} Reply */

/**
 * @typedef {import("./seen.mjs").Verdict & Pick<Asked, "at" | "what" | "id">
 *   & { sent: number, end: number, status?: number }} Visit
 */

/**
 * An idle connection is given up before any gateway does so: a request that
 * crosses with the gateway's goodbye would look like an error of the gateway's.
 */
const IDLE_MS = 1500;
const WARM_REQUESTS = 60;
const WARM_EVERY_MS = 15;
/** @type {Pick<Plan, "patience" | "leave">} */
const WARM = { patience: 5000, leave: "close" };
const FIELDS = {
  accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
  "accept-language": "en",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) outage replay",
};

const agent = new Agent({
  keepAlive: true,
  maxSockets: Infinity,
  maxFreeSockets: 512,
  timeout: IDLE_MS,
});

/**
 * One request, to its last byte or to the end of the visitor's patience.
 * @param {number} port
 * @param {Asked} asked
 * @param {Pick<Plan, "patience" | "leave">} plan
 * @returns {Promise<Reply>}
 */
function visit(port, { at, what, path, id }, { patience, leave }) {
  const sent = now();
  const body = what === "order" ? JSON.stringify({ id }) : undefined;
  return new Promise((resolve) => {
    const request = ask({
      agent,
      host: "127.0.0.1",
      port,
      path,
      ...head(body),
    });
    /** @param {Omit<Reply, "sent" | "end">} reply */
    const done = (reply) => {
      clearTimeout(timer);
      resolve({ sent, end: now(), ...reply });
    };
    const timer = setTimeout(
      () => {
        done({ broken: "time-out" });
        if (leave === "reset") request.socket?.resetAndDestroy();
        request.destroy();
      },
      at + patience - sent,
    );
    request.on("error", (error) => done({ broken: nameOf(error) }));
    request.once("response", (response) => read(response, done));
    request.end(body);
  });
}

/** @param {string} [body] */
function head(body) {
  if (body === undefined) return { method: "GET", headers: FIELDS };
  const length = Buffer.byteLength(body);
  const own = { "content-type": "application/json", "content-length": length };
  return { method: "POST", headers: { ...FIELDS, ...own } };
}

/** @param {Error} error */
const nameOf = (error) =>
  `connection: ${/** @type {NodeJS.ErrnoException} */ (error).code ?? error.message}`;

/**
 * @param {import("node:http").IncomingMessage} response
 * @param {(reply: Omit<Reply, "sent" | "end">) => void} done
 */
function read(response, done) {
  const { statusCode: status, headers } = response;
  const retryAfter = headers["retry-after"] !== undefined;
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (text) => (body += text));
  response.once("end", () => done({ status, retryAfter, body }));
  response.on("error", () => done({ status, broken: "cut" }));
}

/** @param {number} port @param {Plan} plan @returns {Promise<Visit[]>} */
async function replay(port, plan) {
  /** @type {Promise<Visit>[]} */
  const visits = [];
  for (const asked of requestsOf(plan)) {
    await until(asked.at);
    visits.push(witness(port, plan, asked));
  }
  return Promise.all(visits);
}

/** @param {number} port @param {Plan} plan @param {Asked} asked @returns {Promise<Visit>} */
async function witness(port, plan, asked) {
  const reply = await visit(port, asked, plan);
  const { at, what, id } = asked;
  const { sent, end, status } = reply;
  return { at, what, id, sent, end, status, ...judge(plan, asked, reply) };
}

/** So that nothing in the replay is anybody's first time. @param {number} port */
async function warmUp(port) {
  const begin = now();
  /** @type {Promise<unknown>[]} */
  const visits = [];
  for (let n = 0; n < WARM_REQUESTS; n++) {
    const what = n % 4 ? "live" : "order";
    const path = n % 4 ? `/warm/${n}` : "/orders";
    const at = begin + n * WARM_EVERY_MS;
    await until(at);
    visits.push(visit(port, { at, what, path, id: `warm-${n}` }, WARM));
  }
  await Promise.all(visits);
}

process.on("message", async (/** @type {any} */ { port, plan }) => {
  if (plan) return process.send?.({ visits: await replay(port, plan) });
  await warmUp(port);
  process.send?.({ ready: true });
});

process.once("disconnect", () => process.exit());
