// @ts-check
/**
 * How a site is doing, as all tabs of a browser know it together.
 *
 * Something may be wrong when a request fails for good, a copy is shown, or the device
 * was offline. Then one tab asks, and tells the others what came of it, until all is
 * well. While it is, nobody asks anything.
 */
import { events } from "../events.js";
import { lines } from "../fields.js";
import { ask, shownAs } from "./asking.js";
import { Turn } from "./lock.js";
import { rules } from "./rules.js";
import { Talk, nameOf } from "./talk.js";

/** @typedef {import("../status").State} State */
/** @typedef {import("./talk.js").Result} Result */

/** Devices of one place come back at the same time, and are spread over this. */
const SPREAD_MS = 2000;
/** Who is asked on good grounds twice is asked again after this at the earliest. */
const SOON_MS = 1000;
/** Doubts that are further apart have nothing to do with each other. */
const APART_MS = 60_000;
/** Who has the turn from somebody else may not have heard yet what came of theirs. */
const HEARING_MS = 300;
/** So many pauses is an answer waited for that another tab is to get: a hidden tab's
 * turn comes after those of all visible ones. */
const PATIENCE = { visible: 2, hidden: 3 };

export class Watch extends EventTarget {
  /** @type {State} */
  #state = "well";
  #since = Date.now();
  /** What was asked last said of the site, whatever this page shows. @type {State} */
  #heard = "well";
  /** How old the copy is that this page is, and the one that others told of. @type {Copy | undefined} */
  #shown;
  /** @type {Copy | undefined} */
  #told;
  /** Something may be wrong. */
  #doubts = false;
  /** How often somebody doubted for nothing, and asked in vain, in a row. */
  #forNothing = 0;
  #inVain = 0;
  #due = Infinity;
  #wait = 0;
  #askedAt = -Infinity;
  /** Whether it was this tab that asked last. */
  #wasLast = false;
  /** @type {Promise<void> | undefined} */
  #asking;
  #paused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Talk | undefined} */
  #talk;
  #fell = -1;
  #url;
  #origin;
  #turn;
  #rules = rules();
  #closing = new AbortController();

  /** @param {import("../status").WatchOptions} [options] */
  constructor({ url = location.href } = {}) {
    super();
    const { href, origin } = new URL(url, location.href);
    this.#url = href.split("#")[0];
    this.#origin = origin;
    this.#turn = new Turn(nameOf(this.#url), (inherited) => {
      if (inherited) this.#due = Math.max(this.#due, Date.now() + HEARING_MS);
      this.#arrange();
    });
    this.#listen();
    queueMicrotask(() => this.#begin());
  }

  get url() {
    return this.#url;
  }

  get state() {
    return this.#state;
  }

  get since() {
    return this.#since;
  }

  /** Of what is shown, in seconds. */
  get age() {
    const { age, at } = this.#shown ?? this.#told ?? {};
    if (this.#state !== "degraded" || age == null || !at) return undefined;
    return Math.floor(age + Math.max(0, Date.now() - at) / 1000);
  }

  get paused() {
    return this.#paused;
  }

  /** Nothing is asked by this tab until it is resumed. */
  pause() {
    this.#hold(true);
  }

  resume() {
    this.#hold(false);
  }

  /** Asks now; resolves with how the site is doing then. */
  async tryNow() {
    if (isOnline()) await this.#ask();
    return this.#state;
  }

  /**
   * Takes notice of a reply that somebody else got; resolves with how the site is doing
   * by that.
   * @param {Response} reply
   */
  async heed({ status, headers, url }) {
    const { heard } = await this.#rules;
    const { state } = heard(status, lines(headers), 1, 0, Date.now());
    if (state !== "well" && url && this.#isOwn(url)) void this.#doubt();
    return /** @type {State} */ (state);
  }

  /** Ends it. */
  close() {
    this.#closing.abort();
    this.#suspend();
  }

  #listen() {
    const { signal } = this.#closing;
    const on = (
      /** @type {EventTarget | undefined} */ at,
      /** @type {string} */ type,
      /** @type {(event: any) => void} */ act,
    ) => at?.addEventListener(type, act, { signal });
    on(globalThis, "offline", () => this.#lose());
    on(globalThis, "online", () => this.#regain());
    on(globalThis.document, "visibilitychange", () => this.#arrange());
    on(globalThis, "pagehide", () => this.#suspend());
    on(globalThis, "pageshow", (event) => event.persisted && this.#reopen());
    on(events, "gaveup", ({ detail }) => this.#gaveUp(detail));
    on(
      events,
      "copy",
      ({ detail }) => this.#isOwn(detail.url) && this.#doubt(),
    );
    on(globalThis.navigator?.serviceWorker, "message", ({ data }) =>
      this.#worker(data),
    );
  }

  #begin() {
    if (this.#closing.signal.aborted) return;
    this.#open();
    const shown = shownAs();
    const isShown = this.#url === location.href.split("#")[0];
    if (isShown) this.#heard = shown;
    if (isShown && shown === "degraded")
      this.#shown = { age: null, at: Date.now() };
    if (!isOnline()) return this.#lose();
    this.#due = Date.now();
    this.#become(this.#heard);
    this.#arrange();
    if (shown !== "well" && this.#isOwn(location.href)) void this.#doubt();
  }

  #open() {
    this.#talk = new Talk(this.#url, {
      result: (result) => this.#hear(result),
      said: (said) => this.#listenTo(said),
    });
    this.#talk.say({ hello: this.#url });
  }

  /** The page is back that was kept for the way back. */
  #reopen() {
    if (this.#talk) return;
    this.#open();
    if (!isOnline()) return this.#lose();
    this.#due = Date.now();
    this.#arrange();
  }

  /** Lets go of what keeps a page from being kept for the way back. */
  #suspend() {
    clearTimeout(this.#timer);
    this.#turn.leave();
    this.#talk?.close();
    this.#talk = undefined;
  }

  /** @param {boolean} paused */
  #hold(paused) {
    this.#paused = paused;
    this.#arrange();
    this.dispatchEvent(new Event("pause"));
  }

  #lose() {
    this.#doubts = false;
    this.#become("offline");
    this.#arrange();
  }

  #regain() {
    if (this.#state !== "offline") return;
    this.#due = Date.now() + Math.random() * SPREAD_MS;
    this.#arrange();
  }

  /** @param {{ url: string, cause: string }} failure */
  async #gaveUp({ url, cause }) {
    if (!this.#isOwn(url)) return;
    const { news, blames_origin } = await this.#rules;
    const [fell, opened] = news(this.#origin, Date.now());
    const isNews = fell >= 0 && this.#fell < 0;
    this.#fell = fell;
    if (isNews) this.#talk?.say({ news: [fell, opened] });
    if (blames_origin(cause)) this.#doubt();
  }

  /** @param {{ lastgood?: string, url?: string, age?: number } | undefined} said */
  #worker(said) {
    if (!said) return;
    const here = said.url?.split("#")[0] === this.#url;
    if (said.lastgood === "good" && this.#isWrong()) this.#soon();
    if (said.lastgood !== "copy") return;
    if (!here) return void (this.#isOwn(said.url) && this.#doubt());
    this.#shown = { age: said.age ?? null, at: Date.now() };
    if (!isOnline()) return;
    this.#become("degraded");
    this.#soon();
    this.#arrange();
  }

  /** @param {string | undefined} url */
  #isOwn(url) {
    return url !== undefined && new URL(url).origin === this.#origin;
  }

  /** Something may be wrong: somebody asks. */
  async #doubt() {
    if (this.#isWrong() || !isOnline()) return;
    this.#doubts = true;
    const { heard } = await this.#rules;
    const now = Date.now();
    if (now - this.#askedAt > APART_MS) this.#forNothing = 0;
    const times = this.#forNothing;
    const { wait } = heard(0, "", times, Math.random(), now);
    this.#due = times ? Math.max(now, this.#askedAt + wait) : now;
    this.#arrange();
  }

  /** There may be a better answer now than the last one was. */
  #soon() {
    const next = Math.max(Date.now(), this.#askedAt + SOON_MS);
    this.#due = Math.min(this.#due, next);
    this.#arrange();
  }

  #isWrong() {
    return this.#doubts || this.#state !== "well";
  }

  /** Sees to it that somebody asks when it is time, and this tab if it is its turn. */
  #arrange() {
    const asks = this.#isWrong() && !this.#paused && isOnline();
    clearTimeout(this.#timer);
    if (!asks || isHidden()) this.#turn.leave();
    if (!asks || !this.#talk) return;
    if (!isHidden()) this.#turn.take();
    const left = Math.max(0, this.#due - Date.now());
    const wait = left + (this.#turn.has ? 0 : this.#patience());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), wait);
  }

  #patience() {
    const pauses = isHidden() ? PATIENCE.hidden : PATIENCE.visible;
    const wait = Math.max(this.#wait, SOON_MS);
    return pauses * wait + Math.random() * wait;
  }

  async #look() {
    if (this.#turn.has || !isHidden()) return this.#ask();
    const free = await this.#turn.once(() => this.#ask());
    if (free) return;
    this.#due = Date.now() + this.#wait;
    this.#arrange();
  }

  #ask() {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce() {
    const known = await this.#rules;
    const inVain = this.#inVain + 1;
    const told = await ask(this.#url, known, inVain);
    if (!isOnline() || !this.#talk) return;
    const good = told.state !== "failing";
    const news = [...known.news(this.#origin, Date.now())];
    const result = { ...told, good, inVain, news, wait: told.wait / 1000 };
    this.#take(result, true);
    this.#talk.result({ ...result, since: this.#since });
  }

  /** @param {Result} result of another tab */
  #hear(result) {
    if (!isOnline()) return;
    if (result.state) return this.#take(result, false);
    // A page of an answer does not tell a copy from a good answer.
    if (result.good) return this.#isWrong() ? this.#soon() : undefined;
    this.#take({ ...result, state: "failing" }, false);
  }

  /** @param {import("./talk.js").Said} said */
  #listenTo({ hello, about, told, news }) {
    if (news) void this.#learn(news);
    if (hello === this.#url && (this.#turn.has || this.#wasLast))
      this.#answer();
    if (about === this.#url && told && this.#state === "well") this.#hear(told);
  }

  /** Tells a tab that was opened later what is known. */
  #answer() {
    if (!this.#isWrong()) return;
    const wait = Math.max(0, this.#due - Date.now()) / 1000;
    const state = this.#heard;
    if (state === "well" || state === "offline") return;
    const { age, at = 0 } = this.#told ?? {};
    const now = age == null ? null : age + (Date.now() - at) / 1000;
    const inVain = this.#inVain;
    const told = { good: state !== "failing", wait, state, age: now, inVain };
    this.#talk?.say({
      about: this.#url,
      told: { ...told, since: this.#since },
    });
  }

  /** @param {Result} result @param {boolean} own */
  #take(result, own) {
    const { state = "failing", age = null, wait, inVain = 1 } = result;
    const now = Date.now();
    const forNothing = state === "well" && this.#state === "well";
    this.#forNothing = forNothing ? this.#forNothing + 1 : 0;
    this.#askedAt = now;
    this.#wasLast = own;
    this.#doubts = false;
    this.#heard = state;
    this.#wait = wait * 1000;
    this.#inVain = state === "well" ? 0 : inVain;
    this.#due = state === "well" ? Infinity : now + this.#wait;
    this.#told = state === "degraded" ? { age, at: now } : undefined;
    if (this.#shown?.age === null) this.#shown = { age, at: now };
    if (result.news) void this.#learn(result.news);
    this.#become(state, result.since);
    this.#arrange();
    this.dispatchEvent(new Event("asked"));
  }

  /** @param {number[]} news */
  async #learn([fell = -1, opened = -1]) {
    const { learn } = await this.#rules;
    learn(this.#origin, fell, opened, Date.now());
  }

  /** @param {State} heard @param {number} [since] */
  #become(heard, since = Date.now()) {
    const before = this.#state;
    const state = heard === "failing" && this.#shown ? "degraded" : heard;
    if (state === before) return;
    this.#state = state;
    this.#since = since;
    const detail = { state, before, since, age: this.age };
    this.dispatchEvent(new CustomEvent("change", { detail }));
    if (state !== "well") return;
    this.#fell = -1;
    void this.#learn([-1, 0]);
    this.dispatchEvent(new CustomEvent("back", { detail }));
  }
}

/** A copy's age in seconds, if anybody knows it, at a time. @typedef {{ age: number | null, at: number }} Copy */

const isOnline = () => globalThis.navigator?.onLine !== false;

const isHidden = () => globalThis.document?.hidden === true;
