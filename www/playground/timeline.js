// @ts-check
/**
 * The picture of what happened: lanes over time. What it shows is also in the lists
 * beside it; it is drawn in the width that there is, so that its letters keep their size.
 */
import { OUTCOMES, ticks, time } from "./words.js";

/** @typedef {import("lastgood-playground").Played} Played */
/** @typedef {import("lastgood-playground").Request} Request */
/** @typedef {import("lastgood-playground").Attempt} Attempt */
/** @typedef {import("./state.js").Fault} Fault */

const NS = "http://www.w3.org/2000/svg";
const LANE = 46;
const BAR = 16;
const TALLEST = 64;
const AXIS = 26;
/** Room for half of the last tick's words. */
const EDGE = 14;

/**
 * @param {string} tag
 * @param {Record<string, string | number | undefined>} attributes
 * @param {string} [text]
 */
function svg(tag, attributes, text) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

/**
 * @typedef {object} Scene
 * @property {SVGElement} root
 * @property {(ms: number) => number} x
 * @property {number} width
 */

/**
 * @param {number} width
 * @param {number} height
 * @param {number} lasts
 * @param {string} label
 * @returns {Scene}
 */
function scene(width, height, lasts, label) {
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": label,
  });
  const x = (/** @type {number} */ ms) => (ms / lasts) * (width - EDGE);
  const floor = height - AXIS;
  for (const at of ticks(lasts, width < 480 ? 4 : 8)) {
    root.append(
      svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: floor }),
    );
    const anchor = at === 0 ? "start" : "middle";
    root.append(
      svg(
        "text",
        { class: "tick", x: x(at), y: height - 8, "text-anchor": anchor },
        time(at),
      ),
    );
  }
  return { root, x, width };
}

/**
 * @param {Scene} scene
 * @param {string} text
 * @param {number} y
 */
const name = ({ root }, text, y) =>
  root.append(svg("text", { class: "name", x: 0, y }, text));

/**
 * @param {Scene} scene
 * @param {{ from: number, until: number, y: number, state: string, kind?: string, height?: number }} bar
 */
function bar({ root, x }, { from, until, y, state, kind, height = BAR }) {
  const width = Math.max(x(until) - x(from), 2.5);
  const rect = svg("rect", {
    class: kind ?? "bar",
    "data-state": state,
    x: x(from),
    y,
    width,
    height,
    rx: Math.min(3, width / 2),
  });
  root.append(rect);
  return rect;
}

/** @param {Attempt} attempt */
function attemptState({ cause, status, given_up }) {
  if (cause) return "error";
  return given_up || status === null ? "waiting" : "origin";
}

/** @param {Attempt} attempt */
function attemptWords({ status, cause, given_up, until, from }) {
  const took = until === null ? "" : ` after ${time(until - from)}`;
  if (given_up && !cause) return `given up${took}`;
  const what = [status, cause].filter(Boolean).join(" ");
  return `${what}${took}`;
}

/** @param {Attempt} attempt */
const attemptBrief = ({ status, cause, given_up }) =>
  given_up && !cause ? "given up" : [status, cause].filter(Boolean).join(" ");

/**
 * As many of the parts as there is room for.
 * @param {string[]} parts
 * @param {number} width
 */
function fitting([first, ...rest], width) {
  const fits = (/** @type {string} */ text) => text.length * 7.4 < width;
  return rest.reduce((text, part, index) => {
    const longer = `${text}${index ? ", " : ": "}${part}`;
    return fits(longer) ? longer : text;
  }, first);
}

/**
 * One request: who waited for whom.
 * @param {number} width
 * @param {Played} played
 */
export function drawOne(width, { requests, origins }) {
  const [request] = requests;
  const { attempts, until } = request;
  const ends = attempts.map((attempt) => attempt.until ?? until);
  const last = Math.max(until, ...ends);
  const lasts = Math.max(Math.min(last, until * 1.7), 50) * 1.04;
  const height = (attempts.length + 1) * LANE + AXIS + 4;
  const drawn = scene(width, height, lasts, oneInWords(request, origins));
  const outcome = OUTCOMES[request.shown ?? "nobody"];
  name(drawn, `Visitor: ${outcome.words} after ${time(until)}`, 14);
  bar(drawn, { from: 0, until, y: 21, state: outcome.state });
  /** @type {number | undefined} */
  let before;
  for (const [index, attempt] of attempts.entries()) {
    const top = (index + 1) * LANE;
    const { number, origin, from } = attempt;
    const end = attempt.until ?? until;
    const where = origins.length > 1 ? [origins[origin]] : [];
    const behind = end > until ? ["on behind the reply"] : [];
    const words = fitting(
      [`Attempt ${number}`, attemptBrief(attempt), ...behind, ...where],
      width,
    );
    name(drawn, words, top + 14);
    if (before !== undefined && before < from)
      drawn.root.append(
        svg("line", {
          class: "pause",
          x1: drawn.x(before),
          x2: drawn.x(from),
          y1: top + 29,
          y2: top + 29,
        }),
      );
    const state = attemptState(attempt);
    const seen = Math.min(end, lasts);
    bar(drawn, { from, until: Math.min(seen, until), y: top + 21, state });
    if (seen > until)
      bar(drawn, {
        from: Math.max(from, until),
        until: seen,
        y: top + 21,
        state,
        kind: "bar behind",
      });
    before = end;
  }
  drawn.root.append(
    svg("line", {
      class: "reply",
      x1: drawn.x(until),
      x2: drawn.x(until),
      y1: 18,
      y2: height - AXIS,
    }),
  );
  return drawn.root;
}

/**
 * @param {Request} request
 * @param {string[]} origins
 */
function oneInWords({ attempts, shown, until }, origins) {
  const told = attempts.map(
    (attempt) =>
      `attempt ${attempt.number}${origins.length > 1 ? ` at ${origins[attempt.origin]}` : ""} ${attemptWords(attempt)}`,
  );
  const outcome = OUTCOMES[shown ?? "nobody"].words;
  return `Timeline: ${told.join("; ") || "no attempt"}; the visitor got ${outcome} after ${time(until)}.`;
}

/**
 * Many requests: what the origin did, how often it was asked, and what visitors got.
 * @param {number} width
 * @param {Played} played
 * @param {{ faults: Fault[], chosen: number, faultTimes: { from: number, to: number, words: string, origin?: number }[] }} more
 */
export function drawMany(width, played, { chosen, faultTimes }) {
  const { requests, origins, lasts } = played;
  const end = Math.max(lasts, 1);
  const lanes = origins.length;
  const height = lanes * (LANE + 18) + TALLEST + 44 + AXIS;
  const drawn = scene(width, height, end, manyInWords(played));
  for (const [index, origin] of origins.entries())
    originLane(drawn, played, {
      index,
      label: capital(origin),
      top: index * (LANE + 18),
      faultTimes,
      end,
    });
  const top = lanes * (LANE + 18);
  const longest = Math.max(...requests.map(({ at, until }) => until - at), 50);
  name(drawn, `Visitors; the tallest bar: ${time(longest)}`, top + 16);
  const floor = top + 26 + TALLEST;
  for (const [index, request] of requests.entries()) {
    const waited = request.until - request.at;
    const tall = 6 + (TALLEST - 6) * Math.sqrt(waited / longest);
    const next =
      requests[index + 1]?.at ??
      request.at * 2 - (requests[index - 1]?.at ?? 0);
    const room = drawn.x(Math.max(next - request.at, 1));
    const rect = svg("rect", {
      class: "visit",
      "data-state": OUTCOMES[request.shown ?? "nobody"].state,
      x: drawn.x(request.at),
      y: floor - tall,
      width: Math.max(Math.min(room - 1, 10), 1),
      height: tall,
    });
    drawn.root.append(rect);
    if (index === chosen)
      drawn.root.append(
        svg("path", {
          class: "chosen",
          d: `M${drawn.x(request.at) + Math.min(room, 10) / 2 - 0.5} ${floor + 3}l5 8h-10z`,
        }),
      );
  }
  return drawn.root;
}

/**
 * @param {Scene} scene
 * @param {Played} played
 * @param {{ index: number, label: string, top: number, faultTimes: { from: number, to: number, words: string, origin?: number }[], end: number }} lane
 */
function originLane(
  scene,
  { requests, events },
  { index, label, top, faultTimes, end },
) {
  name(scene, `${label}, and each attempt`, top + 14);
  for (const { from, to, words, origin } of faultTimes) {
    if (origin !== undefined && origin !== index) continue;
    bar(scene, {
      from,
      until: Math.min(to, end),
      y: top + 21,
      state: "error",
      kind: "spell",
      height: 34,
    });
    if (scene.x(Math.min(to, end)) - scene.x(from) > words.length * 6.5 + 10)
      scene.root.append(
        svg(
          "text",
          { class: "words", x: scene.x(from) + 6, y: top + 34 },
          words,
        ),
      );
  }
  for (const { from, to } of spells(events, index, end))
    bar(scene, {
      from,
      until: to,
      y: top + 51,
      state: "error",
      kind: "down",
      height: 4,
    });
  for (const attempt of requests.flatMap(({ attempts }) => attempts))
    if (attempt.origin === index)
      scene.root.append(
        svg("rect", {
          class: "try",
          "data-state": attemptState(attempt),
          x: scene.x(attempt.from),
          y: top + 39,
          width: 2,
          height: 11,
        }),
      );
}

/**
 * From when until when an origin was known to be down.
 * @param {Played["events"]} events
 * @param {number} origin
 * @param {number} end
 */
export function spells(events, origin, end) {
  const its = events.filter(
    (event) => event.origin === origin && event.request === null,
  );
  return its
    .filter(({ kind }) => kind === "down")
    .map(({ at }) => ({
      from: at,
      to: its.find(({ kind, at: up }) => kind === "up" && up >= at)?.at ?? end,
    }));
}

/** @param {Played} played */
function manyInWords({ requests, events }) {
  const tries = requests.reduce(
    (sum, { attempts }) => sum + attempts.length,
    0,
  );
  const down = events.filter(({ kind }) => kind === "down").length;
  return `Timeline of ${requests.length} requests with ${tries} attempts; the origin was known to be down ${down ? `${down} ${down === 1 ? "time" : "times"}` : "never"}. The lists below say the same in words.`;
}

/** @param {string} text */
const capital = (text) =>
  text.includes(".") ? text : text[0].toUpperCase() + text.slice(1);
