// @ts-check
/**
 * Where an origin stands in its script: which behaviour comes next.
 *
 * Kept apart from the sockets because two of the rules are easy to get subtly
 * wrong: the last behaviour repeats for ever, and `drop-reused` gives way to
 * its successor on a connection that was never used.
 */

import {
  beforeRequest,
  isFault,
  parseBehaviour,
  parseScript,
} from "./grammar.mjs";

/** @typedef {import("./grammar.mjs").Behaviour} Behaviour */
/** @typedef {import("./grammar.mjs").Fault} Fault */
/** @typedef {{ list: Behaviour[], next: number }} Track */

const UNSCRIPTED = parseBehaviour("404#unscripted");

/** @param {Behaviour[]} list @returns {Track} */
const track = (list) => ({ list, next: 0 });

/** @param {Track} track */
const current = ({ list, next }) => list[Math.min(next, list.length - 1)];

/** @param {Track} track */
function advance(track) {
  const behaviour = current(track);
  track.next += 1;
  return behaviour;
}

export class Position {
  /** @type {Track | null} */
  #whole = null;
  /** @type {Map<string, Track>} */
  #byPath = new Map();

  /** @param {unknown} script as written in a case */
  constructor(script) {
    const parsed = parseScript(script);
    if (!parsed.paths) this.#whole = track(parsed.list);
    else
      for (const [path, list] of parsed.lists)
        this.#byPath.set(path, track(list));
  }

  /** Whether nobody may even connect now. */
  get refuses() {
    return this.#whole !== null && isFault(current(this.#whole), "refuse");
  }

  /** What befalls a new connection before it can send a request, if anything. */
  takeOnConnect() {
    if (!this.#whole || !beforeRequest(current(this.#whole))) return null;
    return /** @type {Fault} */ (advance(this.#whole));
  }

  /**
   * What befalls this request.
   * @param {{ target: string, path: string, headers: Record<string, string>, reused: boolean }} request
   * @returns {Behaviour}
   */
  take(request) {
    const line = this.#whole ?? this.#trackFor(request);
    if (!line) return UNSCRIPTED;
    let behaviour = advance(line);
    while (isFault(behaviour, "drop-reused") && !request.reused)
      behaviour = advance(line);
    return choose(behaviour, request.headers);
  }

  /** @param {{ target: string, path: string }} request */
  #trackFor({ target, path }) {
    return (
      this.#byPath.get(target) ??
      this.#byPath.get(path) ??
      this.#byPath.get("*")
    );
  }
}

/** @param {Behaviour} behaviour @param {Record<string, string>} headers @returns {Behaviour} */
function choose(behaviour, headers) {
  if (behaviour.kind !== "choice") return behaviour;
  const branch = behaviour.branches.find(({ matches }) => matches(headers));
  return choose(branch ? branch.then : behaviour.otherwise, headers);
}
