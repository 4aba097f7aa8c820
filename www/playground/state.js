// @ts-check
/**
 * What is composed, as the form has it: text throughout, so that nothing a person types
 * is lost. It goes into the address, and into a scenario for the core.
 */
import { parse } from "smol-toml";
import { PRESETS } from "./presets.js";

/**
 * @typedef {object} Fault
 * @property {string} what
 * @property {string} [status]
 * @property {string} [retry_after]
 * @property {string} [after]
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} [share]
 * @property {string} [origin]
 */

/**
 * @typedef {object} State
 * @property {string} policy as in wrangler.toml
 * @property {string} method
 * @property {string} path
 * @property {string} who
 * @property {string} fields
 * @property {string} body
 * @property {string} every
 * @property {string} for
 * @property {string} copy
 * @property {string} takes
 * @property {string} answered
 * @property {string} seed
 * @property {Fault[]} faults
 */

/** The defaults, to be changed. */
const USUAL_POLICY = `[vars.LASTGOOD]
# attempts = 3
# soft_deadline = "700ms"
# stale = "24h"
`;

/** @type {State} */
const USUAL = {
  policy: USUAL_POLICY,
  method: "GET",
  path: "/",
  who: "browser",
  fields: "",
  body: "",
  every: "",
  for: "",
  copy: "",
  takes: "40ms",
  answered: "Cache-Control: max-age=60",
  seed: "1",
  faults: [],
};

/** What each of those who ask sends, as far as it decides. */
/** @type {Record<string, Record<string, string>>} */
const ASKERS = {
  browser: {
    accept: "text/html,*/*;q=0.8",
    "accept-language": "en",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
  },
  script: {
    accept: "*/*",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
  },
  image: { accept: "image/*,*/*;q=0.8", "sec-fetch-dest": "image" },
  client: { accept: "application/json" },
};

const FAULT_FIELDS = /** @type {(keyof Fault)[]} */ ([
  "what",
  "status",
  "retry_after",
  "after",
  "from",
  "to",
  "share",
  "origin",
]);

/** Nobody composes more than this; an address may come from anywhere. */
const MOST_FAULTS = 12;
const LONGEST_TEXT = 5000;

/** @param {Partial<State>} differs */
export const stateOf = (differs) => ({ ...USUAL, ...differs });

/**
 * What an address says: a scenario, the name of a preset, or the first preset.
 * @param {string} fragment without the `#`
 * @returns {State}
 */
export function fromAddress(fragment) {
  const preset = PRESETS.find(({ name }) => name === fragment) ?? PRESETS[0];
  const coded = /^s=([\w-]+)$/.exec(fragment)?.[1];
  if (!coded) return stateOf(preset.state);
  try {
    const bytes = Uint8Array.from(
      atob(coded.replaceAll("-", "+").replaceAll("_", "/")),
      (char) => char.charCodeAt(0),
    );
    return cleaned(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return stateOf(preset.state);
  }
}

/**
 * The address of a state: a preset's name, if it is one as it stands.
 * @param {State} state
 */
export function toAddress(state) {
  const preset = presetOf(state);
  if (preset) return preset.name;
  const usual = Object.entries(USUAL);
  const differs = usual
    .map(([name]) => name)
    .filter((name) => !same(field(state, name), field(USUAL, name)));
  const told = Object.fromEntries(
    differs.map((name) => [name, field(state, name)]),
  );
  const bytes = new TextEncoder().encode(JSON.stringify(told));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const coded = btoa(text).replaceAll("+", "-").replaceAll("/", "_");
  return `s=${coded.replaceAll("=", "")}`;
}

/** @param {State} state */
export const presetOf = (state) =>
  PRESETS.find((preset) => same(stateOf(preset.state), state));

/**
 * @param {State} state
 * @param {string} name
 */
const field = (state, name) =>
  /** @type {Record<string, unknown>} */ ({ ...state })[name];

/**
 * @param {unknown} one
 * @param {unknown} other
 */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * A state out of anything: what is no text is left out.
 * @param {any} told
 */
function cleaned(told) {
  const texts = Object.entries(USUAL)
    .filter(([name]) => name !== "faults" && isText(told?.[name]))
    .map(([name]) => [name, told[name]]);
  const faults = Array.isArray(told?.faults) ? told.faults : [];
  return stateOf({
    ...Object.fromEntries(texts),
    faults: faults.slice(0, MOST_FAULTS).map(cleanedFault),
  });
}

/** @param {any} told @returns {Fault} */
function cleanedFault(told) {
  const texts = FAULT_FIELDS.filter((name) => isText(told?.[name]));
  return {
    what: "status",
    ...Object.fromEntries(texts.map((name) => [name, told[name]])),
  };
}

/** @param {unknown} value */
const isText = (value) =>
  typeof value === "string" && value.length <= LONGEST_TEXT;

/**
 * The scenario for the core, and what of it is no TOML.
 * @param {State} state
 * @returns {{ scenario: object, wrong?: string }}
 */
export function scenarioOf(state) {
  const { vars, wrong } = settings(state.policy);
  const scenario = {
    origin: vars.ORIGIN,
    lastgood: vars.LASTGOOD,
    request: {
      method: state.method,
      path: state.path,
      fields: { ...ASKERS[state.who], ...fieldsOf(state.fields) },
      body: numberOf(state.body),
    },
    every: durationOf(state.every),
    for: durationOf(state.for),
    copy: state.copy ? { age: state.copy } : undefined,
    answers: {
      after: state.takes || USUAL.takes,
      fields: fieldsOf(state.answered),
    },
    faults: state.faults.map(faultOf),
    seed: numberOf(state.seed) ?? 1,
  };
  // As JSON has it: dates, which TOML knows, become text.
  return { scenario: JSON.parse(JSON.stringify(scenario)), wrong };
}

/** @param {string} text */
function settings(text) {
  try {
    const read = /** @type {any} */ (parse(text));
    return { vars: Object(read.vars) };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { vars: {}, wrong: message.split("\n")[0] };
  }
}

/** @param {Fault} fault */
const faultOf = ({
  what,
  status,
  retry_after,
  after,
  from,
  to,
  share,
  origin,
}) =>
  withoutNothing({
    what,
    status: what === "status" ? numberOf(status) : undefined,
    retry_after: what === "status" ? durationOf(retry_after) : undefined,
    after: durationOf(after),
    from: durationOf(from),
    to: durationOf(to),
    share: numberOf(share),
    origin: numberOf(origin),
  });

/** @param {string} [text] */
const durationOf = (text) => text?.trim() || undefined;

/** What is no number is handed on as it is, for the core to name. @param {string} [text] */
function numberOf(text) {
  const trimmed = text?.trim();
  if (!trimmed) return undefined;
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** `Name: value`, one per line. @param {string} text */
const fieldsOf = (text) =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const [name, ...rest] = line.split(":");
        return [name.trim().toLowerCase(), rest.join(":").trim()];
      }),
  );

/** @param {Record<string, unknown>} table */
const withoutNothing = (table) =>
  Object.fromEntries(
    Object.entries(table).filter(([, value]) => value !== undefined),
  );
