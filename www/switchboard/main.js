// @ts-check
/**
 * The switchboard page: listens to the timeline, draws it, and sends what the
 * buttons say. All state is the server's; a reload loses nothing but the
 * selection.
 */
import { drawBank, markSwitch } from "./bank.js";
import { drawDetail } from "./detail.js";
import { drawDiagram } from "./diagram.js";
import { byId, setText } from "./dom.js";
import { clearRows, drawRow, markRow } from "./rows.js";
import { drawTally } from "./tally.js";
import { outcome } from "./words.js";

/** @typedef {import("./words.js").Row} Row */
/** @typedef {import("./bank.js").Fault} Fault */

const AUTO_MS = 2000;
const TICK_MS = 500;
const KEPT_ROWS = 200;
const FORM = "name=Ada&message=Two+field+loaves+for+Saturday%2C+please.";

/** @type {Map<number, Row>} */
const rows = new Map();
/** @type {Fault[]} */
let faults = [];
let fault = "";
/** The row somebody chose; without one the latest page is followed. @type {number | undefined} */
let chosen;
/** Visits that were asked for by hand, to be announced when they end. @type {Set<number>} */
const byHand = new Set();

function listen() {
  const source = new EventSource("/events");
  source.addEventListener("state", (event) => onState(JSON.parse(event.data)));
  source.addEventListener("row", (event) => onRow(JSON.parse(event.data)));
  source.addEventListener("fault", (event) =>
    onFault(JSON.parse(event.data).fault),
  );
  source.addEventListener("open", () => connection("live"));
  source.addEventListener("error", () =>
    connection("not connected: is npm start still running?"),
  );
}

/** @param {string} words */
function connection(words) {
  setText(byId("connection"), words);
  byId("connection").dataset.live = String(words === "live");
}

/** @param {{ site: string, fault: string, faults: Fault[], rows: Row[] }} state */
function onState(state) {
  const link = /** @type {HTMLAnchorElement} */ (byId("site"));
  link.href = state.site;
  setText(link, `Open the site (${new URL(state.site).host})`);
  if (!faults.length) drawBank(state.faults, throwSwitch);
  faults = state.faults;
  rows.clear();
  clearRows();
  for (const row of state.rows) keep(row);
  onFault(state.fault);
}

/** @param {string} name */
function onFault(name) {
  fault = name;
  markSwitch(name);
  redraw();
}

/** @param {Row} row */
function onRow(row) {
  keep(row);
  redraw();
  announceEnd(row);
}

/** @param {Row} row */
function keep(row) {
  rows.set(row.n, row);
  rows.delete(row.n - KEPT_ROWS);
  drawRow(row, ({ n }) => choose(n));
  byId("empty").hidden = true;
  byId("timeline").hidden = false;
}

/** @param {number | undefined} n */
function choose(n) {
  chosen = n;
  redraw();
  if (n !== undefined) byId("detail").scrollIntoView({ block: "nearest" });
}

/** The latest page anybody asked for. */
const latest = () => [...rows.values()].filter((row) => !row.part).at(-1);

function redraw() {
  const newest = latest();
  const row = (chosen !== undefined && rows.get(chosen)) || newest;
  drawDiagram(
    /** @type {any} */ (faults.find((one) => one.name === fault)),
    newest,
  );
  byId("follow").hidden = chosen === undefined;
  markRow(row?.n);
  drawTally([...rows.values()]);
  if (row) drawDetail(row);
}

/** @param {string} words */
const announce = (words) => setText(byId("status"), words);

/** @param {Row} row */
function announceEnd(row) {
  const { kind, label } = outcome(row);
  if (kind === "waiting" || !byHand.delete(row.n)) return;
  announce(`${row.path}: ${label}.`);
}

/**
 * @param {string} address
 * @param {unknown} what
 */
async function post(address, what) {
  const body = JSON.stringify(what);
  const response = await fetch(address, { method: "POST", body });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** @param {Fault} wanted */
async function throwSwitch({ name, label, does }) {
  await post("/fault", { name });
  announce(`Origin: ${label}. ${does}`);
  chosen = undefined;
  await visit();
}

function chosenPath() {
  const { value } = /** @type {HTMLSelectElement} */ (byId("path"));
  return value === "new" ? unseenPath() : value;
}

/** The site has a page for every day there was; hardly anybody saw this one. */
function unseenPath() {
  const day = 86_400_000;
  const date = new Date(Math.floor(Math.random() * 20_000) * day);
  return `/news/${date.toISOString().slice(0, 10)}`;
}

/** @param {{ path: string, form?: string }} [asked] */
async function visit(asked = { path: chosenPath() }) {
  const { n } = await post("/visit", asked);
  byHand.add(n);
  const row = rows.get(n);
  if (row) announceEnd(row);
}

/** A visitor every two seconds, but never a second one while the first waits. */
async function visitByItself() {
  const waiting = [...rows.values()].some(
    (row) => row.by === "visitor" && outcome(row).kind === "waiting",
  );
  const { checked } = /** @type {HTMLInputElement} */ (byId("auto"));
  if (checked && !waiting) await post("/visit", { path: chosenPath() });
}

function tick() {
  for (const row of rows.values()) {
    if (outcome(row).kind === "waiting") drawRow(row, ({ n }) => choose(n));
  }
}

byId("visit").addEventListener("submit", (event) => {
  event.preventDefault();
  choose(undefined);
  void visit();
});
byId("post").addEventListener("click", () => {
  choose(undefined);
  void visit({ path: "/contact", form: FORM });
});
byId("follow").addEventListener("click", () => choose(undefined));
byId("parts").addEventListener("change", (event) => {
  const { checked } = /** @type {HTMLInputElement} */ (event.target);
  byId("rows").classList.toggle("with-parts", checked);
});
setInterval(visitByItself, AUTO_MS);
setInterval(tick, TICK_MS);
listen();
