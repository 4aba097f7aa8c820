// @ts-check
/**
 * A scripted origin: a TCP server that does to its clients what a script says,
 * and remembers what it saw. Every fault is the real thing: a port that
 * refuses is closed, a reset is a RST, half a body is half a body.
 *
 *     const origin = await ScriptedOrigin.start({ name: "O1", script: ["502", "200"] });
 *     ... origin.url, origin.calls ...
 *     await origin.setScript(["refuse"]);
 *     await origin.stop();
 */

import net from "node:net";
import { Connection, onConnect } from "./connection.mjs";
import { giveBackPort, holdPort, listenOn } from "./ports.mjs";
import { Position } from "./script.mjs";

/** @typedef {import("./connection.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Owner} Owner */
/** @typedef {import("./grammar.mjs").Answer} Answer */
/**
 * - `name`: how it signs its answers, `[[name#id]]`
 * - `script`: as in a case
 * - `port`: a fixed one; otherwise a free one is taken
 * - `pathOf`: the part of a request target that the script's paths mean
 * - `content`: another maker of bodies than the built-in one
 * - `onCall`: told of each call once it has been dealt with
 * - `keep`: how many calls are remembered; all, unless said
 * @typedef {{ name: string, script: unknown, port?: number,
 *   pathOf?: (target: string) => string, onCall?: (call: Call) => void,
 *   content?: import("./answer.mjs").ContentOf, keep?: number }} OriginOptions
 */

/** What clients are given to notice that their idle connections were closed. */
const SETTLE_MS = 20;

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} target */
const withoutQuery = (target) => target.split("?", 1)[0];

export class ScriptedOrigin {
  /** @type {Call[]} */
  calls = [];
  /** Connections accepted so far. */
  connections = 0;
  /** Calls so far, also those no longer remembered. */
  count = 0;
  #own = false;
  #stopped = false;
  /** @type {net.Server | null} */
  #server = null;
  /** @type {Set<Connection>} */
  #open = new Set();

  /** @param {OriginOptions} options @param {number} port */
  constructor(options, port) {
    this.name = options.name;
    this.port = port;
    this.options = options;
    this.position = new Position(options.script);
  }

  /** @param {OriginOptions} options */
  static async start(options) {
    const origin = new ScriptedOrigin(
      options,
      options.port ?? (await holdPort()),
    );
    origin.#own = options.port === undefined;
    await origin.#followScript();
    return origin;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Puts a new script in place of the old; calls go on being counted. @param {unknown} script */
  async setScript(script) {
    this.position = new Position(script);
    await this.#followScript();
  }

  async stop() {
    this.#stopped = true;
    this.#close();
    for (const { socket } of this.#open) socket.destroy();
    if (this.#own) giveBackPort(this.port);
  }

  /** Listens, or does not, as the script has it now. */
  async #followScript() {
    if (this.position.refuses) return this.#refuse();
    if (this.#server) return;
    this.#server = net.createServer(
      { noDelay: true, allowHalfOpen: true },
      (socket) => this.#accept(socket),
    );
    await listenOn(this.#server, this.port);
  }

  #close() {
    this.#server?.close();
    this.#server = null;
  }

  /** Closes the port, and the idle connections with it: they would still be served. */
  async #refuse() {
    if (!this.#server) return;
    this.#close();
    const idle = [...this.#open].filter(({ busy }) => !busy);
    for (const { socket } of idle) socket.end();
    if (idle.length > 0) await sleep(SETTLE_MS);
    for (const { socket } of idle) socket.destroy();
  }

  /** @param {net.Socket} socket */
  #accept(socket) {
    this.connections += 1;
    const connection = new Connection(socket, this.connections, this.#owner());
    this.#open.add(connection);
    socket.once("close", () => this.#open.delete(connection));
    const fault = this.position.takeOnConnect();
    if (!fault) return void connection.serve();
    onConnect(fault, socket);
    if (this.position.refuses) this.#refuse();
  }

  /** @returns {Owner} */
  #owner() {
    return {
      take: (call) => this.#take(call),
      begin: (call) => this.#begin(call),
      end: (call) => this.options.onCall?.(call),
      mark: (call, answer) => `[[${this.name}#${answer.id ?? call.n}]]`,
      pathOf: this.options.pathOf ?? withoutQuery,
      content: this.options.content,
      leaving: () => this.#stopped || this.position.refuses,
    };
  }

  /** @param {Call} call */
  #take(call) {
    const behaviour = this.position.take(call);
    if (this.position.refuses) this.#refuse();
    return behaviour;
  }

  /** @param {Call} call */
  #begin(call) {
    this.count += 1;
    call.n = this.count;
    this.calls.push(call);
    const { keep = Infinity } = this.options;
    if (this.calls.length > keep) this.calls.shift();
  }
}
