// @ts-check
/**
 * Reads case files and refuses what it doesn't understand: a misspelt key or
 * behaviour would otherwise make a case that can't fail.
 */

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseScript } from "../../origin/grammar.mjs";
import { pattern } from "../../origin/matchers.mjs";
import { originNames } from "./settings.mjs";

/** @typedef {Record<string, any>} Step */
/**
 * @typedef {{ id: string, about: string, needs?: string[], policy?: Record<string, any>,
 *   mayRefuse?: boolean, origins: Record<string, unknown>, steps: Step[] }} Case
 */
/** @typedef {{ id: string, about: string, faults: string[], kase: Case | null }} Loaded */
/** @typedef {Map<string, { why: string, until: string }>} Expected */

/** Files beside the cases that hold none. */
const NO_CASES = ["schema.json", "expected.json"];
const SCHEMA = fileURLToPath(new URL("../schema.json", import.meta.url));
const SHOWN_FAULTS = 4;

/** @param {string} file @returns {Promise<any>} */
async function readJson(file) {
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: ${/** @type {Error} */ (error).message}`);
  }
}

async function validator() {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictTypes: false,
  });
  const schema = await readJson(SCHEMA);
  ajv.addSchema(schema);
  const validate = ajv.compile({ $ref: `${schema.$id}#/$defs/case` });
  return (/** @type {unknown} */ value) => {
    if (validate(value)) return [];
    const whys = (validate.errors ?? []).filter(telling).map(describe);
    return [...new Set(whys)].slice(0, SHOWN_FAULTS);
  };
}

/** @typedef {import("ajv").ErrorObject} ErrorObject */

/**
 * Leaves out what only follows from another error: that a step is of no other
 * kind either, that a key counts for nothing because of what is in it.
 * @param {ErrorObject} error @param {number} _ @param {ErrorObject[]} all
 */
function telling({ keyword, schemaPath, instancePath }, _, all) {
  if (keyword === "if" || schemaPath.includes("/oneOf/")) return false;
  const inside = all.some((other) =>
    other.instancePath.startsWith(`${instancePath}/`),
  );
  return keyword !== "unevaluatedProperties" || !inside;
}

/** @param {ErrorObject} error */
function describe({ instancePath, keyword, message, params, data }) {
  const key = params.additionalProperty ?? params.unevaluatedProperty;
  const kind = `${JSON.stringify(Object.keys(Object(data)))} is no kind of step, or more than one`;
  const what = key
    ? `unknown key ${JSON.stringify(key)}`
    : keyword === "oneOf"
      ? kind
      : message;
  return `${instancePath || "/"}: ${what}`;
}

/** @param {Step[]} steps @returns {Step[]} */
const flat = (steps) =>
  steps.flatMap((step) => [
    step,
    ...(step.parallel ? flat(step.parallel) : []),
  ]);

/** @param {unknown} value @returns {string[]} */
function stringsIn(value) {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap(stringsIn)
    : [];
}

/** @param {Step} step */
function matchersOf({ expect, calls, connections, seen, gaps, ms }) {
  return stringsIn({ expect, calls, connections, seen, gaps, ms });
}

/** @param {() => unknown} attempt @returns {string[]} */
function faultOf(attempt) {
  try {
    attempt();
    return [];
  } catch (error) {
    return [/** @type {Error} */ (error).message];
  }
}

/** @param {Case} kase */
function scriptFaults({ origins, steps }) {
  const scripts = [
    origins,
    ...flat(steps).map((step) => step.origin ?? {}),
  ].flatMap(Object.values);
  return scripts.flatMap((script) => faultOf(() => parseScript(script)));
}

/** @param {Case} kase */
function patternFaults({ steps }) {
  const sources = flat(steps)
    .flatMap(matchersOf)
    .flatMap((text) => /^!?~(.*)$/s.exec(text)?.[1] ?? []);
  return sources.flatMap((source) => faultOf(() => pattern(source)));
}

/** @param {Case} kase */
function namesIn({ policy, steps }) {
  const named = flat(steps).flatMap(
    ({ origin, calls, connections, seen, gaps, exercised }) => [
      ...Object.keys({ ...origin, ...calls, ...connections }),
      ...[seen, gaps, exercised].flatMap((watched) => watched?.origin ?? []),
    ],
  );
  return [...originNames(policy), ...named];
}

/** @param {Case} kase */
function nameFaults(kase) {
  const unknown = namesIn(kase).filter(
    (name) => !Object.hasOwn(kase.origins, name),
  );
  return [...new Set(unknown)].map((name) => `origin ${name} has no script`);
}

/** @param {any} value @param {(value: unknown) => string[]} validate @returns {Loaded} */
function check(value, validate) {
  const { id = "?", about = "" } = value ?? {};
  const shape = validate(value);
  const faults =
    shape.length > 0
      ? shape
      : [scriptFaults, patternFaults, nameFaults].flatMap((each) =>
          each(value),
        );
  return {
    id: String(id),
    about: String(about),
    faults,
    kase: faults.length === 0 ? value : null,
  };
}

/** @param {string} dir */
async function caseFiles(dir) {
  const names = (await readdir(dir)).filter(
    (name) => name.endsWith(".json") && !NO_CASES.includes(name),
  );
  if (names.length === 0) throw new Error(`${dir}: no case files`);
  return names.sort().map((name) => path.join(dir, name));
}

/** Every case of a directory, the faulty ones with what is wrong. @param {string} dir @returns {Promise<Loaded[]>} */
export async function loadCases(dir) {
  const validate = await validator();
  /** @type {Loaded[]} */
  const loaded = [];
  for (const file of await caseFiles(dir)) {
    const values = await readJson(file);
    if (!Array.isArray(values)) throw new Error(`${file}: not a list of cases`);
    loaded.push(...values.map((value) => check(value, validate)));
  }
  const twice = loaded.find(
    ({ id }, index) => loaded.findIndex((other) => other.id === id) < index,
  );
  if (twice) throw new Error(`${dir}: two cases are called ${twice.id}`);
  return loaded;
}

/** @param {unknown} entry @returns {entry is { why: string, until: string }} */
function isReason(entry) {
  if (typeof entry !== "object" || entry === null) return false;
  const keys = Object.keys(entry).sort().join();
  return (
    keys === "until,why" &&
    Object.values(entry).every((text) => typeof text === "string" && text)
  );
}

/** The failures a directory lists as known. @param {string} dir @param {Loaded[]} loaded @returns {Promise<Expected>} */
export async function loadExpected(dir, loaded) {
  const names = await readdir(dir);
  if (!names.includes("expected.json")) return new Map();
  const entries = Object.entries(
    await readJson(path.join(dir, "expected.json")),
  );
  for (const [id, entry] of entries) {
    if (!loaded.some((one) => one.id === id))
      throw new Error(`expected.json: no case ${id}`);
    if (!isReason(entry))
      throw new Error(
        `expected.json: ${id} needs "why" and "until", nothing else`,
      );
  }
  return new Map(/** @type {any} */ (entries));
}
