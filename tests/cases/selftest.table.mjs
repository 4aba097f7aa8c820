// @ts-check
/** Cases about the runner itself: what it must make of good and of bad ones. */

/** @typedef {Record<string, any>} Json */

/** A good case, of which the others are variations. */
export const GOOD = {
  about: "the origin's answer",
  origins: { O1: ["200"] },
  steps: [
    { get: "/a", expect: { status: 200, from: "O1#1", complete: true } },
    { calls: { O1: 1 } },
  ],
};

/** @param {Json} expect @param {string} behaviour */
export const expecting = (expect, behaviour = "200") => ({
  origins: { O1: [behaviour] },
  steps: [{ get: "/a", expect }],
});

/** Each variation with its verdict and a part of its reason. @type {[string, Json, string, RegExp][]} */
export const CASES = [
  ["good", {}, "pass", /^$/],
  [
    "wrong-status",
    expecting({ status: 500 }),
    "fail",
    /step 1: status: expected 500, got 200/,
  ],
  [
    "wrong-from",
    expecting({ from: "O1#2" }),
    "fail",
    /from: expected "O1#2", got "O1#1"/,
  ],
  [
    "wrong-header",
    expecting({ headers: { "x-a": "*" } }),
    "fail",
    /header x-a/,
  ],
  [
    "too-slow",
    expecting({ ms: [0, 50] }, "200 slow(150)"),
    "fail",
    /milliseconds/,
  ],
  [
    "cut-unseen",
    expecting({ complete: true }, "200 cut(150)"),
    "fail",
    /complete: expected true/,
  ],
  [
    "cut-seen",
    expecting({ complete: false, bodyBytes: 150 }, "200 cut(150)"),
    "pass",
    /^$/,
  ],
  ["nothing", expecting({ status: 200 }, "reset"), "fail", /no answer/],
  [
    "vacuous",
    expecting({ headers: { "set-cookie": null } }, "reset"),
    "fail",
    /no answer/,
  ],
  [
    "either",
    expecting({ either: [{ status: 404 }, { from: null }] }),
    "fail",
    /none of/,
  ],
  [
    "calls",
    { steps: [{ get: "/a" }, { calls: { O1: 2 } }] },
    "fail",
    /calls of O1: expected 2, got 1/,
  ],
  [
    "unseen",
    { steps: [{ seen: { origin: "O1", method: "GET" } }] },
    "fail",
    /no call/,
  ],
  [
    "no-gap",
    { steps: [{ get: "/a" }, { gaps: { origin: "O1", ms: ">=0" } }] },
    "fail",
    /no gap/,
  ],
  [
    "setup",
    { steps: [{ get: "/a", setup: true, expect: { status: 404 } }] },
    "setup",
    /status/,
  ],
  [
    "together",
    {
      steps: [
        { parallel: [{ get: "/a", expect: { from: "O1#1" } }], times: 3 },
      ],
    },
    "fail",
    /1 of 3 held/,
  ],
  [
    "at-least",
    {
      steps: [
        {
          parallel: [{ get: "/a", expect: { from: "O1#1" } }],
          times: 3,
          atLeast: 1,
        },
      ],
    },
    "pass",
    /^$/,
  ],
  [
    "unused",
    {
      steps: [
        { exercised: { origin: "O1", behaviour: "200", why: "never asked" } },
      ],
    },
    "skip",
    /never asked/,
  ],
  [
    "no-setting",
    { policy: { retry: { windowMs: 500 } } },
    "skip",
    /no setting for retry.windowMs/,
  ],
  ["bad-key", expecting({ stauts: 200 }), "fail", /unknown key "stauts"/],
  ["bad-step", { steps: [{ gett: "/a" }] }, "fail", /"gett".* no kind of step/],
  [
    "bad-policy",
    { policy: { retry: { tries: 3 } } },
    "fail",
    /unknown key "tries"/,
  ],
  [
    "bad-word",
    { origins: { O1: ["502", "refused"] } },
    "fail",
    /neither a fault nor/,
  ],
  [
    "bad-option",
    { origins: { O1: ["200 cutt(3)"] } },
    "fail",
    /unknown option "cutt"/,
  ],
  ["bad-pattern", expecting({ from: "~(" }), "fail", /regular expression/],
  [
    "bad-origin",
    { steps: [{ calls: { O2: 0 } }] },
    "fail",
    /origin O2 has no script/,
  ],
];
