// @ts-check
/** Each demand of a row can fail, and says why; dates are written as they should be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { written } from "./runner/dates.mjs";
import { judge } from "./runner/judge.mjs";
import { loadRows } from "./runner/load.mjs";

/** @typedef {import("./runner/load.mjs").Right} Right */
/** @typedef {import("./runner/load.mjs").Own} Own */

/** What an origin saw at these ms. @param {number[]} times @param {object} [fields] */
const calls = (times, fields) =>
  times.map((at) => ({
    ...{
      n: 1,
      at,
      method: "GET",
      target: "/x",
      path: "/x",
      headers: {},
      list: [],
    },
    ...{
      body: Buffer.alloc(0),
      bodyComplete: true,
      connection: 1,
      reused: false,
    },
    ...{ behaviour: "", fault: null, ...fields },
  }));

/** @type {import("./page/asking.js").Outcome} */
const GOOD = {
  ...{ end: "answered", at: 0, ms: 100, resolvedMs: 50, firstMs: 60 },
  ...{
    status: 200,
    type: "basic",
    text: "[[O1#good]]",
    length: 11,
    error: null,
  },
};
/** @type {import("./page/asking.js").Told} */
const RESET = {
  ...{ name: "TypeError", message: "", status: null },
  ...{ isTypeError: true, isReason: false },
};
/** @type {import("./page/asking.js").Outcome} */
const FAILED = { ...GOOD, end: "failed", status: null, text: "", error: RESET };

/** @type {import("./runner/row.mjs").Seen} */
const SEEN = {
  ...{ calls: calls([0, 500]), preflights: 0, outcomes: [GOOD] },
  ...{ date: null, since: 0 },
};

/** @param {Partial<import("./runner/row.mjs").Seen>} seen @param {Right} right @param {Own} [own] */
function whyNot(seen, right, own) {
  const row = { id: "x", fault: "", origin: ["200"], right, own };
  return judge(row, own !== undefined, { ...SEEN, ...seen }).why.join("; ");
}

/** What is seen, what is demanded, and why it is wrong. @type {[Partial<import("./runner/row.mjs").Seen>, Right, string][]} */
const JUDGED = [
  [{}, { attempts: 2 }, ""],
  [{}, { attempts: [2, 4] }, ""],
  [{}, { attempts: 1 }, "2 attempts"],
  [{ calls: calls([0]) }, { attempts: 2 }, "one attempt"],
  [{}, { gaps: [490, 510] }, ""],
  [{}, { gaps: [2000, 3000] }, "again after 0.5 s"],
  [{ preflights: 1 }, { preflights: 0 }, "1 preflights"],
  [{}, { ends: { status: 200, id: "good" } }, ""],
  [{}, { ends: { status: 200, id: "page" } }, "200"],
  [{}, { ends: { status: 200, length: 12 } }, "200"],
  [{}, { ends: "rejects" }, "200"],
  [{ outcomes: [FAILED] }, { ends: "rejects" }, ""],
  [{ outcomes: [FAILED] }, { ends: "aborts" }, "throws TypeError"],
  [{ outcomes: [FAILED] }, { ends: { status: 502 } }, "throws TypeError"],
  [
    { outcomes: [{ ...FAILED, error: { ...RESET, status: 502 } }] },
    { ends: { status: 502 } },
    "",
  ],
  [{}, { ends: "opaque" }, "200"],
  [{}, { ms: [0, 99] }, "after 0.1 s"],
  [
    { outcomes: [{ ...GOOD, leftMs: 900 }] },
    { leftMs: 500 },
    "0.9 s after it was aborted",
  ],
  [{}, { answerMs: [60, 99] }, "answer after 0.1 s"],
  [{}, { firstMs: [0, 10] }, "first bytes after 0.1 s"],
  [{ date: 600 }, {}, "0.1 s too early"],
  [{ date: 500 }, {}, ""],
  [{}, { again: { least: 400, spread: 0 } }, "none comes again"],
  [
    {
      calls: [
        ...calls([0, 9], { path: "/x/0" }),
        ...calls([0, 9], { path: "/x/1" }),
      ],
    },
    { again: { least: 10, spread: 0 } },
    "again after 0.01 s",
  ],
  [
    {
      calls: [
        ...calls([0, 90], { path: "/x/0" }),
        ...calls([0, 91], { path: "/x/1" }),
      ],
    },
    { again: { least: 10, spread: 5 } },
    "all again within 1 ms",
  ],
  [
    { calls: [...calls([0]), ...calls([500], { body: Buffer.from("other") })] },
    { same: ["body"] },
    "another body",
  ],
  [
    {
      calls: calls([0, 1100, 1200, 2000]),
      outcomes: [GOOD, { ...GOOD, at: 1050 }, { ...GOOD, at: 1150 }],
    },
    { late: { afterMs: 1000, most: 1 } },
    "1.5 attempts a request go on",
  ],
  [
    {
      outcomes: [
        { ...GOOD, at: 0 },
        { ...FAILED, at: 500 },
      ],
    },
    { good: { afterMs: 400, share: 0.5 } },
    "0 % good",
  ],
];

for (const [seen, right, why] of JUDGED)
  test(`${JSON.stringify(right)}: ${why || "right"}`, () =>
    assert.equal(whyNot(seen, right), why));

test("what lastgood promises more narrowly is demanded of it alone", () => {
  assert.equal(whyNot({}, { attempts: [1, 4] }), "");
  assert.equal(whyNot({}, { attempts: [1, 4] }, { attempts: 1 }), "2 attempts");
});

test("an error of lastgood's own is looked into", () => {
  const own = {
    error: { isTypeError: true, cause: "network" },
    resolves: true,
  };
  assert.equal(
    whyNot({ outcomes: [FAILED] }, {}, /** @type {Own} */ (own)),
    "error.cause is undefined, not network; it throws",
  );
  assert.equal(
    whyNot({}, {}, { sends: { "x-attempt": [null, "2"] } }),
    "x-attempt of attempt 2: null",
  );
});

test("HTTP's three forms of a date (RFC 9110, 5.6.7)", () => {
  const date = new Date(784_111_777_000);
  assert.deepEqual(
    ["imf", "rfc850", "asctime"].map((form) => written(form, date)),
    [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ],
  );
});

test("the rows can be read", async () => {
  assert.ok((await loadRows()).length > 80);
});
