// @ts-check
/**
 * `lastgoodFetch` in Chromium: what `fetch` does it does, beside it in the same page; and
 * what it adds.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach } from "node:test";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { launch } from "../support/chromium.mjs";
import { test } from "../support/test.mjs";
import { serveSite } from "./site.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveSite>>} */
let site;
/** Another origin. @type {Awaited<ReturnType<typeof serveSite>>} */
let other;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  [browser, site, other] = await Promise.all([
    launch(),
    serveSite(),
    serveSite(),
  ]);
  answers();
  page = await browser.newPage();
  await page.goto(site.origin);
  await page.evaluate(async () => {
    const url = "/lastgood/lastgood.js";
    globalThis.lastgood = await import(url);
  });
});
after(async () => {
  await browser?.close();
  await Promise.all([site?.close(), other?.close()]);
});

// With it goes what was learnt of the servers.
beforeEach(() => page.evaluate(() => lastgood.configure({})));

/**
 * Runs a function in the page. It is handed what is given, and reads the package's
 * exports as globals.
 * @template T
 * @param {(given: any) => Promise<T>} act
 * @param {unknown} [given]
 */
const inPage = (act, given) => page.evaluate(act, given);

/** What IIS says of a server behind it. */
const IIS = readFileSync(inRoot("tests/disguises/iis-502.3.txt"));

/** Pauses that no test waits for. */
const SOON = { backoff: { base: 1, cap: 1 } };

const FAILED = (/** @type {number} */ times) =>
  /** @type {import("./site.mjs").Answer} */ (
    (_, response, number) =>
      response.writeHead(number > times ? 200 : 502).end(`answer ${number}`)
  );

/**
 * The same, done with `fetch` and with `lastgoodFetch`, comes to the same.
 * @param {string} name
 * @param {(given: { ask: typeof fetch, origin: string, other: string }) => Promise<unknown>} act
 */
function alike(name, act) {
  test(`as with fetch: ${name}`, async () => {
    const run = `async (given) => {
      const act = ${act};
      const outcome = (ask) => act({ ...given, ask }).catch((error) => ({
        thrown: error instanceof TypeError ? "TypeError" : (error?.name ?? String(error)) }));
      return { expected: await outcome(fetch), told: await outcome(lastgood.lastgoodFetch) };
    }`;
    const given = JSON.stringify({ origin: site.origin, other: other.origin });
    const { expected, told } = /** @type {any} */ (
      await page.evaluate(`(${run})(${given})`)
    );
    assert.deepEqual(told, expected);
    assert.ok(
      expected !== undefined && expected !== null,
      "it comes to something",
    );
  });
}

function answers() {
  for (const it of [site, other]) {
    it.on("/echo", ({ method, headers, text }, response) => {
      const body = JSON.stringify({
        ...{ method, text: text.replace(/-{4,}\w+/g, "BOUNDARY") },
        type: headers["content-type"]?.replace(/boundary=.*/, "boundary"),
        ...{ own: headers["x-own"], accept: headers.accept },
        length: headers["content-length"] !== undefined,
        attempt: headers["lastgood-attempt"],
      });
      const cors = { "access-control-allow-origin": "*" };
      response.writeHead(200, { "content-type": "application/json", ...cors });
      response.end(body);
    });
    it.on("/to", (_, response) =>
      response.writeHead(302, { location: "/echo" }).end(),
    );
    it.on("/404", (_, response) => response.writeHead(404).end("none"));
    it.on("/500", (_, response) => response.writeHead(500).end("broken"));
    it.on("/closed", (_, response) => response.socket?.destroy());
    it.on("/silent", () => {});
    it.on("/slow-body", (_, response) => {
      response.writeHead(200, { "content-type": "video/mp4" });
      response.write("first");
    });
  }
}

alike("a text", async ({ ask }) => (await ask("/echo")).json());
alike("a URL", async ({ ask, origin }) =>
  (await ask(new URL("/echo?x", origin))).json(),
);
alike("a Request", async ({ ask }) =>
  (await ask(new Request("/echo", { method: "PUT", body: "b" }))).json(),
);
alike("init over a Request", async ({ ask }) =>
  (
    await ask(new Request("/echo", { headers: { "x-own": "1" } }), {
      method: "POST",
      body: "mine",
      headers: { "x-own": "2" },
    })
  ).json(),
);
alike("init that is null", async ({ ask }) =>
  (await ask("/echo", /** @type {any} */ (null))).json(),
);
alike("FormData", async ({ ask }) => {
  const body = new FormData();
  body.set("a", "1");
  body.set("file", new Blob(["content"]), "name.txt");
  return (await ask("/echo", { method: "POST", body })).json();
});
alike("URLSearchParams, bytes, Blob", async ({ ask }) => {
  const bodies = [
    new URLSearchParams("a=1&b=2"),
    new TextEncoder().encode("bytes"),
    new Blob(["blob"], { type: "text/x-own" }),
  ];
  const replies = bodies.map(async (body) =>
    (await ask("/echo", { method: "POST", body })).json(),
  );
  return Promise.all(replies);
});
alike("a stream as body, over HTTP/1", async ({ ask }) => {
  const body = new Blob(["stream"]).stream();
  /** @type {any} */
  const init = { method: "POST", body, duplex: "half" };
  return (await ask("/echo", init)).json();
});
alike("keepalive", async ({ ask }) =>
  (await ask("/echo", { keepalive: true, method: "POST", body: "k" })).json(),
);
alike("what a response tells of itself", async ({ ask }) => {
  const told = [];
  for (const place of ["/echo", "/to", "/404", "/500"]) {
    const { url, redirected, type, status, ok, bodyUsed } = await ask(place);
    told.push({ url, redirected, type, status, ok, bodyUsed });
  }
  return told;
});
alike("a redirect that is not to be followed", async ({ ask }) => {
  const { type, status } = await ask("/to", { redirect: "manual" });
  return { type, status };
});
alike("a redirect that is an error", ({ ask }) =>
  ask("/to", { redirect: "error" }),
);
alike("opaque responses", async ({ ask, other }) => {
  const { type, status, body } = await ask(`${other}/echo`, {
    mode: "no-cors",
  });
  return { type, status, body: body === null };
});
alike("a simple request to another origin stays one", async ({ ask, other }) =>
  (await ask(`${other}/echo`, { method: "POST", body: "x" })).json(),
);
alike("another origin that gives no leave", ({ ask, other }) =>
  ask(`${other}/404`, { method: "POST" }),
);
alike("an address that is none", ({ ask }) => ask("http://["));
alike("a method that is none", ({ ask }) => ask("/echo", { method: "G T" }));
alike("a GET with a body", ({ ask }) => ask("/echo", { body: "x" }));
alike("a header that is none", ({ ask }) =>
  ask("/echo", { headers: { "a b": "c" } }),
);
alike("a body that was read before", async ({ ask }) => {
  const request = new Request("/echo", { method: "POST", body: "x" });
  await request.text();
  return ask(request);
});
alike("a Request has its body read by it", async ({ ask }) => {
  const request = new Request("/echo", { method: "POST", body: "x" });
  await ask(request);
  return { used: request.bodyUsed };
});
alike("a write whose connection breaks", ({ ask }) =>
  ask("/closed", { method: "POST", body: "x" }),
);
alike("given up before", ({ ask }) =>
  ask("/echo", { signal: AbortSignal.abort() }),
);
alike("given up before, with a reason", ({ ask }) =>
  ask("/echo", { signal: AbortSignal.abort("why") }),
);
alike("given up while nobody answers", ({ ask }) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new RangeError("why")), 50);
  return ask("/silent", { signal: controller.signal });
});
alike("given up by a time-out of the caller's", ({ ask }) =>
  ask("/silent", { signal: AbortSignal.timeout(50) }),
);
alike("given up by a Request's own signal", ({ ask }) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  return ask(new Request("/silent", { signal: controller.signal }));
});
alike("given up in the body", async ({ ask }) => {
  const controller = new AbortController();
  const response = await ask("/slow-body", { signal: controller.signal });
  const reader = /** @type {ReadableStream} */ (response.body).getReader();
  const { value } = await reader.read();
  controller.abort(new RangeError("why"));
  const thrown = await reader.read().catch((error) => error.name);
  return { first: new TextDecoder().decode(value), thrown };
});
alike("a body is there as it comes, and again in a clone", async ({ ask }) => {
  const response = await ask("/echo");
  const clone = response.clone();
  return [await response.json(), await clone.json(), response.bodyUsed];
});

test("a body is passed on while it still comes", async () => {
  site.on("/drip", (_, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    let count = 0;
    const timer = setInterval(() => {
      response.write(`${count} `);
      if (++count === 8) response.end(() => clearInterval(timer));
    }, 40);
  });
  const told = await inPage(async () => {
    // Two time-outs of an attempt would pass meanwhile.
    const policy = { attemptTimeout: 150, deadline: 300, disguised: false };
    const response = await lastgood.lastgoodFetch("/drip", {}, policy);
    let chunks = 0;
    let text = "";
    for await (const chunk of /** @type {any} */ (response.body)) {
      chunks += 1;
      text += new TextDecoder().decode(chunk);
    }
    return { chunks, text };
  });
  assert.equal(told.text, "0 1 2 3 4 5 6 7 ");
  assert.ok(told.chunks > 2, `${told.chunks} chunks`);
});

test("what fails is sent again, with its number, and progress is told", async () => {
  site.on("/twice", FAILED(2));
  const told = await inPage(
    async (policy) => {
      /** @type {any[]} */
      const events = [];
      /** @type {any[]} */
      const all = [];
      const { events: target } = lastgood;
      for (const type of ["attempt", "wait", "gaveup"])
        target.addEventListener(type, (/** @type {any} */ it) =>
          all.push(it.detail),
        );
      const progress = (/** @type {any} */ event) => events.push(event);
      const response = await lastgood.lastgoodFetch(
        "/twice",
        {},
        { ...policy, progress },
      );
      return {
        status: response.status,
        text: await response.text(),
        events,
        all,
      };
    },
    { backoff: { base: 40, cap: 40 } },
  );
  assert.deepEqual([told.status, told.text], [200, "answer 3"]);
  assert.deepEqual(told.events, told.all);
  const seen = told.events.map(({ type, attempt, delay, cause, url }) => [
    ...[type, attempt, typeof delay, cause, url.endsWith("/twice")],
  ]);
  const waits = seen.filter(([type]) => type === "wait");
  const attempts = seen.filter(([type]) => type === "attempt");
  assert.deepEqual(
    attempts.map(([, number]) => number),
    [1, 2, 3],
  );
  for (const wait of waits)
    assert.deepEqual(wait, ["wait", undefined, "number", "bad-gateway", true]);
  const numbers = site.of("/twice").map((it) => it.headers["lastgood-attempt"]);
  assert.deepEqual(numbers, [undefined, "2", "3"]);
});

test("a failing response is a response, and what was given up is told", async () => {
  site.on("/always", (_, response) =>
    response.writeHead(502, { "x-request-id": "r7" }).end("<h1>502</h1>"),
  );
  const told = await inPage(async (policy) => {
    /** @type {any[]} */
    const events = [];
    const progress = (/** @type {any} */ it) => events.push(it);
    const response = await lastgood.lastgoodFetch(
      "/always",
      {},
      { ...policy, progress },
    );
    return {
      status: response.status,
      text: await response.text(),
      last: events.at(-1),
    };
  }, SOON);
  assert.deepEqual([told.status, told.text], [502, "<h1>502</h1>"]);
  const { type, cause, attempts, requestId } = told.last;
  assert.deepEqual(
    [type, cause, attempts, requestId],
    ["gaveup", "bad-gateway", 3, "r7"],
  );
});

test("with `throws` it is an error that says what is known", async () => {
  site.on("/problem", (_, response) => {
    response.writeHead(503, { "content-type": "application/problem+json" });
    const problem = {
      retryable: false,
      applied: "no",
      retry_after: 2.5,
      request_id: "p1",
    };
    response.end(JSON.stringify(problem));
  });
  const told = await inPage(async () => {
    try {
      await lastgood.lastgoodFetch("/problem", {}, { throws: true });
      return undefined;
    } catch (/** @type {any} */ error) {
      const {
        name,
        message,
        cause,
        phase,
        retryable,
        retryAfter,
        requestId,
        attempts,
      } = error;
      const body = await error.response.json();
      const { adviceFor, explain, LastgoodError } = lastgood;
      return {
        ...{
          name,
          message,
          cause,
          phase,
          retryable,
          retryAfter,
          requestId,
          attempts,
        },
        known: error instanceof LastgoodError && error instanceof TypeError,
        id: body.request_id,
        explained: await explain(error),
        advice: await adviceFor(error.cause, { language: "de-AT" }),
      };
    }
  });
  assert.ok(told, "it threw");
  const { explained, advice, message, ...rest } = told;
  assert.match(message, /503.*unavailable, nothing-sent/);
  assert.deepEqual(rest, {
    ...{ name: "LastgoodError", cause: "unavailable", phase: "nothing-sent" },
    ...{ retryable: false, retryAfter: 2500, requestId: "p1", attempts: 1 },
    ...{ known: true, id: "p1" },
  });
  assert.deepEqual(
    [explained.verdict, explained.cause],
    ["final", "unavailable"],
  );
  assert.equal(advice.language, "de");
  assert.ok(advice.title && advice.administrators.length > 1);
});

test("a connection that breaks is an error of ours, and one of fetch's", async () => {
  const told = await inPage(async (policy) => {
    const error = await lastgood
      .lastgoodFetch("/closed", {}, policy)
      .catch((it) => it);
    const { name, cause, phase, attempts } = error;
    return { name, cause, phase, attempts, inner: error.error?.name };
  }, SOON);
  assert.deepEqual(told, {
    ...{ name: "LastgoodError", cause: "network", phase: "maybe-processed" },
    ...{ attempts: 3, inner: "TypeError" },
  });
});

test("a wait is told after a time-out, too, and ends when the caller leaves", async () => {
  const told = await inPage(async () => {
    const controller = new AbortController();
    /** @type {string[]} */
    const types = [];
    const progress = (/** @type {any} */ { type, cause }) => {
      types.push(`${type} ${cause}`);
      if (type === "wait") setTimeout(() => controller.abort("enough"), 20);
    };
    const policy = {
      attemptTimeout: 60,
      backoff: { base: "30s", cap: "30s" },
      deadline: "60s",
    };
    const start = performance.now();
    const asked = lastgood.lastgoodFetch(
      "/silent",
      { signal: controller.signal },
      { ...policy, progress },
    );
    const error = await asked.catch((/** @type {any} */ it) => it);
    return { types, error, ms: performance.now() - start };
  });
  assert.deepEqual(told.types, ["attempt undefined", "wait timeout"]);
  assert.equal(told.error, "enough");
  assert.ok(told.ms < 5000, `${told.ms} ms`);
});

test("a write is sent once, with a key again, and the same each time", async () => {
  site.on("/write", FAILED(99));
  site.on("/keyed", FAILED(2));
  await inPage(async (policy) => {
    const body = new FormData();
    body.set("a", "1");
    await lastgood.lastgoodFetch("/write", { method: "POST", body }, policy);
    const headers = { "idempotency-key": '"k"' };
    await lastgood.lastgoodFetch(
      "/keyed",
      { method: "POST", body, headers },
      policy,
    );
    const stream = {
      method: "POST",
      body: new Blob(["s"]).stream(),
      headers,
      duplex: "half",
    };
    await lastgood
      .lastgoodFetch("/keyed?stream", stream, policy)
      .catch(() => {});
  }, SOON);
  assert.equal(site.of("/write").length, 1);
  const keyed = site.of("/keyed").filter(({ url }) => url === "/keyed");
  assert.equal(keyed.length, 3);
  const parts = keyed.map(({ text }) => text.replace(/-{4,}\w+/g, ""));
  assert.equal(new Set(parts).size, 1, "byte by byte but for the boundary");
  assert.equal(
    new Set(keyed.map((it) => it.headers["idempotency-key"])).size,
    1,
  );
});

test("equal requests become one, and one that leaves takes nobody along", async () => {
  /** @type {(() => void)[]} */
  const waiting = [];
  site.on("/shared", (_, response) => waiting.push(() => response.end("all")));
  const asked = inPage(async () => {
    const controllers = [1, 2, 3].map(() => new AbortController());
    const all = controllers.map(({ signal }) =>
      lastgood.lastgoodFetch(
        "/shared",
        { signal, cache: "no-store" },
        { coalesce: true },
      ),
    );
    const apart = lastgood.lastgoodFetch(
      "/shared",
      { headers: { a: "b" }, cache: "no-store" },
      { coalesce: true },
    );
    setTimeout(() => controllers[0].abort("left"), 50);
    const left = await all[0].catch((it) => it);
    Object.assign(globalThis, { left: true });
    const texts = await Promise.all(
      [...all.slice(1), apart].map(async (it) => (await it).text()),
    );
    return { left, texts };
  });
  await page.waitForFunction("globalThis.left");
  while (waiting.length < 2) await new Promise((done) => setTimeout(done, 5));
  for (const reply of waiting) reply();
  assert.deepEqual(await asked, { left: "left", texts: ["all", "all", "all"] });
  assert.equal(site.of("/shared").length, 2);
});

test("a request that all have left is given up", async () => {
  const closed = new Promise((resolve) =>
    site.on("/left", (_, response) => response.on("close", resolve)),
  );
  await inPage(async () => {
    const controllers = [1, 2].map(() => new AbortController());
    const all = controllers.map(({ signal }) =>
      lastgood.lastgoodFetch("/left", { signal }, { coalesce: true }),
    );
    await new Promise((done) => setTimeout(done, 100));
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(all);
  });
  await closed;
});

test("of equal requests each is told, thrown and ended as its caller wants", async () => {
  site.on("/own-ways", FAILED(99));
  const told = await inPage(async () => {
    const shared = { coalesce: true, backoff: { base: 1, cap: 1 } };
    /** @type {string[][]} */
    const events = [[], []];
    const asked = [false, true].map((throws, index) => {
      const progress = (/** @type {any} */ { type }) =>
        events[index].push(type);
      return lastgood
        .lastgoodFetch("/own-ways", {}, { ...shared, throws, progress })
        .catch((error) => error);
    });
    const [response, error] = await Promise.all(asked);
    const texts = [response.text(), error.response.text()];
    return {
      ...{ status: response.status, cause: error.cause, events },
      texts: await Promise.all(texts),
    };
  });
  assert.deepEqual([told.status, told.cause], [502, "bad-gateway"]);
  assert.deepEqual(told.texts, ["answer 3", "answer 3"]);
  assert.equal(site.of("/own-ways").length, 3);
  const [first, second] = told.events;
  assert.deepEqual(first, ["attempt", "attempt", "attempt", "gaveup"]);
  assert.deepEqual(second.slice(-2), ["attempt", "gaveup"]);
});

test("requests under another policy are others", async () => {
  site.on("/other-policy", FAILED(99));
  const statuses = await inPage(async () => {
    const asked = [1, 2].map((attempts) =>
      lastgood.lastgoodFetch(
        "/other-policy",
        {},
        { coalesce: true, attempts, backoff: { base: 1, cap: 1 } },
      ),
    );
    return (await Promise.all(asked)).map(({ status }) => status);
  });
  assert.deepEqual(statuses, [502, 502]);
  assert.equal(site.of("/other-policy").length, 3);
});

test("who leaves after the headers ends no body but their own", async () => {
  /** @type {import("node:http").ServerResponse[]} */
  const open = [];
  for (const type of ["video/mp4", "text/html"])
    site.on(`/part-${type.slice(0, 4)}`, (_, response) => {
      response.writeHead(200, { "content-type": type });
      response.write("first, ");
      open.push(response);
    });
  for (const kind of ["vide", "text"]) {
    const asked = inPage(async (kind) => {
      const controllers = [1, 2].map(() => new AbortController());
      const responses = await Promise.all(
        controllers.map(({ signal }) =>
          lastgood.lastgoodFetch(
            `/part-${kind}`,
            { signal },
            { coalesce: true },
          ),
        ),
      );
      const texts = responses.map((it) => it.text());
      const left = texts[0].catch((error) => error.name);
      setTimeout(() => controllers[0].abort(), 50);
      const name = await left;
      document.title = kind;
      const { url, redirected, type } = responses[1];
      return { name, text: await texts[1], url, redirected, type };
    }, kind);
    await page.waitForFunction((it) => document.title === it, kind);
    open.pop()?.end("last");
    assert.deepEqual(await asked, {
      ...{ name: "AbortError", text: "first, last" },
      ...{
        url: `${site.origin}/part-${kind}`,
        redirected: false,
        type: "basic",
      },
    });
    assert.equal(site.of(`/part-${kind}`).length, 1);
  }
});

test("what a lastgood on the way says is read where JSON was asked, too", async () => {
  const ours = {
    type: "tag:lastgood,2026:gateway-timeout",
    ...{ cause: "gateway-timeout", retryable: false, request_id: "p2" },
  };
  for (const [place, type, problem] of /** @type {const} */ ([
    ["/ours-plain", "application/json", ours],
    ["/ours", "application/problem+json", ours],
    ["/theirs", "application/json", { ...ours, type: "about:blank" }],
    ["/unknown", "application/problem+json", { ...ours, cause: "toString" }],
  ]))
    site.on(place, (_, response) => {
      response.writeHead(503, { "content-type": type });
      response.end(JSON.stringify(problem));
    });
  const told = await inPage(async (policy) => {
    const { adviceFor, explain, lastgoodFetch } = lastgood;
    /** @type {any[]} */
    const told = [];
    for (const place of ["/ours-plain", "/ours", "/theirs", "/unknown"]) {
      const error = await lastgoodFetch(place, {}, { ...policy, throws: true })
        .then(() => undefined)
        .catch((it) => it);
      const { cause, requestId, attempts, retryable } = error;
      const explained = await explain(error.response);
      const advice = await adviceFor(cause, { language: "en" });
      told.push({
        ...{ cause, requestId, attempts, retryable, title: advice.title },
        explained: [explained.cause, explained.requestId],
        body: (await error.response.json()).request_id,
      });
    }
    return told;
  }, SOON);
  const [plain, described, theirs, unknown] = told;
  for (const it of [plain, described]) {
    const { title, ...rest } = it;
    assert.deepEqual(rest, {
      ...{ cause: "gateway-timeout", requestId: "p2", attempts: 1 },
      ...{ retryable: false, explained: ["gateway-timeout", "p2"] },
      body: "p2",
    });
    assert.notEqual(title, theirs.title, "the advice is that of the cause");
  }
  assert.deepEqual(
    [theirs.cause, theirs.requestId, theirs.attempts, theirs.explained],
    ["unavailable", undefined, 3, ["unavailable", null]],
  );
  assert.deepEqual(
    [unknown.cause, unknown.requestId, unknown.attempts],
    ["unavailable", "p2", 1],
  );
});

test("what became of a write is read from a field, whatever the body", async () => {
  for (const applied of ["no", "unknown"])
    site.on(`/applied-${applied}`, (_, response, number) => {
      const head = { "content-type": "text/html", "lastgood-applied": applied };
      if (number > 1) response.writeHead(201).end("done");
      else response.writeHead(503, head).end("<h1>We will be back</h1>");
    });
  const statuses = await inPage(async (policy) => {
    const sent = ["no", "unknown"].map((applied) =>
      lastgood.lastgoodFetch(
        `/applied-${applied}`,
        { method: "POST", body: "a=1" },
        policy,
      ),
    );
    return (await Promise.all(sent)).map(({ status }) => status);
  }, SOON);
  assert.deepEqual(statuses, [201, 503]);
});

test("429 is repeated when the server says, and not before", async () => {
  const head = { "429-told": { "retry-after": "0" }, "429-untold": {} };
  for (const [place, fields] of Object.entries(head))
    site.on(`/${place}`, (_, response) =>
      response.writeHead(429, fields).end("too many"),
    );
  await inPage(async (policy) => {
    await lastgood.lastgoodFetch("/429-told", {}, policy);
    await lastgood.lastgoodFetch("/429-untold", {}, policy);
  }, SOON);
  assert.equal(site.of("/429-told").length, 3);
  assert.equal(site.of("/429-untold").length, 1);
});

test("`Retry-After` of nothing, or of a time that is past, has the usual pause", async () => {
  site.on("/at-once", (_, response) =>
    response.writeHead(503, { "retry-after": "0" }).end(),
  );
  const past = new Date(Date.now() - 60_000).toUTCString();
  site.on("/past", (_, response) =>
    response.writeHead(503, { "retry-after": past }).end(),
  );
  const waits = await inPage(async () => {
    await lastgood.configure({ breaker: false, budget: { floor: 1000 } });
    /** @type {number[]} */
    const waits = [];
    const progress = (/** @type {any} */ { type, delay }) => {
      if (type === "wait") waits.push(delay);
    };
    const policy = { attempts: 2, backoff: { base: 200, cap: 200 }, progress };
    const places = ["/at-once", "/past", "/at-once", "/past", "/at-once"];
    for (const place of [...places, ...places])
      await lastgood.lastgoodFetch(place, {}, policy);
    return waits;
  });
  assert.ok(waits.every((wait) => wait < 200));
  assert.ok(Math.max(...waits) > 30, "ten times chance was not that small");
  assert.ok(new Set(waits).size > 3, "they differ");
});

test("a date is meant by the server's clock, whatever the visitor's shows", async () => {
  const hour = 3_600_000;
  const at = (/** @type {number} */ ms) =>
    new Date(Date.now() - hour + ms).toUTCString();
  site.on("/clock", (_, response, number) =>
    response
      .writeHead(number > 1 ? 200 : 503, {
        ...{ date: at(0), "retry-after": at(2000) },
      })
      .end(),
  );
  const wait = await inPage(async () => {
    let wait = 0;
    const progress = (/** @type {any} */ { delay = 0 }) => (wait += delay);
    await lastgood.lastgoodFetch("/clock", {}, { progress });
    return wait;
  });
  assert.ok(wait >= 1000 && wait <= 3000, `${wait} ms`);
});

test("a Request's own body is sent again if it is short and there", async () => {
  site.on("/request", FAILED(99));
  const attempts = await inPage(async (policy) => {
    const key = { "idempotency-key": '"k"' };
    /** @param {string} place @param {any} body @param {object} [more] */
    const tried = async (place, body, more) => {
      const init = { method: "POST", headers: key, body, ...more };
      let attempts = 0;
      const progress = (/** @type {any} */ { type }) => {
        if (type === "attempt") attempts += 1;
      };
      await lastgood
        .lastgoodFetch(new Request(place, init), undefined, {
          ...policy,
          progress,
        })
        .catch(() => {});
      return attempts;
    };
    const half = { duplex: "half" };
    const endless = new ReadableStream({
      pull: (it) =>
        new Promise((done) =>
          setTimeout(() => done(it.enqueue(new Uint8Array(1024))), 20),
        ),
    });
    return {
      text: await tried("/request?text", "the order"),
      form: await tried("/request?form", new URLSearchParams("a=1")),
      long: await tried("/request?long", "x".repeat(70_000)),
      endless: await tried("/request?endless", endless, half),
    };
  }, SOON);
  assert.deepEqual(attempts, { text: 3, form: 3, long: 1, endless: 1 });
  const texts = (/** @type {string} */ kind) =>
    site
      .of("/request")
      .flatMap(({ url, text }) => (url.endsWith(kind) ? [text] : []));
  assert.deepEqual(texts("text"), Array(3).fill("the order"));
  assert.deepEqual(texts("form"), Array(3).fill("a=1"));
  assert.deepEqual(texts("long"), ["x".repeat(70_000)]);
});

test("`hedge`: a second attempt beside a slow one, and the slower one is let go", async () => {
  /** @type {Promise<unknown> | undefined} */
  let closed;
  site.on("/hedge", (_, response, number) => {
    if (number > 1) return response.end("second");
    closed = new Promise((resolve) => response.on("close", resolve));
  });
  const told = await inPage(async () => {
    const policy = { hedge: { after: 100 }, attemptTimeout: "20s" };
    const start = performance.now();
    const response = await lastgood.lastgoodFetch("/hedge", {}, policy);
    return { text: await response.text(), ms: performance.now() - start };
  });
  assert.equal(told.text, "second");
  assert.ok(told.ms >= 95 && told.ms < 10_000, `${told.ms} ms`);
  await closed;
  assert.equal(site.of("/hedge").length, 2);
});

test("without `AbortSignal.any` who leaves leaves, and time-outs are kept", async () => {
  site.on("/silent-once", (_, response, number) => {
    if (number > 1) response.end("there");
  });
  const told = await inPage(async () => {
    const { any } = AbortSignal;
    Reflect.deleteProperty(AbortSignal, "any");
    try {
      const aborted = async (/** @type {string} */ place) => {
        const controller = new AbortController();
        const { signal } = controller;
        setTimeout(() => controller.abort(new RangeError("why")), 80);
        const response = await lastgood.lastgoodFetch(place, { signal });
        return response.text();
      };
      const name = (/** @type {any} */ error) => error.name;
      const policy = { attemptTimeout: 100, backoff: { base: 1, cap: 1 } };
      const late = await lastgood.lastgoodFetch("/silent-once", {}, policy);
      return {
        gone: AbortSignal.any === undefined,
        before: await aborted("/silent").catch(name),
        within: await aborted("/slow-body").catch(name),
        late: await late.text(),
      };
    } finally {
      Object.assign(AbortSignal, { any });
    }
  });
  assert.deepEqual(told, {
    ...{ gone: true, before: "RangeError", within: "RangeError" },
    late: "there",
  });
});

test("another origin learns the attempt only where policy names the header", async () => {
  other.on("/cors", ({ method }, response, number) => {
    const leave = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "x-attempt",
    };
    response.writeHead(method === "OPTIONS" || number > 2 ? 200 : 502, leave);
    response.end("there");
  });
  const url = `${other.origin}/cors`;
  const text = await inPage(
    async ({ url, policy }) =>
      (await lastgood.lastgoodFetch(url, {}, policy)).text(),
    { url, policy: SOON },
  );
  assert.equal(text, "there");
  const methods = other.of("/cors").map(({ method }) => method);
  assert.deepEqual(methods, ["GET", "GET", "GET"], "and no leave is asked");
  const named = { ...SOON, attemptHeader: "x-attempt" };
  await inPage(
    ({ url, policy }) => lastgood.lastgoodFetch(url, {}, policy).then(() => 0),
    {
      ...{ url, policy: named },
    },
  );
  const last = other.of("/cors").at(-1);
  assert.equal(last?.headers["x-attempt"], "1");
});

test("a policy is refused by the name of its field, before anything is sent", async () => {
  const told = await inPage(async () => {
    /** @type {any[]} */
    const policies = [
      ...[{ atempts: 3 }, { attempts: 0 }, { deadline: "soon" }, 7],
      { attempts: () => 3 },
    ];
    const messages = [];
    for (const policy of policies)
      messages.push(
        await lastgood
          .lastgoodFetch("/refused", {}, policy)
          .then(String, String),
      );
    return messages;
  });
  assert.match(told[0], /^TypeError: policy.atempts = 3: .*`attempts`/);
  assert.match(told[1], /^TypeError: policy.attempts = 0: .*1 to 10/);
  assert.match(told[2], /^TypeError: policy.deadline = "soon"/);
  for (const message of told) assert.match(message, /^TypeError/);
});

test("what is undefined was not chosen", async () => {
  const status = await inPage(async () => {
    const policy = { attempts: undefined, progress: undefined };
    return (await lastgood.lastgoodFetch("/echo", {}, policy)).status;
  });
  assert.equal(status, 200);
});

test("a request keeps its own policy when others are forgotten", async () => {
  site.on("/good", FAILED(0));
  site.on("/failing", FAILED(99));
  const attempts = await inPage(async () => {
    const { lastgoodFetch } = lastgood;
    const backoff = { base: 1, cap: 1 };
    const known = { attempts: 1, backoff };
    await lastgoodFetch("/good", {}, known);
    // So many as are remembered; the next one makes room.
    for (let n = 1; n < 128; n++)
      await lastgoodFetch("/good", {}, { deadline: `${20 + n}s` });
    const anew = { attempts: 3, backoff };
    const asked = [known, anew].map(async (policy, n) => {
      const attempts = /** @type {number[]} */ ([]);
      const progress = (/** @type {any} */ event) =>
        event.type === "attempt" && attempts.push(event.attempt);
      await lastgoodFetch(`/failing?${n}`, {}, { ...policy, progress });
      return attempts.length;
    });
    return Promise.all(asked);
  });
  assert.deepEqual(attempts, [1, 3]);
});

test("a write is sent again where the browser hides the body of a request", async () => {
  site.on("/once-failing", FAILED(1));
  // As Firefox does.
  const status = await inPage(async () => {
    const hidden = Object.getOwnPropertyDescriptor(Request.prototype, "body");
    Reflect.deleteProperty(Request.prototype, "body");
    const init = {
      method: "POST",
      body: "a=1",
      headers: { "Idempotency-Key": "k" },
    };
    const policy = { backoff: { base: 1, cap: 1 } };
    const { status } = await lastgood.lastgoodFetch(
      "/once-failing",
      init,
      policy,
    );
    if (hidden) Object.defineProperty(Request.prototype, "body", hidden);
    return status;
  });
  assert.equal(status, 200);
});

test("what is configured holds, by path, until it is configured anew", async () => {
  for (const place of ["/api/a", "/plain"]) site.on(place, FAILED(99));
  const refused = await inPage(async () => {
    const { configure } = lastgood;
    await configure({
      attempts: 1,
      routes: [{ path: "/api/*", attempts: 2, backoff: { base: 1, cap: 1 } }],
    });
    await lastgood.lastgoodFetch("/api/a");
    await lastgood.lastgoodFetch("/plain");
    /** @type {any} */
    const wrong = { attempts: 3, colour: "red" };
    const refused = await configure(wrong).then(String, String);
    await lastgood.lastgoodFetch("/plain");
    await configure({});
    return refused;
  });
  assert.match(refused, /^TypeError: policy.colour = "red"/);
  assert.equal(site.of("/api/a").length, 2);
  assert.equal(site.of("/plain").length, 2, "what is refused changes nothing");
});

test("what a response means is explained, and it can still be read", async () => {
  site.on("/iis", (_, response) => {
    response.writeHead(502, {
      "content-type": "text/html",
      "retry-after": "7",
    });
    response.end(IIS);
  });
  const told = await inPage(async () => {
    const response = await fetch("/iis");
    const { explain } = lastgood;
    const explained = await explain(response, {
      method: "POST",
      language: "ar",
    });
    const good = await explain(await fetch("/echo"));
    const thrown = await explain(new TypeError("Failed to fetch"));
    return { explained, length: (await response.text()).length, good, thrown };
  });
  const { advice, ...explained } = told.explained;
  assert.deepEqual(explained, {
    ...{ verdict: "final", cause: "bad-gateway", phase: "maybe-processed" },
    ...{
      retryable: false,
      retryAfter: 7000,
      requestId: null,
      number: "iis-502.3",
    },
  });
  assert.equal(advice?.language, "ar");
  assert.ok(told.length > 50 && told.good.verdict === "good");
  assert.equal(told.thrown.cause, "network");
});

test("a listener that throws takes nothing down", async () => {
  const told = await inPage(async () => {
    const reported = new Promise((resolve) =>
      addEventListener("error", ({ message }) => resolve(message), {
        once: true,
      }),
    );
    const progress = () => {
      throw new Error("mine");
    };
    const { status } = await lastgood.lastgoodFetch("/echo", {}, { progress });
    return { status, message: await reported };
  });
  assert.equal(told.status, 200);
  assert.match(String(told.message), /mine/);
});

test("where the wasm does not come, a request goes out as it is", async () => {
  const context = await browser.newContext();
  const bare = await context.newPage();
  await context.route("**/lastgood.wasm", (route) =>
    route.fulfill({ status: 502 }),
  );
  await bare.goto(site.origin);
  const ask = async () => {
    const { lastgoodFetch } = await import(
      // @ts-expect-error what the site serves
      "/lastgood/lastgood.js"
    );
    return (await lastgoodFetch("/500")).status;
  };
  assert.equal(await bare.evaluate(ask), 500);
  await context.unroute("**/lastgood.wasm");
  site.on("/later", FAILED(1));
  const later = await bare.evaluate(async () => {
    // @ts-expect-error what the site serves
    const { lastgoodFetch } = await import("/lastgood/lastgood.js");
    return (await lastgoodFetch("/later")).status;
  });
  assert.equal(later, 200, "and the next one asks for it again");
  await context.close();
});
