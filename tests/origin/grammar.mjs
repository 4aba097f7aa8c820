// @ts-check
/**
 * The words an origin's script is written in, turned into values.
 *
 * A script is data in a case file, so a typing error in it must be an error
 * with a name and never a behaviour that silently does less. Everything past
 * this module handles values only.
 */

import { matches } from "./matchers.mjs";
import {
  OPTIONS,
  parseHeaders,
  parseOptions,
  reject,
  TOKEN,
} from "./words.mjs";

/** @typedef {import("./words.mjs").Options} Options */
/** @typedef {import("./matchers.mjs").Matcher} Matcher */
/**
 * @typedef {"refuse" | "reset-on-connect" | "close-on-connect" | "reset" |
 *   "close" | "hang" | "junk" | "drop-reused" | "upgrade"} FaultName
 */
/** @typedef {{ kind: "fault", text: string, fault: FaultName, options: Options }} Fault */
/**
 * @typedef {{ kind: "answer", text: string, status: number, id: string | null,
 *   headers: [string, string][], options: Options }} Answer
 */
/**
 * @typedef {{ kind: "choice", text: string, otherwise: Behaviour,
 *   branches: { matches: (headers: Record<string, string>) => boolean, then: Behaviour }[] }} Choice
 */
/** @typedef {{ kind: "hints", text: string, headers: [string, string][], then: Behaviour }} Hints */
/** @typedef {Fault | Answer | Choice | Hints} Behaviour */
/** @typedef {{ paths: false, list: Behaviour[] } | { paths: true, lists: Map<string, Behaviour[]> }} Script */

/** Which options a fault may carry. @type {Record<FaultName, string[]>} */
const FAULTS = {
  refuse: [],
  "reset-on-connect": [],
  "close-on-connect": [],
  reset: ["slow"],
  close: ["slow"],
  hang: [],
  junk: ["slow"],
  "drop-reused": [],
  upgrade: ["slow"],
};

/** @param {string} text @returns {Fault | null} */
function parseFault(text) {
  const [name] = text.split(/\s/, 1);
  if (!Object.hasOwn(FAULTS, name)) return null;
  const fault = /** @type {FaultName} */ (name);
  const options = parseOptions(text, text.slice(name.length), FAULTS[fault]);
  return { kind: "fault", text, fault, options };
}

/** @param {string} text @returns {Answer} */
function parseAnswer(text) {
  const found = /^([2-9]\d\d)(?:#([\w.-]+))?(?:\[(.*?)\](?=\s|$))?(.*)$/.exec(
    text,
  );
  if (!found) return reject(text, "neither a fault nor a status answer");
  const [, status, id, inside, rest] = found;
  return {
    kind: "answer",
    text,
    status: Number(status),
    id: id ?? null,
    headers: parseHeaders(text, inside),
    options: parseOptions(text, rest, Object.keys(OPTIONS)),
  };
}

/** @param {string} text @param {unknown} value @param {string[]} keys @returns {Record<string, unknown>} */
function objectWith(text, value, keys) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return reject(text, `an object with ${keys.join(", ")} is needed`);
  }
  const unknown = Object.keys(value).filter((key) => !keys.includes(key));
  if (unknown.length > 0)
    reject(text, `unknown key ${JSON.stringify(unknown[0])}`);
  const missing = keys.filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0) reject(text, `${missing[0]} is missing`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * Each header with what it must be: from "name" (is there), "name: matcher" or
 * an object of matchers.
 * @param {string} text @param {unknown} header @returns {[string, Matcher][]}
 */
function headerMatchers(text, header) {
  if (typeof header === "object" && header !== null)
    return Object.entries(header);
  const [, name, matcher] =
    /^([^:\s]+)(?::\s*(.*))?$/.exec(String(header)) ?? [];
  if (!name) return reject(text, `${JSON.stringify(header)} names no header`);
  return [[name, matcher ?? "*"]];
}

/** @param {string} text @param {unknown} header @returns {(headers: Record<string, string>) => boolean} */
function parseCondition(text, header) {
  const wanted = headerMatchers(text, header);
  for (const [name] of wanted) {
    if (!TOKEN.test(name))
      reject(text, `${JSON.stringify(name)} is no header name`);
  }
  return (headers) =>
    wanted.every(([name, matcher]) =>
      matches(matcher, headers[name.toLowerCase()]),
    );
}

/** @param {string} text @param {Record<string, unknown>} value @returns {Choice} */
function parseChoice(text, value) {
  const { when, else: otherwise } = objectWith(text, value, ["when", "else"]);
  if (!Array.isArray(when) || when.length === 0)
    reject(text, '"when" is a list');
  const branches = /** @type {unknown[]} */ (when).map((branch) => {
    const { header, do: then } = objectWith(text, branch, ["header", "do"]);
    return {
      matches: parseCondition(text, header),
      then: parseInner(text, then),
    };
  });
  return {
    kind: "choice",
    text,
    branches,
    otherwise: parseInner(text, otherwise),
  };
}

/** @param {string} text @param {Record<string, unknown>} value @returns {Hints} */
function parseHints(text, value) {
  const { early103, then } = objectWith(text, value, ["early103", "then"]);
  const headers = Object.entries(Object(early103)).flatMap(([name, content]) =>
    [content]
      .flat()
      .map((one) => /** @type {[string, unknown]} */ ([name, one])),
  );
  for (const [name, content] of headers) {
    if (!TOKEN.test(name) || typeof content !== "string")
      reject(text, `header ${name}`);
  }
  return {
    kind: "hints",
    text,
    headers: /** @type {[string, string][]} */ (headers),
    then: parseInner(text, then),
  };
}

/** A behaviour inside another can only be one that follows a request. @param {string} text @param {unknown} value */
function parseInner(text, value) {
  const inner = parseBehaviour(value);
  if (beforeRequest(inner) || isFault(inner, "drop-reused")) {
    reject(text, `${inner.text} can't depend on a request`);
  }
  return inner;
}

/** @param {unknown} value @returns {Behaviour} */
export function parseBehaviour(value) {
  if (typeof value === "string") return parseFault(value) ?? parseAnswer(value);
  const text = JSON.stringify(value) ?? "undefined";
  if (typeof value !== "object" || value === null)
    return reject(text, "a string or an object is needed");
  const object = /** @type {Record<string, unknown>} */ (value);
  if ("when" in object) return parseChoice(text, object);
  if ("early103" in object) return parseHints(text, object);
  return reject(text, 'an object with "when" or "early103" is needed');
}

/** @param {Behaviour} behaviour @param {FaultName} name */
export function isFault(behaviour, name) {
  return behaviour.kind === "fault" && behaviour.fault === name;
}

/** Whether it happens before any request can be read. @param {Behaviour} behaviour */
export function beforeRequest(behaviour) {
  return ["refuse", "reset-on-connect", "close-on-connect"].some((name) =>
    isFault(behaviour, /** @type {FaultName} */ (name)),
  );
}

/** @param {unknown} value @returns {Behaviour[]} */
function parseList(value) {
  if (!Array.isArray(value) || value.length === 0) {
    throw new Error(
      `script ${JSON.stringify(value)}: a list of behaviours is needed`,
    );
  }
  const list = value.map(parseBehaviour);
  list.forEach((behaviour, index) => {
    const last = index === list.length - 1;
    if (isFault(behaviour, "refuse") && !last) {
      reject(
        behaviour.text,
        "nothing can follow it: a refused connection is never seen",
      );
    }
    if (isFault(behaviour, "drop-reused") && last) {
      reject(
        behaviour.text,
        "another behaviour must follow it, for a new connection",
      );
    }
  });
  return list;
}

/** A list of behaviours, or one list per path. @param {unknown} value @returns {Script} */
export function parseScript(value) {
  if (Array.isArray(value)) return { paths: false, list: parseList(value) };
  if (
    typeof value !== "object" ||
    value === null ||
    Object.keys(value).length === 0
  ) {
    throw new Error(
      `script ${JSON.stringify(value)}: a list, or lists by path, are needed`,
    );
  }
  const lists = new Map(
    Object.entries(value).map(([path, list]) => [path, parseList(list)]),
  );
  for (const [path, list] of lists) {
    if (path !== "*" && !path.startsWith("/"))
      throw new Error(`script path ${JSON.stringify(path)}`);
    const early = list.find(beforeRequest);
    if (early) reject(early.text, "it can't depend on a path");
  }
  return { paths: true, lists };
}
