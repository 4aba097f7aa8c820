// @ts-check
/**
 * A scripted origin that speaks HTTP/2, for what browsers do over nothing else:
 * a stream as the body of a request. It knows answers and nothing of faults.
 */
import http2 from "node:http2";
import { contentOf } from "../../origin/bodies.mjs";
import { Position } from "../../origin/script.mjs";
import { selfSigned } from "./certificate.mjs";

/** @typedef {import("../../origin/connection.mjs").Call} Call */
/** @typedef {import("../../origin/answer.mjs").ContentOf} ContentOf */

/** @param {http2.Http2ServerRequest} request */
async function bodyOf(request) {
  /** @type {Buffer[]} */
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

export class Http2Origin {
  /** @type {Call[]} */
  calls = [];

  /** @param {unknown} script @param {ContentOf} content */
  constructor(script, content) {
    this.position = new Position(script);
    this.content = content;
    this.server = http2.createSecureServer(selfSigned(), (request, response) =>
      this.#answer(request, response).catch(() => response.stream?.destroy()),
    );
  }

  /** @param {{ script: unknown, content?: ContentOf }} options */
  static async start({ script, content = (...given) => contentOf(...given) }) {
    const origin = new Http2Origin(script, content);
    await new Promise((resolve) =>
      origin.server.listen(0, "127.0.0.1", () => resolve(null)),
    );
    return origin;
  }

  get url() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (
      this.server.address()
    );
    return `https://127.0.0.1:${port}`;
  }

  /** @param {unknown} script */
  async setScript(script) {
    this.position = new Position(script);
  }

  async stop() {
    this.server.close();
  }

  /** @param {http2.Http2ServerRequest} request @param {http2.Http2ServerResponse} response */
  async #answer(request, response) {
    const call = this.#call(request);
    this.calls.push(call);
    const behaviour = this.position.take(call);
    call.body = await bodyOf(request);
    if (behaviour.kind !== "answer")
      throw new Error(`${behaviour.text} is not for HTTP/2`);
    const mark = `[[O1#${behaviour.id ?? this.calls.length}]]`;
    const { type, bytes } = this.content(behaviour, call, mark);
    const own = Object.fromEntries(behaviour.headers);
    delete own.Connection;
    response.writeHead(behaviour.status, { "content-type": type, ...own });
    response.end(bytes);
  }

  /** @param {http2.Http2ServerRequest} request @returns {Call} */
  #call({ method, url, headers }) {
    const plain = Object.entries(headers).map(([name, value]) => [
      name,
      String(value),
    ]);
    return {
      ...{ n: 0, at: performance.now(), method, target: url },
      path: url.split("?", 1)[0],
      headers: Object.fromEntries(plain),
      ...{ list: [], body: Buffer.alloc(0), bodyComplete: true },
      ...{ connection: 1, reused: false, behaviour: "", fault: null },
    };
  }
}
