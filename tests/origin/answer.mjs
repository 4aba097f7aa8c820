// @ts-check
/**
 * From a scripted answer and the request it answers to the bytes on the wire:
 * status line, header, body in the framing the script asks for, and how the
 * connection ends.
 */

import { STATUS_CODES } from "node:http";
import { gzipSync } from "node:zlib";
import { contentOf } from "./bodies.mjs";
import { headerMap } from "./message.mjs";

/** @typedef {import("./grammar.mjs").Answer} Answer */
/** @typedef {import("./bodies.mjs").Content} Content */
/** @typedef {{ method: string, path: string, headers: Record<string, string>, body: Buffer }} Asked */
/** @typedef {"keep" | "fin" | "rst"} Ending how the connection goes on afterwards */
/** @typedef {{ head: Buffer, body: Buffer, ending: Ending }} Wire */
/** @typedef {(answer: Answer, asked: Asked, mark: string) => Content} ContentOf */

const CHUNK = 16 * 1024;

/** @param {Buffer} bytes @param {number} [declared] */
function chunk(bytes, declared = bytes.length) {
  return Buffer.concat([
    Buffer.from(`${declared.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}

/** In at least two chunks, so that a break between chunks is possible. @param {Buffer} bytes */
function chunks(bytes) {
  const size = Math.max(1, Math.min(CHUNK, Math.ceil(bytes.length / 2)));
  const parts = [];
  for (let at = 0; at < bytes.length; at += size)
    parts.push(chunk(bytes.subarray(at, at + size)));
  return Buffer.concat(parts);
}

/** Lengthens a body that is too short to be broken off after `count` bytes. @param {Buffer} bytes @param {number} count */
function longerThan(bytes, count) {
  if (bytes.length > count) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(count + 1 - bytes.length, " ")]);
}

/**
 * The body in its framing.
 * @param {Answer["options"]} options @param {Buffer} bytes
 * @returns {{ framing: [string, string], body: Buffer, ending: Ending }}
 */
function frame(options, bytes) {
  const broken = ["cut", "rst", "chunked-cut", "torn"].find(
    (name) => name in options,
  );
  if (broken) return breakOff(broken, Number(options[broken]), bytes);
  if (!options.chunked)
    return { framing: length(bytes.length), body: bytes, ending: "keep" };
  return {
    framing: CHUNKED,
    body: Buffer.concat([chunks(bytes), Buffer.from("0\r\n\r\n")]),
    ending: "keep",
  };
}

/** @type {[string, string]} */
const CHUNKED = ["Transfer-Encoding", "chunked"];

/** @param {number} count @returns {[string, string]} */
const length = (count) => ["Content-Length", String(count)];

/**
 * @param {string} how @param {number} count @param {Buffer} bytes
 * @returns {{ framing: [string, string], body: Buffer, ending: Ending }}
 */
function breakOff(how, count, bytes) {
  const whole = longerThan(bytes, count);
  const sent = whole.subarray(0, count);
  if (how === "chunked-cut")
    return { framing: CHUNKED, body: chunks(sent), ending: "fin" };
  if (how === "torn") {
    const torn = chunk(sent, whole.length).subarray(0, -2);
    return { framing: CHUNKED, body: torn, ending: "fin" };
  }
  return {
    framing: length(whole.length),
    body: sent,
    ending: how === "rst" ? "rst" : "fin",
  };
}

/** @param {Asked} asked @param {Record<string, string>} own */
function notModified({ method, headers }, own) {
  if (method !== "GET" && method !== "HEAD") return false;
  const wanted = headers["if-none-match"];
  if (wanted !== undefined) {
    const tags = wanted.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    return (
      own.etag !== undefined &&
      (wanted.trim() === "*" || tags.includes(own.etag.replace(/^W\//, "")))
    );
  }
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return since >= Date.parse(own["last-modified"] ?? "");
}

/** @param {string | undefined} range @param {number} size @returns {[number, number] | "bad" | null} */
function rangeOf(range, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === undefined || (from === "" && to === "")) return null;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last =
    from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last ? "bad" : [first, last];
}

/**
 * @param {string | undefined} range @param {Buffer} bytes
 * @returns {{ status: number, bytes: Buffer, extra: [string, string][] }}
 */
function partOf(range, bytes) {
  const span = rangeOf(range, bytes.length);
  if (span === null)
    return { status: 200, bytes, extra: [["Accept-Ranges", "bytes"]] };
  if (span === "bad") {
    return {
      status: 416,
      bytes: Buffer.alloc(0),
      extra: [["Content-Range", `bytes */${bytes.length}`]],
    };
  }
  const [first, last] = span;
  const extra = /** @type {[string, string]} */ ([
    "Content-Range",
    `bytes ${first}-${last}/${bytes.length}`,
  ]);
  return {
    status: 206,
    bytes: bytes.subarray(first, last + 1),
    extra: [extra],
  };
}

/** @param {number} status @param {[string, string][]} list */
function headBytes(status, list) {
  const lines = list.map(([name, value]) => `${name}: ${value}`);
  const reason = STATUS_CODES[status] ?? "Unknown";
  return Buffer.from(
    [`HTTP/1.1 ${status} ${reason}`, ...lines, "", ""].join("\r\n"),
    "latin1",
  );
}

/** The script's own headers win over the origin's. @param {[string, string][]} defaults @param {[string, string][]} own */
function withOwn(defaults, own) {
  const named = new Set(own.map(([name]) => name.toLowerCase()));
  return [
    ...defaults.filter(([name]) => !named.has(name.toLowerCase())),
    ...own,
  ];
}

/** @param {Answer["options"]} options */
const isPacked = (options) => "gzip" in options || "gzip-cut" in options;

/** The body as it is packed; a packing that breaks off is whole by its framing. @param {Answer["options"]} options @param {Buffer} bytes */
function coding(options, bytes) {
  if (!isPacked(options)) return bytes;
  const packed = gzipSync(bytes);
  return "gzip-cut" in options
    ? packed.subarray(0, Number(options["gzip-cut"]))
    : packed;
}

/**
 * The answer as bytes.
 * @param {Answer} answer @param {Asked} asked
 * @param {{ mark: string, content?: ContentOf }} context
 * @returns {Wire}
 */
export function wireOf(
  answer,
  asked,
  { mark, content = (...given) => contentOf(...given) },
) {
  const { options, headers } = answer;
  /** @type {[string, string][]} */
  const base = [
    ["Date", new Date().toUTCString()],
    ["X-Answer", mark.replace(/[[\]]/g, "")],
  ];
  if (
    options.cond &&
    answer.status === 200 &&
    notModified(asked, headerMap(headers))
  ) {
    return {
      head: headBytes(304, withOwn(base, headers)),
      body: Buffer.alloc(0),
      ending: "keep",
    };
  }
  const said = content(answer, asked, mark);
  const coded = coding(options, said.bytes);
  const part = options.partial
    ? partOf(asked.headers.range, coded)
    : { status: 200, bytes: coded, extra: [] };
  const status = part.status === 200 ? answer.status : part.status;
  return sealed(status, answer, asked, {
    said,
    base: [...base, ...part.extra],
    bytes: part.bytes,
  });
}

/**
 * @param {number} status @param {Answer} answer @param {Asked} asked
 * @param {{ said: Content, base: [string, string][], bytes: Buffer }} made
 * @returns {Wire}
 */
function sealed(status, { options, headers }, asked, { said, base, bytes }) {
  if (status === 204 || status === 304) {
    return {
      head: headBytes(status, withOwn(base, headers)),
      body: Buffer.alloc(0),
      ending: "keep",
    };
  }
  const { framing, body, ending } = frame(options, bytes);
  /** @type {[string, string][]} */
  const described = [...base, ["Content-Type", said.type], framing];
  if (isPacked(options)) described.push(["Content-Encoding", "gzip"]);
  const head = headBytes(status, withOwn(described, headers));
  return {
    head,
    body: asked.method === "HEAD" ? Buffer.alloc(0) : body,
    ending,
  };
}
