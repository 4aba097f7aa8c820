// @ts-check
/**
 * The script that stands in for wasm does what the core does: the same scripts of events,
 * the same steps at the same times, as both draw their chance from the same seed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compiledCore, scriptInstead } from "./core.mjs";

const [core, script] = await Promise.all([compiledCore(), scriptInstead()]);

const BEGIN = -2;
const REPLY = -3;
const NOW = 1_800_000_000_000;
const DATE = new Date(NOW + 4000).toUTCString();

/** What the script has no part in is off. */
const BOTH = {
  disguised: false,
  rescue: "off",
  breaker: false,
  budget: { percent: 100, most: 100, floor: 10_000 },
};

/**
 * What an attempt comes to, so many milliseconds after it began.
 * @typedef {object} End
 * @property {number} after
 * @property {number} [status] none: it throws
 * @property {string} [fields]
 * @property {unknown} [problem]
 * @property {boolean} [offline]
 */

/**
 * @typedef {object} Story
 * @property {object} [policy]
 * @property {string} method
 * @property {string} url
 * @property {string} fields
 * @property {boolean} replayable
 * @property {number} seed
 * @property {number} leaves
 * @property {End[]} ends
 */

/**
 * What happens in a story, line by line, with the time of each.
 * @param {any} rules
 * @param {Story} story
 */
function played(rules, { policy, leaves, ends, ...story }) {
  const { method, url, fields, replayable, seed } = story;
  const own = policy ? rules.own_policy(policy) : 0;
  const exchange = new rules.Exchange(
    ...[own, method, url, fields, replayable, seed, NOW],
  );
  const told = [];
  let now = NOW;
  let step = exchange.start(now);
  /** @type {{ number: number, at: number, end: End } | undefined} */
  let running;
  for (let turn = 0; step !== REPLY; turn++) {
    assert.ok(turn < 5000, "a story ends");
    if (step === BEGIN) {
      const number = exchange.attempt();
      const headers = [true, false].map((own) => exchange.attempt_header(own));
      told.push(
        `${now - NOW} attempt ${number} ${headers} ${exchange.beside()}`,
      );
      const end = ends[number - 1] ?? ends[ends.length - 1];
      running = { number, at: now + end.after, end };
      step = exchange.begun(now);
      continue;
    }
    assert.ok(step >= 0, `${step} is a time`);
    const wakes = now + step;
    if (running && running.at < wakes && running.at <= NOW + leaves) {
      const { number, at, end } = running;
      running = undefined;
      now = at;
      step = end.status
        ? exchange.responded(
            ...[number, end.status, url, end.fields ?? "", end.problem, now],
          )
        : exchange.failed(number, end.offline ?? false, now);
    } else if (NOW + leaves < wakes) {
      now = NOW + leaves;
      told.push(`${leaves} left`);
      step = exchange.left(now);
    } else {
      now = wakes;
      step = exchange.woke(now);
    }
  }
  const failure = exchange.failure();
  told.push(`${now - NOW} outcome ${exchange.outcome()}`);
  told.push(JSON.stringify(failure, Object.keys(failure ?? {}).sort()) ?? "");
  exchange.free();
  return told;
}

/** @param {Story} story */
function isPlayedAlike(story) {
  const expected = played(core, story);
  assert.deepEqual(played(script, story), expected, JSON.stringify(story));
  return expected;
}

/** A source of choices that is the same each time. @param {number} seed */
function choices(seed) {
  const draw = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const one = (/** @type {any[]} */ of) => of[Math.floor(draw() * of.length)];
  return { draw, one };
}

const METHODS = [
  ...["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
  "REPORT",
];
const STATUSES = [
  ...[200, 204, 206, 301, 304, 400, 404, 408, 418, 429, 500, 501, 502, 503],
  ...[504, 505, 520, 521, 522, 523, 524, 525, 526, 527, 530, 599, 999],
];
const KEY = 'idempotency-key:"k"\n';
const WAITS = [
  ...["0", "1", " 2 ", "40", "99999999999999999999", "-1", "1.5", "soon", ""],
  ...[DATE, new Date(NOW - 9000).toUTCString(), "Wed, 09 Nov 1994"],
  "Sunday, 06-Nov-94 08:49:37 GMT",
  "Sun Nov  6 08:49:37 1994",
];
/** What a server's clock tells, and what a visitor's does not know. */
const DATES = [
  ...[NOW - 3_600_000, NOW + 2000].map((ms) => new Date(ms).toUTCString()),
  "soon",
];
/** Dates in all forms, right and nearly so. */
const FORMS = ["Sun", "sun", "Sunday", "Sundax", "Su", ""].flatMap((day) =>
  ["06", "6", " 6", "31", "00", "32"].flatMap((date) =>
    ["Jan", "feb", "JUN", "Foo"].flatMap((month) =>
      ["2028", "28", "1969"].flatMap((year) =>
        [" GMT", " PST", "", " GMT x"].flatMap((zone) => [
          `${day}, ${date} ${month} ${year} 08:49:37${zone}`,
          `${day}, ${date}-${month}-${year} 08:49:37${zone}`,
          `${day} ${month} ${date} 08:49:37 ${year}${zone}`,
        ]),
      ),
    ),
  ),
);
const SAID = [
  ...["max-age=60", "max-age=0", "no-store", "s-maxage=5, max-age=0"],
  ...['private, max-age="9"', 'x="a,max-age=9"', "max-age", "MAX-AGE=1"],
];
const PROBLEMS = [
  { retryable: false },
  { retryable: true, applied: "no" },
  { retryable: false, applied: "unknown" },
  { retry_after: 1.25, request_id: "abc" },
  { retry_after: -1, applied: 7, ray_id: "ray" },
  ...[[], "text", null, { retryable: "no" }],
  ...["gateway-timeout", "rate-limited", "disguised", "maintenance"].map(
    (cause) => ({ type: `tag:lastgood,2026:${cause}`, cause }),
  ),
  { type: "tag:lastgood,2026:x", cause: "toString", retryable: false },
  { type: "tag:lastgood,2026:dns", cause: "dns", applied: "unknown" },
  { type: "about:blank", cause: "tls", applied: "no", request_id: "q" },
];
const TYPES = [
  ...["application/problem+json", "application/json", "text/html"],
  "Application/JSON; charset=utf-8",
];
const POLICIES = [
  { attempts: 1 },
  { attempts: 10, backoff: { base: 10, cap: "2s" } },
  { attemptTimeout: 400, deadline: "5s" },
  { attemptTimeout: 800, deadline: 1000, unsafeDeadline: "2s" },
  { retryUnsafe: true },
  { retryUnsafe: true, attemptTimeout: "1s" },
  { retryAfter: false, backoff: { base: 0 } },
  { retryOn: ["network", 404, "500-504"] },
  { retryOn: ["timeout"] },
  { retryOn: [] },
  { retryStopHeader: "X-Stop", retryHeader: "x-again" },
  { attemptHeader: "X-Attempt", deadline: "900ms" },
];

/** @param {ReturnType<typeof choices>} from @returns {End} */
function anyEnd({ draw, one }) {
  const after = one([0, 5, 80, 699, 700, 1500, 9_999, 10_000, 45_000, 1e9]);
  if (draw() < 0.2) return { after, offline: draw() < 0.5 };
  const fields = [
    draw() < 0.3 ? `retry-after:${one(WAITS)}` : "",
    draw() < 0.2 ? `date:${one(DATES)}` : "",
    draw() < 0.5 ? `content-type:${one(TYPES)}` : "",
    draw() < 0.1 ? `lastgood-applied:${one(["no", "unknown", "?"])}` : "",
    draw() < 0.15 ? `cache-control:${one(SAID)}` : "",
    draw() < 0.2 ? "cf-ray:8a-FRA" : "",
    draw() < 0.1 ? "x-request-id:r1" : "",
    draw() < 0.1 ? "x-stop:1" : "",
    draw() < 0.1 ? "x-again:1" : "",
  ];
  const problem = draw() < 0.2 ? one(PROBLEMS) : undefined;
  const lines = fields.filter(Boolean).join("\n");
  return { after, status: one(STATUSES), fields: lines, problem };
}

/** @param {number} number @returns {Story} */
function anyStory(number) {
  const from = choices(number);
  const { draw, one } = from;
  const ends = Array.from({ length: 4 }, () => anyEnd(from));
  return {
    policy: draw() < 0.6 ? one(POLICIES) : undefined,
    method: one(METHODS),
    url: `https://s${number}.test/`,
    fields: draw() < 0.4 ? KEY : "accept:*/*\n",
    replayable: draw() < 0.9,
    seed: draw(),
    leaves: draw() < 0.1 ? Math.floor(draw() * 8000) : 150_000,
    ends,
  };
}

test("thousands of stories are played alike", () => {
  const seen = new Map();
  for (let number = 0; number < 6000; number++) {
    // Each starts with what is remembered of nothing.
    if (number % 20 === 0) for (const it of [core, script]) it.configure(BOTH);
    const told = isPlayedAlike(anyStory(number));
    const attempts = told.filter((line) => line.includes("attempt ")).length;
    seen.set(attempts, (seen.get(attempts) ?? 0) + 1);
  }
  for (const attempts of [1, 2, 3])
    assert.ok(seen.get(attempts) > 100, `${attempts} attempts are common`);
  assert.ok(Math.max(...seen.keys()) >= 4, "and more are seen");
});

test("every status, method, key and leave to repeat", () => {
  let repeated = 0;
  for (let status = 398; status < 600; status++) {
    for (const it of [core, script]) it.configure(BOTH);
    for (const method of METHODS)
      for (const fields of ["", KEY])
        for (const policy of [undefined, { retryUnsafe: true }])
          for (const proof of ["", "cf-ray:8a"]) {
            const url = `https://a${status}.test/`;
            const ends = [{ after: 10, status, fields: proof }];
            const rest = { replayable: true, seed: 0.5, leaves: 1e6, ends };
            const told = isPlayedAlike({
              policy,
              method,
              url,
              fields,
              ...rest,
            });
            if (told.length > 3) repeated++;
          }
  }
  assert.ok(repeated > 200, `${repeated} were repeated`);
});

test("`Retry-After` in each form, around the deadline", () => {
  for (const it of [core, script]) it.configure(BOTH);
  for (let ms = 0; ms < 40_000; ms += 1000)
    for (const wait of [`${ms / 1000}`, new Date(NOW + ms).toUTCString()])
      for (const seed of [0, 0.25, 0.999]) {
        const ends = [
          { after: 100, status: 503, fields: `retry-after:${wait}` },
        ];
        const rest = { fields: "", replayable: true, leaves: 1e6 };
        const url = `https://w${ms}.test/`;
        isPlayedAlike({ method: "GET", url, seed, ends, ...rest });
      }
});

test("a date in every form, and what is nearly one", () => {
  for (const it of [core, script]) it.configure({ ...BOTH, deadline: "10m" });
  const waits = FORMS.map((date) => {
    const headers = [["retry-after", date]];
    const by = (/** @type {any} */ it) =>
      it.explain({ status: 503, headers }, "GET", NOW).retryAfter;
    assert.equal(by(script), by(core), date);
    return by(core);
  });
  const read = waits.filter((wait) => wait !== null).length;
  assert.ok(read > 20 && read < FORMS.length / 10, `${read} of them are dates`);
});

test("whether the body of a failure may describe it", () => {
  for (const it of [core, script]) it.configure(BOTH);
  const url = "https://d.test/";
  const exchanges = [core, script].map(
    (it) => new it.Exchange(0, "GET", url, "", true, 0.5, NOW),
  );
  for (const status of STATUSES)
    for (const type of [...TYPES, "", "application/jsonx"]) {
      const asked = /** @type {const} */ ([
        status,
        `content-type:${type}`,
        NOW,
      ]);
      const [expected, told] = exchanges.map((it) => it.is_described(...asked));
      assert.equal(told, expected, `${asked}`);
    }
});

test("whom a cause blames, and an unknown one nobody", () => {
  const known = [
    ...["bad-gateway", "connection-refused", "connection-timeout", "disguised"],
    ...["dns", "gateway-timeout", "invalid-response", "listed", "loop"],
    ...["maintenance", "network", "offline", "rate-limited", "server-error"],
    ...["timeout", "tls", "truncated", "unavailable", "unreachable"],
  ];
  for (const cause of [...known, "", "Network", "toString", "constructor"])
    assert.equal(script.blames_origin(cause), core.blames_origin(cause), cause);
  assert.equal(script.blames_origin("network"), true);
  assert.equal(script.blames_origin("offline"), false);
});

test("routes hold where they match", () => {
  const routes = [
    { path: "/api/*", retryUnsafe: true, attempts: 2 },
    { path: "*.txt", attempts: 1 },
    { path: "/only", attempts: 4 },
  ];
  for (const it of [core, script]) it.configure({ ...BOTH, routes });
  const ends = [{ after: 10, status: 502 }];
  const rest = { fields: "", replayable: true, seed: 0.1, leaves: 1e6, ends };
  const counts = ["/api/x?y=1", "/a.txt#z", "/only", "/only/not", "/api"].map(
    (path) => {
      const url = `https://r.test${path}`;
      return isPlayedAlike({ method: "GET", url, ...rest }).length - 2;
    },
  );
  assert.deepEqual(counts, [2, 1, 4, 3, 3]);
});

/** @param {() => unknown} act */
function refusal(act) {
  try {
    act();
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

const WRITTEN = [
  ...[{}, { attempts: 3 }, { attempts: 0 }, { attempts: 11 }],
  ...[{ attempts: "3" }, { attempts: 2.5 }, { attempts: null }, { atempts: 3 }],
  ...[{ attemptTimeout: 9 }, { attemptTimeout: 10 }, { deadline: "10m" }],
  ...[{ deadline: 600_001 }, { deadline: "soon" }, { deadline: "1 s" }],
  ...[{ unsafeDeadline: "5" }, { deadline: 100.5 }, { deadline: -5 }],
  { attemptTimeout: "50s" },
  { attemptTimeout: "50s", deadline: "1m" },
  { deadline: "2s" },
  { backoff: { base: "10ms", cap: 5 } },
  { backoff: { cap: 5 } },
  { backoff: { base: -1 } },
  { backoff: { cap: "2m" } },
  { backoff: { bse: 1 } },
  { backoff: 5 },
  { retryOn: ["network", "502-504", 404] },
  { retryOn: [200] },
  { retryOn: [404, "x"] },
  { retryOn: "502" },
  { retryUnsafe: 1 },
  { retryAfter: "yes" },
  { retryHeader: "x y" },
  { retryStopHeader: "" },
  { attemptHeader: "X-Attempt" },
  { colour: "red" },
  { attempts: 0, colour: "red" },
  { budget: { percent: 5 } },
  { routes: [] },
  ...[7, "x", [], null, undefined, true],
];

test("what is refused is refused with the same words", () => {
  for (const it of [core, script]) it.configure({});
  for (const written of WRITTEN) {
    const by = (/** @type {any} */ it) => refusal(() => it.own_policy(written));
    assert.equal(by(script), by(core), JSON.stringify(written));
  }
  const refused = WRITTEN.filter((it) => refusal(() => script.own_policy(it)));
  assert.ok(refused.length > 25 && refused.length < WRITTEN.length - 8);
});

test("and so for all requests together", () => {
  const all = [
    ...[{ routes: 7 }, { routes: [7] }, { routes: [{}] }, { path: "/x" }],
    { routes: [{ path: "x" }] },
    { routes: [{ path: "/**" }] },
    { routes: [{ path: "/a*b", attempts: 99 }] },
    { routes: [{ path: "/a", budget: {} }] },
    { routes: [{ path: "/a", routes: [] }] },
    ...WRITTEN,
  ];
  for (const written of all) {
    const by = (/** @type {any} */ it) => refusal(() => it.configure(written));
    assert.equal(by(script), by(core), JSON.stringify(written));
  }
  for (const it of [core, script]) it.configure({});
});

test("what is explained is explained alike", () => {
  for (const it of [core, script]) it.configure({});
  const headers = [
    [],
    [["retry-after", "7"]],
    [["retry-after", DATE]],
    [["cache-control", "max-age=9"]],
    [["content-type", "application/json"]],
    [["lastgood-applied", "no"]],
    [
      ["cf-ray", "8a"],
      ["x-request-id", "r"],
    ],
  ];
  const seen = [{ error: "network" }, { error: "timeout" }];
  const statuses = Array.from({ length: 202 }, (_, index) => 398 + index);
  const replies = statuses.flatMap((status) =>
    headers.flatMap((headers) => [
      { status, headers },
      { status, headers, problem: { applied: "no", request_id: "p" } },
      { status, headers, problem: PROBLEMS.at(-2) },
    ]),
  );
  for (const it of [...seen, ...replies])
    for (const method of METHODS) {
      const { number: _, ...expected } = core.explain(it, method, NOW);
      const { number, ...told } = script.explain(it, method, NOW);
      assert.equal(number, null);
      assert.deepEqual(told, expected, `${method} ${JSON.stringify(it)}`);
    }
});

test("a cause has the title that the core gives it", () => {
  for (const cause of [
    "bad-gateway",
    "timeout",
    "listed",
    "loop",
    "",
    "toString",
  ])
    assert.equal(script.title_of(cause), core.title_of(cause), cause);
});
