// @ts-check
/**
 * A site with a service worker: a real server that misbehaves as it is told, and a real
 * browser that visits it.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */
/** @typedef {{ method: string, path: string, headers: http.IncomingHttpHeaders }} Call */
/**
 * - `reset`: the request is read, then the connection ends without an answer
 * - `afterMs`: answered so much later
 * - `bodyAfterMs`: its body comes so much later than its head
 * - `cutAfter`: the connection ends after so many bytes
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: string | Buffer,
 *   reset?: boolean, afterMs?: number, bodyAfterMs?: number, cutAfter?: number }} Answer
 */

const DIST = fileURLToPath(new URL("../../dist/browser/", import.meta.url));
const TYPES = {
  ".js": "text/javascript",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The package's own script. */
const IMPORT = 'importScripts("/lastgood/sw.js");';

/**
 * The script of a site, with its settings.
 * @param {object} settings
 * @param {string} [before] what runs before all else
 */
export const script = (settings, before = "") =>
  `${before}\nself.LASTGOOD = ${JSON.stringify(settings)};\n${IMPORT}`;

export class Site {
  /** @type {Call[]} */
  calls = [];
  /** What is at a path; a page of its own, where nothing is said. @type {Record<string, Answer>} */
  answers = {};
  /** What all other paths answer, if not a page each. @type {Answer | undefined} */
  all;
  /** What is at /sw.js. @type {Answer} */
  worker = { body: IMPORT };
  port = 0;
  #server = http.createServer((request, response) => {
    void this.#serve(request, response);
  });

  /** @param {TestContext} t @param {Answer} [worker] */
  static async start(t, worker) {
    const site = new Site();
    if (worker) site.worker = worker;
    await site.up();
    t.after(() => site.down());
    return site;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, on the port that it had. */
  up() {
    return new Promise((/** @type {(value: void) => void} */ resolve) => {
      this.#server.listen(this.port, "127.0.0.1", () => {
        const address = this.#server.address();
        this.port = typeof address === "object" ? (address?.port ?? 0) : 0;
        resolve();
      });
    });
  }

  /** Refuses connections from now on. */
  down() {
    return new Promise((/** @type {(value: void) => void} */ resolve) => {
      if (!this.#server.listening) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** The requests for a path. @param {string} path */
  callsOf(path) {
    return this.calls.filter((call) => call.path === path);
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #serve(request, response) {
    const { pathname } = new URL(request.url ?? "/", this.url);
    const { method = "GET", headers } = request;
    this.calls.push({ method, path: pathname, headers });
    request.resume();
    const answer = this.#answerOf(pathname);
    if (answer.afterMs) await sleep(answer.afterMs);
    if (answer.reset) return request.socket.destroy();
    const body = Buffer.from(answer.body ?? "");
    const fields = { "content-type": "text/html; charset=utf-8" };
    response.writeHead(answer.status ?? 200, {
      ...fields,
      "content-length": body.length,
      ...answer.headers,
    });
    if (answer.bodyAfterMs) {
      response.flushHeaders();
      await sleep(answer.bodyAfterMs);
    }
    if (answer.cutAfter === undefined) return response.end(body);
    response.write(body.subarray(0, answer.cutAfter), () =>
      request.socket.destroy(),
    );
  }

  /** @param {string} name @returns {Answer} */
  #answerOf(name) {
    const javascript = { "content-type": "text/javascript" };
    if (this.answers[name]) return this.answers[name];
    if (name === "/sw.js")
      return {
        ...this.worker,
        headers: { ...javascript, ...this.worker.headers },
      };
    if (name.startsWith("/lastgood/")) return shipped(name.slice(10));
    return this.all ?? { body: pageOf(name, this.callsOf(name).length) };
  }
}

/** @param {string} name @returns {Answer} */
function shipped(name) {
  const kind = /** @type {keyof TYPES} */ (path.extname(name));
  const headers = { "content-type": TYPES[kind], "cache-control": "no-cache" };
  return { headers, body: readFileSync(path.join(DIST, name)) };
}

/** A page that says which it is, and of what visit. @param {string} name @param {number} visit */
export const pageOf = (name, visit) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Town library</title><link rel="icon" href="data:,"><h1>Town library</h1><p>[[${name}#${visit}]]</p>`;

/**
 * A window onto a site.
 * @param {TestContext} t @param {Browser} browser @param {{ url: string }} site
 * @param {ContextOptions} [options]
 */
export async function openAt(t, browser, site, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return { context, ...(await tabOf(context, site)) };
}

/** @param {import("playwright-core").BrowserContext} context @param {{ url: string }} site */
export async function tabOf(context, site) {
  const page = await context.newPage();
  return {
    page,
    /** Visits a page. @param {string} path */
    async visit(path) {
      const response = await page.goto(site.url + path);
      return {
        status: response?.status() ?? 0,
        headers: (await response?.allHeaders()) ?? {},
        mark: await markOf(page),
        text: await page.content(),
      };
    },
    /**
     * Asks as a script of the page does.
     * @param {string} path @param {RequestInit & { asked?: Record<string, string> }} [init]
     */
    ask: (path, init = {}) =>
      page.evaluate(async ([path, init]) => {
        const response = await fetch(path, init).catch(String);
        if (typeof response === "string")
          return { status: 0, headers: {}, text: response };
        /** @type {Record<string, string>} */
        const headers = {};
        response.headers.forEach((value, name) => (headers[name] = value));
        const text = await response.text();
        return { status: response.status, headers, text };
      }, /** @type {[string, RequestInit]} */ ([path, init])),
    /** Installs the service worker, and waits until it has this page. */
    async install(/** @type {object} */ options = {}) {
      await page.evaluate(async (options) => {
        const url = "/lastgood/register.js";
        const { register } = await import(url);
        const workers = navigator.serviceWorker;
        const taken = new Promise((resolve) => {
          if (workers.controller) resolve(undefined);
          workers.addEventListener("controllerchange", resolve);
        });
        await register(options);
        await taken;
      }, options);
    },
    /** What lies in the store, by path. @returns {Promise<string[]>} */
    kept: () =>
      page.evaluate(async () => {
        if (!(await caches.has("lastgood-copies-1"))) return [];
        const store = await caches.open("lastgood-copies-1");
        const keys = await store.keys();
        return keys.map(({ url }) => url.replace(location.origin, ""));
      }),
    /** Whether there is a service worker. */
    has: () =>
      page.evaluate(
        async () => !!(await navigator.serviceWorker.getRegistration()),
      ),
  };
}

/** Which answer a page is. @param {Page} page */
const markOf = async (page) =>
  /\[\[(.*?)\]\]/.exec(await page.content())?.[1] ?? "";
