// @ts-check
/**
 * The built worker with a core that traps, for tests of what happens then. The
 * product holds no hook for it: a copy of its wasm is altered, so that one
 * export executes `unreachable` when it meets something of the hexed request,
 * and does its work for all others.
 */
import binaryen from "binaryen";
import { builtCode } from "./worker.mjs";

/** Text this long marks what meets the trap. */
const LONG = 3000;
/** A query by which a request meets the trap. */
export const HEX = `?hex=${"x".repeat(LONG)}`;

/**
 * Which parameter of an export is the length of a text by which the hexed
 * request is known: its URL, or for `seal` the fields of its answer.
 * @type {Record<string, number>}
 */
const LENGTH_AT = {
  open: 3,
  settle: 3,
  exchange_new: 3,
  hit: 3,
  stand_in: 3,
  missed: 3,
  fetched: 3,
  claim_copy: 3,
  body_limit: 3,
  broke_off: 1,
  seal: 4,
  spread: 1,
};

/** Exports with nothing to tell requests apart by: they trap for all. */
const FOR_ALL = [
  ...["configure", "learn", "learn_purges", "maintenance_wish"],
  ...["probed", "purge_wish", "purges_with", "report", "world_merge"],
];

/** The exchange that was made for the hexed request. */
const MARKED = "the hexed exchange";

const { i32 } = binaryen;

/** @typedef {InstanceType<typeof binaryen.Module>} Module */

/** Whether this instance made an exchange. */
const MADE = "an exchange was made";

/**
 * The worker, with one export of its core trapping for hexed requests.
 * @param {string} name of the export
 * @param {{ onlyFreesItsOwn?: boolean }} [also] an instance traps, too, that is to
 *   free an exchange and never made one
 */
export function hexedCode(name, { onlyFreesItsOwn = false } = {}) {
  const { script, wasm } = builtCode();
  const module = binaryen.readBinary(wasm);
  if (isOfExchange(name)) markExchange(module);
  if (onlyFreesItsOwn) guardFrees(module);
  wrap(module, name, (inner) =>
    module.if(condition(module, name), module.unreachable(), inner()),
  );
  if (!module.validate()) throw new Error(`the hexed ${name} is not valid`);
  const hexed = { script, wasm: module.emitBinary() };
  module.dispose();
  return hexed;
}

/** @param {string} name */
const isOfExchange = (name) =>
  name.startsWith("exchange_") && !(name in LENGTH_AT);

/** @param {Module} module @param {string} name */
function condition(module, name) {
  if (FOR_ALL.includes(name)) return module.i32.const(1);
  if (name in LENGTH_AT) return isLong(module, LENGTH_AT[name]);
  const self = module.local.get(0, i32);
  return module.i32.eq(self, module.global.get(MARKED, i32));
}

/** @param {Module} module @param {number} parameter */
const isLong = (module, parameter) =>
  module.i32.ge_u(module.local.get(parameter, i32), module.i32.const(LONG));

/** Remembers which exchange belongs to the hexed request. @param {Module} module */
function markExchange(module) {
  module.addGlobal(MARKED, i32, true, module.i32.const(0));
  const marked = () => module.global.get(MARKED, i32);
  wrap(module, "exchange_new", (inner) => {
    const mark = module.block(
      null,
      [module.global.set(MARKED, inner()), marked()],
      i32,
    );
    return module.if(isLong(module, LENGTH_AT.exchange_new), mark, inner());
  });
}

/** @param {Module} module */
function guardFrees(module) {
  module.addGlobal(MADE, i32, true, module.i32.const(0));
  const mark = () => module.global.set(MADE, module.i32.const(1));
  wrap(module, "exchange_new", (inner) =>
    module.block(null, [mark(), inner()], i32),
  );
  const made = () => module.global.get(MADE, i32);
  wrap(module, "__wbg_exchange_free", (inner) =>
    module.if(made(), inner(), module.unreachable()),
  );
}

/**
 * Puts a function around an exported one, under the same name.
 * @param {Module} module
 * @param {string} name
 * @param {(inner: () => number) => number} body
 */
function wrap(module, name, body) {
  const known = binaryen.getExportInfo(module.getExport(name)).value;
  const { params, results } = binaryen.getFunctionInfo(
    module.getFunction(known),
  );
  const types = binaryen.expandType(params);
  const inner = () =>
    module.call(
      known,
      types.map((type, index) => module.local.get(index, type)),
      results,
    );
  const outer = `hexed ${name}`;
  module.addFunction(outer, params, results, [], body(inner));
  module.removeExport(name);
  module.addFunctionExport(outer, name);
}
