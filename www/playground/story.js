// @ts-check
/** What happened, as lists: everything that the picture shows, for who reads or listens. */
import { byId, el, setText } from "../switchboard/dom.js";
import { OUTCOMES, time } from "./words.js";

/** @typedef {import("lastgood-playground").Played} Played */
/** @typedef {import("lastgood-playground").Event} Event */
/** @typedef {import("lastgood-playground").Request} Request */
/** @typedef {import("lastgood-playground").Shown} Shown */

/** How many got what. @param {Played} played */
export function drawTally({ requests }) {
  const kinds = /** @type {Shown[]} */ (Object.keys(OUTCOMES));
  const items = kinds.flatMap((kind) => {
    const count = requests.filter(({ shown }) => shown === kind).length;
    const { state, words } = OUTCOMES[kind];
    return count
      ? [
          el(
            "li",
            { "data-state": state },
            el("b", {}, String(count)),
            ` ${words}`,
          ),
        ]
      : [];
  });
  byId("tally").replaceChildren(...items);
}

/**
 * The moments of one request, in time since it came.
 * @param {Played} played
 * @param {number} chosen
 */
export function drawStory({ events, requests }, chosen) {
  const { at, shown } = requests[chosen];
  const its = events.filter(({ request }) => request === chosen);
  const state = OUTCOMES[shown ?? "nobody"].state;
  byId("story").replaceChildren(
    ...its.map((event) => moment(event, event.at - at, stateOf(event, state))),
  );
}

/**
 * @param {Event} event
 * @param {string} reply
 */
function stateOf({ kind, text }, reply) {
  if (kind === "reply") return reply;
  if (kind === "kept") return "origin";
  if (kind === "down") return "error";
  if (kind === "up") return "origin";
  if (kind === "ends" || kind === "late")
    return / answers (2\d\d|304)/.test(text) ? "origin" : "error";
  return "";
}

/**
 * @param {{ kind: string, text: string }} event
 * @param {number} at
 * @param {string} state
 */
const moment = ({ kind, text }, at, state) =>
  el(
    "li",
    { "data-kind": kind, "data-state": state },
    el("time", {}, time(at)),
    el("span", {}, text),
  );

/**
 * Where something changed for those who came: the origin's standing, and what they got.
 * @param {Played} played
 * @param {{ from: number, to: number, words: string }[]} faults
 */
export function drawTurns({ events, requests, lasts }, faults) {
  const standing = events
    .filter(({ request }) => request === null)
    .map((event) => ({ ...event, state: stateOf(event, "") }));
  const changes = requests.flatMap((request, index) => {
    const before = requests[index - 1]?.shown;
    if (!request.shown || request.shown === before) return [];
    const { state, words } = OUTCOMES[request.shown];
    const run = runFrom(requests, index);
    const many =
      run === 1 ? "One visitor gets" : `The next ${run} visitors get`;
    return [
      {
        at: request.until,
        kind: "reply",
        state,
        text: `${many} ${words}.`,
      },
    ];
  });
  const faulty = faults.flatMap(({ from, to, words }) => [
    {
      at: from,
      kind: "fault",
      state: "error",
      text: `The misbehaviour begins: ${words}.`,
    },
    ...(to < lasts
      ? [
          {
            at: to,
            kind: "fault",
            state: "origin",
            text: `The misbehaviour ends: ${words}.`,
          },
        ]
      : []),
  ]);
  const all = [...faulty, ...standing, ...changes].sort((a, b) => a.at - b.at);
  const most = 24;
  const items = all
    .slice(0, most)
    .map((event) => moment(event, event.at, event.state));
  if (all.length > most)
    items.push(
      moment(
        { kind: "more", text: `… and ${all.length - most} more.` },
        all[most].at,
        "",
      ),
    );
  byId("turning").replaceChildren(...items);
}

/**
 * How many in a row got the same.
 * @param {Request[]} requests
 * @param {number} start
 */
function runFrom(requests, start) {
  const rest = requests.slice(start);
  const end = rest.findIndex(({ shown }) => shown !== rest[0].shown);
  return end < 0 ? rest.length : end;
}

/** What went out. @param {Request} request */
export function drawFields({ fields = [], log }) {
  byId("fields").replaceChildren(
    ...fields.flatMap(([name, value]) => [
      el("dt", {}, name),
      el("dd", {}, value),
    ]),
  );
  setText(byId("log"), log ?? "A healthy request leaves none.");
}
