// @ts-check
/**
 * Bodies that `lastgoodFetch` holds in Chromium: their heads are there at once, and what
 * breaks off is mended behind them, or is an error to whoever reads it.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, beforeEach } from "node:test";
import { gzipSync } from "node:zlib";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { serveSite } from "./site.mjs";

/** @typedef {import("node:http").ServerResponse} Reply */

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveSite>>} */
let site;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  [browser, site] = await Promise.all([launch(), serveSite()]);
  page = await browser.newPage();
  await page.goto(site.origin);
  await page.evaluate(async () => {
    const url = "/lastgood/lastgood.js";
    globalThis.lastgood = await import(url);
  });
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(() =>
  page.evaluate(() =>
    lastgood.configure({
      breaker: false,
      budget: { percent: 100, floor: 1000 },
    }),
  ),
);

/**
 * Runs a function in the page. It is handed what is given, and reads the package's
 * exports as globals.
 * @template T
 * @param {(given: any) => Promise<T>} act
 * @param {unknown} [given]
 */
const inPage = (act, given) => page.evaluate(act, given);

/** Pauses that no test waits for. */
const SOON = { backoff: { base: 1, cap: 1 } };

/** Not stored: Chromium asks by itself for the rest of what it could keep. */
const JSON_TYPE = {
  "content-type": "application/json",
  "cache-control": "no-store",
};
const WHOLE = JSON.stringify({ loaves: Array.from({ length: 40 }, String) });

/** Once the head is there: of what broke off before that, browsers ask again by themselves. */
const breakOff = (/** @type {Reply} */ reply, ms = 20) =>
  void setTimeout(() => reply.socket?.destroy(), ms);

/** How a body breaks off: each way with the whole head. */
const CUTS = {
  /** @param {Reply} reply @param {import("node:http").OutgoingHttpHeaders} head */
  "a length that is not reached": (reply, head) => {
    const length = { "content-length": WHOLE.length };
    reply.writeHead(200, { ...JSON_TYPE, ...length, ...head });
    reply.write(WHOLE.slice(0, 50));
    breakOff(reply);
  },
  /** @param {Reply} reply @param {import("node:http").OutgoingHttpHeaders} head */
  "a last chunk that is missing": (reply, head) => {
    reply.writeHead(200, { ...JSON_TYPE, ...head });
    reply.write(WHOLE.slice(0, 50));
    breakOff(reply);
  },
  /** @param {Reply} reply @param {import("node:http").OutgoingHttpHeaders} head */
  "JSON that ends early": (reply, head) => {
    reply.writeHead(200, { ...JSON_TYPE, ...head });
    reply.end(WHOLE.slice(0, 50));
  },
};

const cut = CUTS["a length that is not reached"];
const ETAG = { etag: '"1"' };

/** @param {Reply} reply @param {import("node:http").OutgoingHttpHeaders} [head] */
const whole = (reply, head) =>
  reply.writeHead(200, { ...JSON_TYPE, ...head }).end(WHOLE);

/** What is told of an error, in the page. */
const TELL = `(error) => {
  const { name, cause, attempts, retryable, response } = error ?? {};
  const known = error instanceof lastgood.LastgoodError;
  return { name, cause, attempts, retryable, known, status: response?.status };
}`;

test("the head is there before the body is whole", async () => {
  /** @type {(() => void)[]} */
  const ends = [];
  site.on("/halves", (_, reply) => {
    reply.writeHead(200, { ...JSON_TYPE, "x-own": "1" });
    reply.write(WHOLE.slice(0, 50));
    ends.push(() => reply.end(WHOLE.slice(50)));
  });
  site.on("/go-on", (_, reply) => {
    for (const end of ends) end();
    reply.end();
  });
  const told = await inPage(async () => {
    const start = performance.now();
    const response = await lastgood.lastgoodFetch("/halves");
    const ms = performance.now() - start;
    await fetch("/go-on");
    const { status, headers } = response;
    return {
      ms,
      status,
      own: headers.get("x-own"),
      text: await response.text(),
    };
  });
  const { ms, ...rest } = told;
  assert.deepEqual(rest, { status: 200, own: "1", text: WHOLE });
  assert.ok(ms < 400, `after ${ms} ms`);
});

test("what may be an error page is looked at before its head is shown", async () => {
  let ends = 0;
  const answer = (/** @type {string} */ type) =>
    /** @type {import("./site.mjs").Answer} */ (
      (_, reply) => {
        reply.writeHead(200, { "content-type": type });
        reply.write("<!doctype html>");
        setTimeout(() => reply.end("<p>page", () => ends++), 100);
      }
    );
  site.on("/page", answer("text/html"));
  site.on("/long-page", (_, reply) => {
    reply.writeHead(200, {
      "content-type": "text/html",
      "content-length": 9000,
    });
    reply.write("<!doctype html>");
    setTimeout(() => reply.end("x".repeat(8985), () => ends++), 100);
  });
  const asked = async (
    /** @type {string} */ url,
    policy = {},
    headers = {},
  ) => {
    const before = ends;
    await inPage(
      async ({ url, policy, headers }) => {
        const { lastgoodFetch } = lastgood;
        const held = await lastgoodFetch(url, { headers }, policy);
        Object.assign(globalThis, { held });
      },
      { url, policy, headers },
    );
    const wasWhole = ends > before;
    await inPage(
      async () => void (await /** @type {any} */ (globalThis).held.text()),
    );
    return wasWhole;
  };
  const accept = { accept: "application/json" };
  assert.equal(await asked("/page"), true);
  assert.equal(await asked("/page", { disguised: false }), false);
  assert.equal(await asked("/long-page"), false);
  const policy = { attempts: 1 };
  await assert.rejects(asked("/long-page", policy, accept), /disguised/);
});

test("an error page that is packed is none of which the head is shown", async () => {
  const IIS = readFileSync(inRoot("tests/disguises/iis-502.3.txt"));
  const type = { "content-type": "text/html" };
  site.on("/packed", (_, reply, number) =>
    number % 2
      ? reply
          .writeHead(200, { ...type, "content-encoding": "gzip" })
          .end(gzipSync(IIS))
      : reply.writeHead(200, { ...type, ...ETAG }).end("<p>good"),
  );
  const [text, cause] = await inPage(async (policy) => {
    const { lastgoodFetch } = lastgood;
    const mended = await lastgoodFetch("/packed", {}, policy);
    const post = lastgoodFetch("/packed", { method: "POST" }, policy);
    return [await mended.text(), await post.then(String, (it) => it.cause)];
  }, SOON);
  assert.deepEqual([text, cause], ["<p>good", "disguised"]);
});

for (const [name, cut] of Object.entries(CUTS))
  test(`mended behind the head: ${name}`, async () => {
    site.on("/mended", (_, reply, number) =>
      number % 2 ? cut(reply, ETAG) : whole(reply, ETAG),
    );
    const before = site.of("/mended").length;
    const told = await inPage(async (policy) => {
      /** @type {string[]} */
      const types = [];
      const progress = (/** @type {any} */ { type }) => types.push(type);
      const rules = { ...policy, progress };
      const response = await lastgood.lastgoodFetch("/mended", {}, rules);
      return {
        types,
        ...(await lastgood.explain(response)),
        json: await response.json(),
        tag: response.headers.get("etag"),
      };
    }, SOON);
    assert.deepEqual(told.json, JSON.parse(WHOLE));
    assert.deepEqual([told.tag, told.verdict], ['"1"', "good"]);
    assert.deepEqual(
      told.types.filter((it) => it !== "wait"),
      ["attempt", "attempt"],
    );
    const numbers = site.of("/mended").slice(before);
    assert.deepEqual(
      numbers.map(({ headers }) => headers["lastgood-attempt"]),
      [undefined, "2"],
    );
  });

/** What the second answer says that the first one did not. */
const OTHERS = /** @type {Record<string, import("./site.mjs").Answer>} */ ({
  "another ETag": (_, reply) => whole(reply, { etag: '"2"' }),
  "no ETag": (_, reply) => whole(reply),
  "another time": (_, reply) =>
    whole(reply, { ...ETAG, "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT" }),
  "another language": (_, reply) =>
    whole(reply, { ...ETAG, "content-language": "de" }),
  "another type": (_, reply) =>
    whole(reply, { ...ETAG, "content-type": "application/ld+json" }),
  "another status": (_, reply) => reply.writeHead(404, JSON_TYPE).end(WHOLE),
  "from elsewhere": (_, reply) =>
    reply.writeHead(302, { location: "/elsewhere" }).end(),
});

for (const [name, other] of Object.entries(OTHERS))
  test(`no body goes under another one's head: ${name}`, async () => {
    site.on("/elsewhere", (_, reply) => whole(reply, ETAG));
    const url = `/other/${name.replace(/ /g, "-")}`;
    site.on(url, (request, reply, number) =>
      number === 1 ? cut(reply, ETAG) : other(request, reply, number),
    );
    const told = await page.evaluate(
      `(async () => {
        const tell = ${TELL};
        const { lastgoodFetch } = lastgood;
        const response = await lastgoodFetch(${JSON.stringify(url)}, {}, ${JSON.stringify(SOON)});
        const clone = response.clone();
        return [await clone.text().then(String, tell), await response.json().then(String, tell)];
      })()`,
    );
    const expected = {
      ...{ name: "LastgoodError", cause: "truncated", attempts: 2 },
      ...{
        retryable: true,
        known: true,
        status: name === "another status" ? 404 : 200,
      },
    };
    assert.deepEqual(told, [expected, expected]);
    assert.equal(site.of(url).length, 2);
  });

test("what can't be mended is an error to whoever reads it, by each way", async () => {
  site.on("/cut", (_, reply) => cut(reply, {}));
  const told = /** @type {any[]} */ (
    await page.evaluate(
      `(async () => {
        const tell = ${TELL};
        const ask = (policy = {}) => lastgood.lastgoodFetch("/cut", {}, { ...${JSON.stringify(SOON)}, ...policy });
        const told = [];
        for (const way of ["text", "json", "arrayBuffer", "blob", "bytes", "formData"])
          told.push(await (await ask())[way]().then(String, tell));
        told.push(await (await ask()).body.getReader().read().then(String, tell));
        told.push(await (await ask({ throws: true })).text().then(String, tell));
        return told;
      })()`,
    )
  );
  for (const one of told)
    assert.deepEqual(one, {
      ...{ name: "LastgoodError", cause: "truncated", attempts: 3 },
      ...{ retryable: true, known: true, status: undefined },
    });
  assert.equal(told.length, 8);
  site.on("/post", (_, reply) => cut(reply, {}));
  site.on("/then-502", (_, reply, number) =>
    number === 1 ? cut(reply, {}) : reply.writeHead(502).end(),
  );
  const rest = await page.evaluate(
    `(async () => {
      const tell = ${TELL};
      const last = [];
      const policy = { ...${JSON.stringify(SOON)}, progress: (event) => last.push(event) };
      const post = await lastgood.lastgoodFetch("/post", { method: "POST", body: "x" }, policy);
      const failing = await lastgood.lastgoodFetch("/then-502", {}, policy);
      return [await post.text().then(String, tell), await failing.text().then(String, tell),
        ...last.filter(({ type }) => type === "gaveup").map(({ cause }) => cause)];
    })()`,
  );
  const error = { name: "LastgoodError", known: true };
  assert.deepEqual(rest, [
    {
      ...error,
      cause: "truncated",
      attempts: 1,
      retryable: false,
      status: undefined,
    },
    {
      ...error,
      cause: "bad-gateway",
      attempts: 3,
      retryable: true,
      status: 502,
    },
    ...["truncated", "bad-gateway"],
  ]);
  assert.equal(site.of("/post").length, 1);
});

test("what is longer than the limit is passed on, and not mended", async () => {
  const long = JSON.stringify({ a: "ü".repeat(200_000) });
  site.on("/long", (_, reply) => {
    reply.writeHead(200, JSON_TYPE);
    reply.write(long.slice(0, 100_000));
    setTimeout(() => reply.end(long.slice(100_000)), 50);
  });
  site.on("/long-cut", (_, reply) => {
    reply.writeHead(200, JSON_TYPE);
    reply.write(long.slice(0, 150_000));
    breakOff(reply, 400);
  });
  const told = await inPage(async () => {
    const { lastgoodFetch, LastgoodError } = lastgood;
    const read = async (/** @type {Response} */ response) => {
      let [text, chunks] = ["", 0];
      const decoder = new TextDecoder();
      for await (const chunk of /** @type {any} */ (response.body)) {
        chunks += 1;
        text += decoder.decode(chunk, { stream: true });
      }
      return { text, chunks };
    };
    const whole = await read(await lastgoodFetch("/long"));
    const json = await (await lastgoodFetch("/long")).json();
    const cut = await lastgoodFetch("/long-cut");
    const thrown = await cut.text().catch((error) => error);
    const ours = thrown instanceof LastgoodError;
    const known = thrown instanceof TypeError && !ours;
    return { ...whole, length: json.a.length, known };
  });
  assert.equal(told.text, long);
  assert.ok(told.chunks > 1, `${told.chunks} chunks`);
  assert.deepEqual([told.length, told.known], [200_000, true]);
  assert.equal(site.of("/long-cut").length, 1);
});

test("what is not there in time is passed on as it comes", async () => {
  site.on("/slow", (_, reply) => {
    reply.writeHead(200, JSON_TYPE);
    reply.write("[0");
    let count = 0;
    const timer = setInterval(() => {
      reply.write(`,${++count}`);
      if (count === 40) reply.end("]", () => clearInterval(timer));
    }, 100);
  });
  const told = await inPage(async () => {
    const response = await lastgood.lastgoodFetch("/slow");
    let [text, chunks] = ["", 0];
    for await (const chunk of /** @type {any} */ (response.body)) {
      chunks += 1;
      text += new TextDecoder().decode(chunk);
    }
    return { text, chunks };
  });
  assert.equal(JSON.parse(told.text).length, 41);
  assert.ok(told.chunks > 5, `${told.chunks} chunks`);
});

test("who leaves is told the reason at once, while the body is held or mended", async () => {
  /** @type {Promise<unknown>[]} */
  const closed = [];
  site.on("/held", (_, reply) => {
    reply.writeHead(200, JSON_TYPE);
    reply.write(WHOLE.slice(0, 50));
    closed.push(once(reply, "close"));
  });
  site.on("/cut-held", (_, reply) => cut(reply, {}));
  const told = await inPage(async () => {
    const told = [];
    for (const url of ["/held", "/cut-held"]) {
      for (const read of ["json", "body"]) {
        const controller = new AbortController();
        const { signal } = controller;
        const policy = {
          backoff: { base: "30s", cap: "30s" },
          deadline: "60s",
        };
        const response = await lastgood.lastgoodFetch(url, { signal }, policy);
        const came =
          read === "json"
            ? response.json()
            : /** @type {ReadableStream} */ (response.body).getReader().read();
        setTimeout(() => controller.abort("enough"), 50);
        const start = performance.now();
        told.push(await came.catch((error) => error));
        if (performance.now() - start > 400) told.push("late");
      }
    }
    return told;
  });
  assert.deepEqual(told, ["enough", "enough", "enough", "enough"]);
  await Promise.all(closed);
  assert.equal(closed.length, 2);
  assert.equal(site.of("/cut-held").length, 2);
});

test("whoever cancels the body ends the request, and there is no further attempt", async () => {
  /** @type {Promise<unknown>[]} */
  const closed = [];
  site.on("/cancelled", (_, reply) => {
    reply.writeHead(200, JSON_TYPE);
    reply.write(WHOLE.slice(0, 50));
    closed.push(once(reply, "close"));
  });
  site.on("/cancelled-late", (_, reply) => cut(reply, {}));
  await inPage(async () => {
    const { lastgoodFetch } = lastgood;
    await (await lastgoodFetch("/cancelled")).body?.cancel();
    const [one, two] = await lastgoodFetch("/cancelled").then((it) => [
      it,
      it.clone(),
    ]);
    await Promise.all([one.body?.cancel(), two.body?.cancel()]);
    const policy = { backoff: { base: 200, cap: 200 } };
    const late = await lastgoodFetch("/cancelled-late", {}, policy);
    await late.body?.cancel();
    await new Promise((done) => setTimeout(done, 500));
  });
  await Promise.all(closed);
  assert.equal(closed.length, 2);
  assert.equal(site.of("/cancelled-late").length, 1);
});

test("its bytes go where the reader wants them, and its end is told unread", async () => {
  site.on("/byob", (_, reply) => whole(reply));
  site.on("/byob-cut", (_, reply) => cut(reply, {}));
  const told = await inPage(async (policy) => {
    const read = async (/** @type {typeof fetch} */ ask) => {
      const { body } = await ask("/byob");
      const reader = body?.getReader({ mode: "byob" });
      let [text, done] = ["", false];
      while (!done) {
        const read = await reader?.read(new Uint8Array(100));
        text += new TextDecoder().decode(read?.value);
        done = read?.done ?? true;
      }
      return text;
    };
    const response = await lastgood.lastgoodFetch("/byob-cut", {}, policy);
    const reader = response.body?.getReader();
    const end = await reader?.closed.catch((error) => error.name);
    return [await read(lastgood.lastgoodFetch), await read(fetch), end];
  }, SOON);
  assert.deepEqual(told, [WHOLE, WHOLE, "LastgoodError"]);
});

test("a body that nobody reads troubles nobody", async () => {
  site.on("/unread", (_, reply) => cut(reply, {}));
  const told = await inPage(async (policy) => {
    /** @type {unknown[]} */
    const unhandled = [];
    const note = (/** @type {any} */ { reason }) =>
      unhandled.push(String(reason));
    addEventListener("unhandledrejection", note);
    await new Promise((done) => {
      const progress = (/** @type {any} */ { type }) =>
        type === "gaveup" && done(0);
      void lastgood.lastgoodFetch("/unread", {}, { ...policy, progress });
    });
    await new Promise((done) => setTimeout(done, 100));
    removeEventListener("unhandledrejection", note);
    return unhandled;
  }, SOON);
  assert.deepEqual(told, []);
});

test("it is what `fetch` would have given, read by each way", async () => {
  const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index));
  const form = "a=1&b=%C3%BC";
  site.on("/bytes", (_, reply) => {
    const type = { "content-type": "Application/JSON; charset=utf-8" };
    reply.writeHead(200, "Fine", { ...type, ...ETAG, "x-own": "1" }).end(bytes);
  });
  site.on("/to-bytes", (_, reply) =>
    reply.writeHead(302, { location: "/bytes?to" }).end(),
  );
  site.on("/json", (_, reply) => whole(reply));
  site.on("/form", (_, reply) => reply.writeHead(200, JSON_TYPE).end(form));
  site.on("/empty", (_, reply) => reply.writeHead(200, JSON_TYPE).end());
  const [ours, native] = await inPage(async () => {
    const told = async (/** @type {typeof fetch} */ ask) => {
      const told = [];
      const caught = (/** @type {any} */ error) => `${error.name}`;
      // By chance, Chromium says of nothing in whose words it was no JSON.
      const inWords = (/** @type {any} */ error) =>
        String(error).replace(/Failed to execute .*: /, "");
      const tell = async (/** @type {Response} */ it) => {
        const { url, redirected, type, status, statusText, ok, bodyUsed } = it;
        /** @type {string[]} */
        const headers = [];
        it.headers.forEach((value, name) => {
          if (name !== "date") headers.push(name, value);
        });
        const is = it instanceof Response && String(it);
        told.push({ url, redirected, type, status, statusText, ok, bodyUsed });
        told.push(headers, is);
      };
      const all = (/** @type {ArrayBuffer} */ buffer) =>
        [...new Uint8Array(buffer)].join();
      for (const url of ["/bytes", "/to-bytes", "/json", "/empty"]) {
        const it = await ask(url);
        await tell(it);
        const clone = it.clone();
        await tell(clone);
        told.push(all(await it.arrayBuffer()), it.bodyUsed, clone.bodyUsed);
        told.push(all(await clone.arrayBuffer()), clone.bodyUsed);
        told.push(await it.text().catch(caught));
        try {
          told.push(String(it.clone()));
        } catch (error) {
          told.push(caught(error));
        }
        const blob = await (await ask(url)).blob();
        told.push(blob.type, all(await blob.arrayBuffer()));
        told.push(all((await (await ask(url)).bytes()).buffer));
        told.push(await (await ask(url)).text());
        told.push(await (await ask(url)).json().catch(inWords));
        told.push(await (await ask(url)).formData().catch(caught));
        const twice = await ask(url);
        const first = twice.json();
        told.push(twice.bodyUsed, await first.catch(caught));
        told.push(await twice.json().catch(caught));
        const held = await ask(url);
        /** @type {ReadableStream} */ (held.body).getReader();
        told.push(await held.text().catch(caught));
        const cache = await caches.open("held");
        await cache.put(url, await ask(url));
        const kept = await cache.match(url);
        told.push(await kept?.text(), kept?.headers.get("content-type"));
      }
      const controller = new AbortController();
      const whole = await ask("/json", { signal: controller.signal });
      await new Promise((done) => setTimeout(done, 100));
      controller.abort("too late");
      told.push(await whole.text().catch(String));
      return told;
    };
    return [await told(lastgood.lastgoodFetch), await told(fetch)];
  });
  assert.deepEqual(ours, native);
});

test("one request for many is mended for all, and one that leaves takes nobody along", async () => {
  site.on("/shared", (_, reply, number) => {
    if (number === 1) setTimeout(() => cut(reply, {}), 50);
    else setTimeout(() => whole(reply), 100);
  });
  const told = await inPage(async (policy) => {
    const rules = { ...policy, coalesce: true };
    const controllers = [1, 2, 3].map(() => new AbortController());
    const all = await Promise.all(
      controllers.map(({ signal }) =>
        lastgood.lastgoodFetch("/shared", { signal, cache: "no-store" }, rules),
      ),
    );
    controllers[0].abort("left");
    return Promise.all(all.slice(1).map((it) => it.text()));
  }, SOON);
  assert.deepEqual(told, [WHOLE, WHOLE]);
  assert.equal(site.of("/shared").length, 2);
});
