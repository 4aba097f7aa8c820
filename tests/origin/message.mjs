// @ts-check
/**
 * HTTP/1.1 messages as both ends of a case read them: a head, and a body whose
 * end is judged by its framing and by nothing else.
 */

/** @typedef {import("./bytes.mjs").ByteReader} ByteReader */
/** @typedef {[string, string][]} HeaderList */
/** @typedef {{ start: string[], list: HeaderList, headers: Record<string, string> }} Head */

/** Longest head that is read: far above what any gateway sends. */
const HEAD_LIMIT = 128 * 1024;

/** @param {string} name */
const joint = (name) => (name === "cookie" ? "; " : ", ");

/** Header fields by lower-case name, repeated ones joined. @param {HeaderList} list */
export function headerMap(list) {
  /** @type {Record<string, string>} */
  const map = {};
  for (const [name, value] of list) {
    const key = name.toLowerCase();
    map[key] = key in map ? map[key] + joint(key) + value : value;
  }
  return map;
}

/** @param {string} line @returns {[string, string]} */
function headerLine(line) {
  const colon = line.indexOf(":");
  if (colon <= 0)
    throw new Error(`not a header: ${JSON.stringify(line.slice(0, 80))}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/**
 * The next head; null when the stream ends instead. The start line is split
 * into its three parts, the last of which may hold spaces.
 * @param {ByteReader} reader @returns {Promise<Head | null>}
 */
export async function readHead(reader) {
  const text = await reader.through("\r\n\r\n", HEAD_LIMIT);
  if (text === null) return null;
  const [first, ...lines] = text.slice(0, -4).split("\r\n");
  const [, one, two, three] = /^(\S+) (\S+)(?: (.*))?$/.exec(first) ?? [];
  if (!one) throw new Error(`not HTTP: ${JSON.stringify(first.slice(0, 80))}`);
  const list = lines.map(headerLine);
  return { start: [one, two, three ?? ""], list, headers: headerMap(list) };
}

/** @param {ByteReader} reader @param {(bytes: Buffer) => void} sink */
async function readChunks(reader, sink) {
  for (;;) {
    const line = await reader.through("\r\n", 1024);
    if (line === null) return false;
    if (!/^[0-9a-f]{1,12}\s*(;.*)?\r\n$/i.test(line)) return false;
    const size = parseInt(line, 16);
    if (size === 0) return readTrailers(reader);
    if (!(await reader.exactly(size, sink))) return false;
    if (!(await lineEnds(reader))) return false;
  }
}

/** @param {ByteReader} reader */
async function lineEnds(reader) {
  let end = "";
  const whole = await reader.exactly(
    2,
    (bytes) => (end += bytes.toString("latin1")),
  );
  return whole && end === "\r\n";
}

/** @param {ByteReader} reader */
async function readTrailers(reader) {
  for (;;) {
    const line = await reader.through("\r\n", HEAD_LIMIT);
    if (line === null) return false;
    if (line === "\r\n") return true;
  }
}

/** @param {ByteReader} reader @param {(bytes: Buffer) => void} sink */
async function readToEnd(reader, sink) {
  for (;;) {
    const bytes = await reader.some();
    if (!bytes) return reader.error === null;
    sink(bytes);
  }
}

/**
 * Reads a body by its framing; true when it came whole.
 * @param {ByteReader} reader @param {Record<string, string>} headers
 * @param {(bytes: Buffer) => void} sink @param {"nothing" | "to-end"} unframed
 */
export async function readBody(reader, headers, sink, unframed) {
  if (/\bchunked\s*$/i.test(headers["transfer-encoding"] ?? "")) {
    return readChunks(reader, sink);
  }
  const length = headers["content-length"];
  if (length !== undefined) return reader.exactly(Number(length), sink);
  return unframed === "nothing" ? true : readToEnd(reader, sink);
}
