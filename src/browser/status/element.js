// @ts-check
/**
 * `<lastgood-status>`: a line that says what is wrong with the site, and when it is over.
 *
 * What it says goes to a live region, once for each state; an age goes on beside it
 * without a word. Nothing moves the focus, and what lies over the page can be put away.
 */
import { textsIn } from "../language.js";
import { withoutNotice } from "./asking.js";
import { LOOK } from "./look.js";
import { Watch } from "./watch.js";

/** How long it is said that all is well again. */
const BACK_MS = 10_000;
/** How often an age is looked at. */
const AGE_MS = 10_000;

/** Seconds that each unit has, the longest first. */
const UNITS = /** @type {const} */ ([
  ["days", 86_400],
  ["hours", 3600],
  ["minutes", 60],
  ["seconds", 1],
]);

/** What is said of each state. @type {Record<import("../status").State, "why" | "offline" | "up">} */
const SAID = {
  failing: "why",
  degraded: "why",
  offline: "offline",
  well: "up",
};

// Where there are no elements, as in workers, this module can still be imported.
const Element = /** @type {typeof HTMLElement} */ (
  globalThis.HTMLElement ?? class {}
);

export class LastgoodStatus extends Element {
  /** @type {import("../status").Texts} */
  #own = {};
  /** @type {Record<string, string>} */
  #texts = {};
  /** @type {Parts | undefined} */
  #parts;
  /** @type {Watch | undefined} */
  #watch;
  /** What is said in place of the state, once somebody pressed a button. @type {"trying" | "down" | "paused" | undefined} */
  #note;
  #shows = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ending;

  get watch() {
    return this.#watch;
  }

  get texts() {
    return this.#own;
  }

  set texts(texts) {
    this.#own = texts ?? {};
    this.#say();
  }

  connectedCallback() {
    const url = this.getAttribute("url");
    const site = new Watch({
      url: new URL(url ?? "", url ? this.baseURI : location.href),
    });
    this.#watch = site;
    this.#parts ??= this.#build();
    site.addEventListener("change", () => this.#change());
    site.addEventListener("asked", () => this.#tellAge());
    site.addEventListener("pause", () => this.#pause());
    void this.#learnWords();
  }

  disconnectedCallback() {
    this.#watch?.close();
    this.#watch = undefined;
    this.#put(false);
  }

  async #learnWords() {
    if (this.#texts.why) return;
    this.#texts = await textsIn(this.lang || undefined).catch(() => ({}));
    this.#say();
  }

  /** @param {string} name */
  #text(name) {
    const own = /** @type {Record<string, string>} */ (this.#own);
    return this.dataset[name] ?? own[name] ?? this.#texts[name] ?? "";
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    root.adoptedStyleSheets = [sheet];
    const parts = partsOf();
    root.append(parts.banner);
    parts.again.onclick = () => this.#try();
    parts.pause.onclick = () =>
      this.#watch?.paused ? this.#watch.resume() : this.#watch?.pause();
    parts.hide.onclick = () => this.#put(false);
    // A key that somebody is on goes when they leave it.
    parts.keys.addEventListener("focusout", () =>
      queueMicrotask(() => this.#say()),
    );
    return parts;
  }

  #change() {
    this.#note = this.#heldNote();
    void this.#learnWords();
    this.#put(true);
    clearTimeout(this.#ending);
    if (this.#watch?.state === "well") this.#end();
  }

  /** Takes it away after a while, but not from under somebody's hand. */
  #end() {
    this.#ending = setTimeout(() => {
      const inUse = this.#parts?.banner.matches(":hover, :focus-within");
      if (inUse || this.matches(":focus-within")) this.#end();
      else this.#put(false);
    }, BACK_MS);
  }

  async #try() {
    const site = this.#watch;
    if (!site) return;
    const before = site.state;
    this.#note = "trying";
    this.#say();
    const after = await site.tryNow();
    if (after !== before) return;
    this.#note = this.#isTried() ? "down" : undefined;
    this.#say();
  }

  /** Whether somebody asks now and then. */
  #isTried() {
    const state = this.#watch?.state;
    return state === "failing" || state === "degraded";
  }

  #heldNote() {
    return this.#watch?.paused && this.#isTried() ? "paused" : undefined;
  }

  #pause() {
    this.#note = this.#heldNote();
    this.#say();
    this.#tick();
  }

  /** @param {boolean} shows */
  #put(shows) {
    this.#shows = shows;
    this.#say();
    this.#tick();
  }

  /** An age goes on while it is shown, and nobody paused it. */
  #tick() {
    clearInterval(this.#clock);
    const site = this.#watch;
    if (this.#shows && site?.state === "degraded" && !site.paused)
      this.#clock = setInterval(() => this.#tellAge(), AGE_MS);
  }

  #say() {
    const { banner, text, again, pause, hide, back } = this.#parts ?? partsOf();
    const site = this.#watch;
    const state = site?.state ?? "well";
    const said = this.#shows ? this.#text(this.#note ?? SAID[state]) : "";
    banner.classList.toggle("away", !said);
    banner.lang = this.#texts.tag ?? "";
    banner.dir = this.#texts.direction ?? "";
    const focused = this.shadowRoot?.activeElement;
    for (const key of [again, pause])
      key.hidden = !this.#isTried() && key !== focused;
    back.hidden = state !== "well";
    put(again, this.#text("again"));
    put(pause, this.#text(site?.paused ? "resume" : "pause"));
    hide.setAttribute("aria-label", this.#text("hide"));
    this.#tellAge();
    put(text, said);
    if (said && state === "degraded") withoutNotice();
  }

  #tellAge() {
    const { age } = this.#parts ?? partsOf();
    const seconds = this.#shows ? this.#watch?.age : undefined;
    const span = seconds === undefined ? "" : this.#span(seconds);
    put(age, span && `${this.#text("saved").replace("{age}", span)} `);
  }

  /** @param {number} seconds */
  #span(seconds) {
    const [unit, length] =
      UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
    const zero = (this.#texts.zero ?? "0").codePointAt(0) ?? 48;
    const digit = (/** @type {string} */ it) =>
      String.fromCodePoint(Number(it) + zero);
    const count = String(Math.floor(seconds / length)).replace(/\d/g, digit);
    return this.#text(unit).replace("{n}", count).replaceAll(" ", "\u00a0");
  }
}

/** @typedef {ReturnType<typeof partsOf>} Parts */

function partsOf() {
  const banner = part("div", "banner");
  const said = part("div", "said");
  said.setAttribute("role", "status");
  said.setAttribute("aria-atomic", "true");
  const age = part("span", "age");
  age.setAttribute("aria-live", "off");
  const text = part("span", "text");
  said.append(age, text);
  const keys = part("div", "keys");
  const [again, pause, hide] = [
    button("again"),
    button("pause"),
    button("hide"),
  ];
  hide.textContent = "×";
  const back = document.createElement("slot");
  back.name = "back";
  keys.append(back, again, pause, hide);
  banner.append(said, keys);
  banner.classList.add("away");
  return { banner, age, text, keys, again, pause, hide, back };
}

/** @param {"div" | "span"} tag @param {string} name */
function part(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  made.setAttribute("part", name);
  return made;
}

/** @param {string} name */
function button(name) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.setAttribute("part", `button ${name}`);
  return made;
}

/** What is the same already is not said again. @param {Node} at @param {string} text */
function put(at, text) {
  if (at.textContent !== text) at.textContent = text;
}
