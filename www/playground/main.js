// @ts-check
/** The playground: what is composed goes to the core, and what it decided is drawn. */
import { byId, el, setText } from "../switchboard/dom.js";
import { complain, fill, onChange, read } from "./compose.js";
import { page, play } from "./thread.js";
import { PRESETS } from "./presets.js";
import { showPage } from "./shown.js";
import {
  fromAddress,
  presetOf,
  scenarioOf,
  stateOf,
  toAddress,
} from "./state.js";
import { drawFields, drawStory, drawTally, drawTurns } from "./story.js";
import { drawMany, drawOne } from "./timeline.js";
import { time } from "./words.js";

/** @typedef {import("lastgood-playground").Played} Played */
/** @typedef {import("./state.js").State} State */

const TYPING_MS = 180;

/** @type {State} */
let state;
/** @type {Played} */
let played;
/** @type {object} */
let scenario;
/** @type {number | undefined} */
let chosen;

const timeline = byId("drawing");
const slider = /** @type {HTMLInputElement} */ (byId("request"));

/** Counts what was asked to be played: only the latest is of interest. */
let turn = 0;

/** Plays what is composed, and shows it; whether nothing newer came meanwhile. */
async function replay() {
  const mine = ++turn;
  const made = scenarioOf(state);
  byId("result").setAttribute("aria-busy", "true");
  const outcome = await play(made.scenario);
  if (mine !== turn) return false;
  [scenario, played] = [made.scenario, outcome];
  complain(played.problems, made.wrong);
  const preset = presetOf(state);
  setText(
    byId("about"),
    preset?.about.replaceAll("`", "") ?? "Your own scenario.",
  );
  for (const button of byId("presets").children)
    button.setAttribute(
      "aria-pressed",
      String(button.id === `preset-${preset?.name}`),
    );
  drawTally(played);
  const many = played.requests.length > 1;
  byId("scrub").hidden = !many;
  byId("turns").hidden = !many;
  if (many) drawTurns(played, faultTimes());
  slider.max = String(played.requests.length);
  choose(Math.min(chosen ?? firstOfInterest(), played.requests.length - 1));
  byId("result").setAttribute("aria-busy", "false");
  return true;
}

/** When the origin misbehaves, as far as it can be drawn. */
function faultTimes() {
  const { faults = [] } = /** @type {{ faults?: any[] }} */ (scenario);
  return faults.map(({ what, status, from, to, share, origin }) => ({
    from: millis(from) ?? 0,
    to: millis(to) ?? played.lasts,
    origin: typeof origin === "number" ? origin : undefined,
    words: [what === "status" ? status : what, share ? `${share} %` : ""]
      .filter(Boolean)
      .join(", "),
  }));
}

/** @param {string | undefined} text */
function millis(text) {
  const found = /^(\d+)\s*(ms|s|m)$/.exec(text ?? "");
  if (!found) return undefined;
  return (
    Number(found[1]) *
    { ms: 1, s: 1000, m: 60_000 }[/** @type {"s"} */ (found[2])]
  );
}

/** The width that the drawing was made for. */
let drawnIn = 0;

function draw() {
  drawnIn = timeline.clientWidth;
  const width = Math.max(drawnIn, 240);
  const many = played.requests.length > 1;
  const more = {
    chosen: chosen ?? 0,
    faults: state.faults,
    faultTimes: faultTimes(),
  };
  const drawing = many ? drawMany(width, played, more) : drawOne(width, played);
  byId("drawing").replaceChildren(drawing);
  byId("key").hidden = !many;
}

/** Shows the request of this number. @param {number} index */
function choose(index) {
  chosen = index;
  slider.value = String(index + 1);
  const request = played.requests[index];
  const words = `${index + 1} of ${played.requests.length}, at ${time(request.at)}`;
  setText(byId("chosen"), words);
  slider.setAttribute("aria-valuetext", `${words}: ${request.text ?? ""}`);
  draw();
  drawStory(played, index);
  drawFields(request);
  void showOwn(request.own === true, index);
}

/**
 * @param {boolean} own whether lastgood made the page
 * @param {number} index
 */
async function showOwn(own, index) {
  const mine = turn;
  const body = own ? await page(scenario, index) : undefined;
  if (mine === turn && index === chosen) showPage(body);
}

/** The whole in a sentence, for who listens. */
function announce() {
  const { requests, problems } = played;
  const wrong = problems.length ? ` ${problems.length} wrong fields.` : "";
  const told =
    requests.length === 1
      ? requests[0].text
      : byId("tally").innerText.replaceAll("\n", ", ");
  setText(byId("status"), `${told}${wrong}`);
}

/** @param {State} next */
async function become(next) {
  state = next;
  chosen = undefined;
  fill(state);
  if (await replay()) announce();
}

/** The first request that something went wrong with; else the first. */
function firstOfInterest() {
  const failed = played.requests.findIndex(
    ({ attempts, shown = "nobody" }) =>
      !["origin", "hit"].includes(shown) || attempts.some(({ cause }) => cause),
  );
  return Math.max(failed, 0);
}

function remember() {
  history.replaceState(null, "", `#${toAddress(state)}`);
}

let typing = 0;

function changed() {
  clearTimeout(typing);
  typing = window.setTimeout(async () => {
    state = read();
    if (!(await replay())) return;
    remember();
    announce();
  }, TYPING_MS);
}

/** @param {PointerEvent | MouseEvent} event */
function pick(event) {
  if (played.requests.length < 2) return;
  const { left, width } = timeline.getBoundingClientRect();
  const at = ((event.clientX - left) / (width - 14)) * played.lasts;
  const distances = played.requests.map((request) => Math.abs(request.at - at));
  choose(distances.indexOf(Math.min(...distances)));
}

async function share() {
  remember();
  const button = byId("share");
  try {
    await navigator.clipboard.writeText(location.href);
    setText(button, "Copied");
  } catch {
    setText(button, "It is in the address bar");
  }
  setText(byId("status"), button.textContent ?? "");
  setTimeout(() => setText(button, "Copy the address"), 2000);
}

function drawPresets() {
  const buttons = PRESETS.map(({ name, label, state }) => {
    const button = el(
      "button",
      { type: "button", id: `preset-${name}`, "aria-pressed": "false" },
      label,
    );
    button.addEventListener("click", () => {
      void become(stateOf(state));
      remember();
    });
    return button;
  });
  byId("presets").replaceChildren(...buttons);
}

drawPresets();
await become(fromAddress(location.hash.slice(1)));
onChange(changed);
slider.addEventListener("input", () => choose(Number(slider.value) - 1));
timeline.addEventListener("click", pick);
byId("share").addEventListener("click", share);
addEventListener("hashchange", () =>
  become(fromAddress(location.hash.slice(1))),
);
new ResizeObserver(() => {
  if (played && timeline.clientWidth !== drawnIn) draw();
}).observe(timeline);
