// @ts-check
/**
 * Forms that survive an origin that does not answer: `<form data-lastgood-queue>`
 * within a route of the queue. An answer leads where it would have led without us;
 * otherwise what was entered is stored, and the form says so.
 *
 * The form dispatches `lastgood-sent` (with the `response`), `lastgood-queued` (with
 * the `entry`) and `lastgood-failed` (with the `error`), all in `detail`. Who prevents
 * the first one's default shows the answer, and who prevents the others' says so.
 *
 * It speaks the language of the page, or one that its user reads.
 *
 * What leads to another site after it was sent, such as a payment, is not for this:
 * no script may follow there.
 */
import { QueueFullError } from "./errors.js";
import { TEXTS } from "./texts.js";
import { textsFor } from "./words.js";

/** @typedef {import("./queue.js").WriteQueue} WriteQueue */

const MARK = "data-lastgood-queue";
const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";

/**
 * @param {WriteQueue} queue
 * @param {{ root?: Document | HTMLElement, texts?: Partial<import("./texts.js").Texts> }} [how]
 * @returns {() => void} what undoes it
 */
export function enhanceForms(queue, { root = document, texts } = {}) {
  const forms = new Forms(queue, { ...TEXTS, ...texts });
  const place = "documentElement" in root ? root.documentElement : root;
  // In an outage, when they are needed, they could not be got.
  void textsFor(place).then((theirs) => {
    forms.texts = { ...theirs, ...texts };
  });
  const { signal, abort } = leaving();
  root.addEventListener("submit", (event) => forms.submit(event), { signal });
  for (const kind of ["input", "reset"])
    root.addEventListener(kind, (event) => forms.changed(event), { signal });
  return abort;
}

function leaving() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

class Forms {
  /** What is sent twice without a change is one write. @type {WeakMap<HTMLFormElement, string>} */
  #keys = new WeakMap();
  /** @type {WeakSet<HTMLFormElement>} */
  #busy = new WeakSet();
  /** Those that the browser is to send by itself. @type {WeakSet<HTMLFormElement>} */
  #left = new WeakSet();

  /** @param {WriteQueue} queue @param {import("./texts.js").Texts} texts */
  constructor(queue, texts) {
    this.queue = queue;
    this.texts = texts;
  }

  /** @param {Event} event */
  changed({ target }) {
    const form = Object(target).form ?? target;
    if (form instanceof HTMLFormElement) this.#keys.delete(form);
  }

  /** @param {Event} event */
  submit(event) {
    const { target: form, submitter } = /** @type {SubmitEvent} */ (event);
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute(MARK)) return;
    if (event.defaultPrevented || this.#left.delete(form)) return;
    const wish = wishOf(form, submitter);
    if (!wish || !this.queue.takes(wish.request)) return;
    event.preventDefault();
    if (!this.#busy.has(form)) void this.#send(form, submitter, wish);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   * @param {Wish} wish
   */
  async #send(form, submitter, { request, label }) {
    const say = speakerOf(form, this.texts);
    this.#busy.add(form);
    form.setAttribute("aria-busy", "true");
    say(this.texts.formSending);
    const key = this.#keys.get(form) ?? `"${crypto.randomUUID()}"`;
    this.#keys.set(form, key);
    request.headers.set("idempotency-key", key);
    try {
      const outcome = await this.queue.send(request, label ? { label } : {});
      if (outcome.sent) await this.#sent(form, outcome.sent, say);
      else this.#queued(form, outcome.queued ?? outcome.gone, say);
    } catch (error) {
      this.#failed(form, submitter, error, say);
    } finally {
      this.#busy.delete(form);
      form.removeAttribute("aria-busy");
    }
  }

  /** @param {HTMLFormElement} form @param {Response} response @param {Speaker} say */
  async #sent(form, response, say) {
    const { ok, redirected, url } = response;
    this.#keys.delete(form);
    say(ok ? this.texts.formSent : this.texts.formRefused);
    if (!dispatch(form, "lastgood-sent", { response })) return;
    if (redirected) return location.assign(url);
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/html")) show(await response.text(), url);
  }

  /** @param {HTMLFormElement} form @param {import("./entry.js").Entry} entry @param {Speaker} say */
  #queued(form, entry, say) {
    if (!dispatch(form, "lastgood-queued", { entry })) return say("");
    const isOpen = entry.state === "unknown";
    say(isOpen ? this.texts.formUnknown : this.texts.formQueued);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   * @param {unknown} error
   * @param {Speaker} say
   */
  #failed(form, submitter, error, say) {
    const isFull = error instanceof QueueFullError;
    // What is too long to be stored goes the browser's own way.
    if (isFull && error.bound === "entryBytes") {
      this.#left.add(form);
      return form.requestSubmit(submitter);
    }
    if (!dispatch(form, "lastgood-failed", { error })) return say("");
    say(isFull ? this.texts.formFull : this.texts.formFailed);
  }
}

/** @typedef {{ request: Request, label: string | undefined }} Wish */
/** @typedef {(text: string) => void} Speaker */

/**
 * What a form would send; nothing, if it is not for us.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @returns {Wish | undefined}
 */
function wishOf(form, submitter) {
  const own = (/** @type {string} */ name) => {
    const chosen = submitter?.getAttribute(`form${name}`);
    return chosen ?? form.getAttribute(name) ?? "";
  };
  const [method, target] = [own("method"), own("target")];
  if (method.toLowerCase() !== "post") return undefined;
  if (!["", "_self"].includes(target.toLowerCase())) return undefined;
  const type = own("enctype").toLowerCase() || URLENCODED;
  if (type !== MULTIPART && type !== URLENCODED) return undefined;
  const data = new FormData(form, submitter);
  const request = new Request(
    new URL(own("action") || location.href, document.baseURI),
    {
      method: "POST",
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
      body: type === MULTIPART ? data : plain(data),
    },
  );
  return {
    request,
    label: form.getAttribute("data-lastgood-label") ?? undefined,
  };
}

/** @param {FormData} data */
const plain = (data) =>
  new URLSearchParams(
    [...data].map(([name, value]) => [
      name,
      // Line ends are what HTML says they are in a form.
      (typeof value === "string" ? value : value.name).replace(
        /\r?\n|\r/g,
        "\r\n",
      ),
    ]),
  );

/**
 * The place in a form where it says what became of it, there before it speaks.
 * @param {HTMLFormElement} form
 * @param {import("./texts.js").Texts} texts whose language it speaks
 * @returns {Speaker}
 */
function speakerOf(form, { tag, direction }) {
  let place = form.querySelector("[data-lastgood-status]");
  if (!place) {
    place = document.createElement("p");
    place.setAttribute("data-lastgood-status", "");
    form.append(place);
  }
  if (!place.hasAttribute("role")) place.setAttribute("role", "status");
  place.setAttribute("lang", tag);
  place.setAttribute("dir", direction);
  return (text) => (place.textContent = text);
}

/** @param {HTMLFormElement} form @param {string} name @param {object} detail */
const dispatch = (form, name, detail) =>
  form.dispatchEvent(
    new CustomEvent(name, { detail, bubbles: true, cancelable: true }),
  );

/**
 * Shows a page that answers a form, under its address.
 * @param {string} html @param {string} url
 */
function show(html, url) {
  if (new URL(url).origin === location.origin) history.pushState(null, "", url);
  document.open();
  document.write(html);
  document.close();
}
