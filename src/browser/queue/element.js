// @ts-check
/**
 * `<lastgood-queue>`: the list of what waits, with what its user can do about each.
 *
 *     const list = document.querySelector("lastgood-queue");
 *     list.queue = queue;
 *     list.texts = { heading: "Not sent so far" };
 *
 * It is not there while nothing waits. Changes of state are announced politely. It
 * speaks the language of its place in the page, or one that its user reads.
 */
import { TEXTS, said } from "./texts.js";
import { localeOf, textsFor } from "./words.js";

/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./queue.js").WriteQueue} WriteQueue */
/** @typedef {import("./texts.js").Texts} Texts */

const STYLE = `
:host { color-scheme: light dark; display: block; font: inherit; color: CanvasText;
  --line: #c3c9d0; --faint: #4d5762; --alert: #8a3b00; --key: #0b57a4; }
:host([hidden]), [hidden] { display: none; }
@media (prefers-color-scheme: dark) {
  :host { --line: #4a525b; --faint: #b0b8c1; --alert: #ffb37a; --key: #9ccbff; } }
section { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; background: Canvas; }
h2 { font-size: 1.1em; margin: 0 0 .25rem; }
h2:focus { outline: none; }
h2:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
ul { list-style: none; margin: 0; padding: 0; }
li { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: .6rem 0; border-top: 1px solid var(--line); }
li:first-child { border-top: 0; }
.told { flex: 1 1 14rem; min-width: 0; }
.what { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.how { margin: 0; color: var(--faint); }
time, .state { unicode-bidi: isolate; }
.unknown .state, .refused .state { color: var(--alert); font-weight: 600; }
.keys { display: flex; flex-wrap: wrap; gap: .5rem; }
button { font: inherit; min-height: 2.75rem; padding: .25rem .9rem; border: 1px solid var(--key);
  border-radius: .4rem; background: Canvas; color: var(--key); cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { button { border-color: ButtonText; color: ButtonText; background: ButtonFace; }
  .unknown .state, .refused .state { color: CanvasText; } }
`;

/** A module is read in a service worker, too, where there are no elements. */
const Base = /** @type {typeof HTMLElement} */ (
  globalThis.HTMLElement ?? class {}
);

export class LastgoodQueueElement extends Base {
  /** @type {WriteQueue | undefined} */
  #queue;
  /** What holds: those of the language, but for what a site says in its own words. */
  #texts = TEXTS;
  #language = TEXTS;
  /** @type {Partial<Texts>} */
  #own = {};
  /** @type {Map<number, Entry>} */
  #known = new Map();
  /** After how many tries it is news that one waits. @type {Map<number, number>} */
  #quiet = new Map();
  /** Removed by whoever looks at the list, and so not sent. @type {Set<number>} */
  #removed = new Set();
  #isFirst = true;
  #leaving = new AbortController();
  #looks = false;
  #again = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    this.heading = make("h2", { tabIndex: -1 });
    // Safari takes a list without bullets for none.
    this.list = make("ul", { role: "list" });
    this.box = make("section", { hidden: true }, this.heading, this.list);
    this.live = make("p", { role: "status", className: "said" });
    root.append(this.box, this.live);
    this.heading.id = "heading";
    this.box.setAttribute("aria-labelledby", "heading");
  }

  get queue() {
    return this.#queue;
  }

  set queue(queue) {
    this.#stop();
    this.#queue = queue;
    this.#isFirst = true;
    if (this.isConnected) this.#listen();
  }

  /** What is said; what is set holds in place of the language's own. @returns {Texts} */
  get texts() {
    return this.#texts;
  }

  set texts(/** @type {Partial<Texts>} */ texts) {
    this.#own = texts ?? {};
    this.#speak();
  }

  connectedCallback() {
    this.#listen();
    void this.#learn();
  }

  async #learn() {
    this.#language = await textsFor(this);
    this.#speak();
  }

  #speak() {
    this.#texts = { ...this.#language, ...this.#own };
    const { tag: lang, direction: dir } = this.#texts;
    for (const part of [this.box, this.live])
      Object.assign(part, { lang, dir });
    for (const row of this.#rows()) delete row.dataset.mark;
    void this.#look();
  }

  disconnectedCallback() {
    this.#stop();
  }

  #listen() {
    const { signal } = this.#leaving;
    this.#queue?.addEventListener("change", () => void this.#look(), {
      signal,
    });
    void this.#look();
  }

  #stop() {
    this.#leaving.abort();
    this.#leaving = new AbortController();
  }

  /** Shows what waits now; once, however many changes there are meanwhile. */
  async #look() {
    this.#again = true;
    if (this.#looks) return;
    this.#looks = true;
    try {
      while (this.#again && this.#queue) {
        this.#again = false;
        this.#show(await this.#queue.entries().catch(() => []));
        await new Promise((resolve) => setTimeout(resolve, SELDOM_MS));
      }
    } finally {
      this.#looks = false;
    }
  }

  /** @param {Entry[]} entries */
  #show(entries) {
    this.#announce(entries);
    this.heading.textContent = this.#texts.heading;
    const had = this.#focused();
    const shown = new Map(this.#rows().map((row) => [row.dataset.id, row]));
    const rows = entries.map((entry) => {
      const row = shown.get(String(entry.id)) ?? make("li", {});
      this.#fill(row, entry);
      return row;
    });
    this.#arrange(rows);
    this.box.hidden = rows.length === 0;
    this.#known = new Map(entries.map((entry) => [entry.id, entry]));
    if (had && !this.#focused()) this.#refocus(had);
  }

  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }

  /** Leaves alone what stays, and with it what has the focus. @param {HTMLElement[]} rows */
  #arrange(rows) {
    for (const row of this.#rows()) if (!rows.includes(row)) row.remove();
    rows.forEach((row, n) => {
      if (this.list.children[n] !== row)
        this.list.insertBefore(row, this.list.children[n] ?? null);
    });
  }

  /** @param {HTMLElement} row @param {Entry} entry */
  #fill(row, entry) {
    const mark = `${entry.id} ${entry.state} ${entry.label}`;
    if (row.dataset.mark === mark) return;
    Object.assign(row.dataset, { mark, id: String(entry.id) });
    row.className = entry.state;
    const at = new Date(entry.created);
    const when = make("time", { dateTime: at.toISOString() });
    when.textContent = this.#date(at);
    const state = make("span", { className: "state" });
    state.textContent = this.#state(entry);
    // A label may be written in the other direction.
    const label = make("bdi", { textContent: entry.label });
    const what = make("p", { className: "what" }, label);
    const how = make("p", { className: "how" }, when, " · ", state);
    const keys = make("div", { className: "keys" }, ...this.#keys(entry));
    row.replaceChildren(make("div", { className: "told" }, what, how), keys);
  }

  /** @param {Date} at */
  #date(at) {
    return new Intl.DateTimeFormat(localeOf(this, this.#texts.tag), {
      dateStyle: "medium",
      timeStyle: "short",
    }).format(at);
  }

  /** @param {Entry} entry */
  #state({ state, status, sent, cause }) {
    const isOld =
      state === "refused" && status === null && cause !== "not-done";
    return isOld && sent === 0 ? this.#texts.tooOld : this.#texts[state];
  }

  /** @param {Entry} entry */
  #keys(entry) {
    const { cancel, sendNow, sendAgain, wentThrough, remove } = this.#texts;
    /** @param {string} text */
    const again = (text) =>
      this.#key(text, entry, () => this.#sendAgain(entry.id));
    /** @param {string} text */
    const drop = (text) => this.#key(text, entry, () => this.#cancel(entry));
    switch (entry.state) {
      case "sending":
        return [];
      case "waiting":
        return [again(sendNow), drop(cancel)];
      case "unknown":
        return [again(sendAgain), drop(wentThrough)];
      default:
        return [again(sendAgain), drop(remove)];
    }
  }

  /** @param {string} text @param {Entry} entry @param {() => unknown} act */
  #key(text, { label }, act) {
    const key = make("button", { type: "button", textContent: text });
    key.setAttribute("aria-label", `${text}: ${label}`);
    key.addEventListener("click", act);
    return key;
  }

  /** What comes of it is told, whatever it is. @param {number} id */
  #sendAgain(id) {
    this.#quiet.set(id, this.#known.get(id)?.sent ?? 0);
    // The same words again are no change, and would not be read out.
    this.live.textContent = "";
    return this.#queue?.sendAgain(id);
  }

  /** @param {Entry} entry */
  async #cancel({ id, label }) {
    this.#removed.add(id);
    if (await this.#queue?.cancel(id)) return;
    this.#removed.delete(id);
    this.#say([said(this.#texts.isBeingSent, label)]);
  }

  /** What changed since the last look, in words. @param {Entry[]} entries */
  #announce(entries) {
    const texts = this.#texts;
    const now = new Map(entries.map((entry) => [entry.id, entry]));
    const gone = [...this.#known.values()].filter(({ id }) => !now.has(id));
    const told = [
      ...gone.map(({ id, label }) =>
        said(this.#removed.has(id) ? texts.wasRemoved : texts.wasSent, label),
      ),
      ...entries.flatMap((entry) => this.#news(entry)),
    ];
    for (const { id } of gone) {
      this.#quiet.delete(id);
      this.#removed.delete(id);
    }
    // What waited before the page was opened is no news.
    if (!this.#isFirst && told.length > 0) this.#say(told);
    this.#isFirst = false;
  }

  /** @param {Entry} entry */
  #news({ id, state, sent, label }) {
    const { wasAdded, isUnknown, wasRefused } = this.#texts;
    const before = this.#known.get(id);
    if (state === "sending") return [];
    if (before?.state === state && before.sent === sent) return [];
    const quiet = this.#quiet.get(id) ?? -1;
    if (state === "waiting" && sent <= quiet) return [];
    // From now on it waits again after each try, unless its user asked for one.
    this.#quiet.set(id, Infinity);
    if (state === "unknown") return [said(isUnknown, label)];
    if (state === "refused") return [said(wasRefused, label)];
    return [said(wasAdded, label)];
  }

  /** No more than a few: nobody listens to a thousand. @param {string[]} told */
  #say(told) {
    this.live.textContent = told.slice(-MOST_TOLD).join(" ");
  }

  /** Where the focus is: in which row, and on which of its keys. */
  #focused() {
    const active = /** @type {HTMLElement | null | undefined} */ (
      this.shadowRoot?.activeElement
    );
    const row = active?.closest("li");
    if (!row) return undefined;
    const keys = [...row.querySelectorAll("button")];
    return {
      row: this.#rows().indexOf(row),
      key: keys.findIndex((it) => it === active),
    };
  }

  /** Nobody who removes an entry by keyboard has to start over. @param {{ row: number, key: number }} had */
  #refocus({ row, key }) {
    const near = this.#rows()[Math.min(row, this.list.children.length - 1)];
    const keys = near?.querySelectorAll("button");
    const next = keys?.[Math.min(key, keys.length - 1)] ?? this.heading;
    next.focus();
  }
}

const SELDOM_MS = 100;
const MOST_TOLD = 3;

/** @type {CSSStyleSheet | undefined} */
let shared;

/** One for all; a policy forbids styles in the page, but not this. */
function sheet() {
  if (!shared) {
    shared = new CSSStyleSheet();
    shared.replaceSync(STYLE);
  }
  return shared;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Partial<HTMLElementTagNameMap[K]>} how
 * @param {(Node | string)[]} inside
 */
function make(name, how, ...inside) {
  const element = Object.assign(document.createElement(name), how);
  element.append(...inside);
  return element;
}

if ("customElements" in globalThis && !customElements.get("lastgood-queue"))
  customElements.define("lastgood-queue", LastgoodQueueElement);
