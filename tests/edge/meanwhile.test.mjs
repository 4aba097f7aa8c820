// @ts-check
/**
 * Requests that are in flight when the core fails for another one: each holds
 * something of the instance that is gone, and each is answered all the same.
 */
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import {
  isWell,
  WELL_CONFIGURED,
  WELL_SCRIPTED,
} from "../support/afterwards.mjs";
import { hexedCode, HEX } from "../support/hexed.mjs";
import { siteWith } from "../support/site.mjs";
import { until } from "../support/until.mjs";

const EACH = 5;
const NUMBERS = Array.from({ length: EACH }, (_, index) => index);

/** In flight before, in, and after their first attempt. */
const IN_FLIGHT = [
  { path: "/slow", method: "GET", script: ["200 slow(400)"], calls: 2 },
  { path: "/again", method: "GET", script: ["502", "200 slow(400)"], calls: 3 },
  { path: "/order", method: "POST", script: ["200 slow(400) echo"], calls: 1 },
  // Its exchange looks in on it before the answer comes.
  { path: "/long", method: "POST", script: ["200 slow(1500) echo"], calls: 1 },
];

/** Whose first answer comes after the fault, and before the next request. */
const LATE = [
  {
    path: "/late",
    method: "OPTIONS",
    script: ["502 slow(400)", "200"],
    calls: 2,
  },
];

/** @typedef {(typeof IN_FLIGHT)[number]} Flight */

for (const at of ["open", "exchange_new", "exchange_looked", "settle"]) {
  test(`${at} traps while others are in flight`, (t) =>
    check(t, at, IN_FLIGHT, EACH * 5));
  test(`${at} traps before the first answer of others`, (t) =>
    check(t, at, LATE, EACH));
}

/**
 * @param {import("../support/test.mjs").TestContext} t
 * @param {string} at
 * @param {Flight[]} flights
 * @param {number} calls that the origin has seen when all are in flight
 */
async function check(t, at, flights, calls) {
  const site = await siteWith(t, {
    script: {
      ...WELL_SCRIPTED,
      ...scriptOf(flights),
      "/hexed": ["502", "200"],
    },
    lastgood: WELL_CONFIGURED,
    code: hexedCode(at),
  });
  const going = flights.flatMap((flight) => leave(site, flight));
  await until("all are in flight", () => site.origin.count >= calls);
  const hexed = await site.get(`/hexed${HEX}`);
  assert.ok([200, 502].includes(hexed.status), `it got ${hexed.status}`);
  const seen = await Promise.all(going);
  for (const { path, calls } of flights) neverMore(site, path, calls);
  const answered = seen.map(({ status, text }) => `${status} ${text}`);
  const well = answered.filter((it) => it.startsWith("200 "));
  assert.deepEqual(answered, well, "all are answered well");
  await isWell(site);
}

/** @param {Flight[]} flights */
const scriptOf = (flights) =>
  Object.fromEntries(
    flights.flatMap(({ path, script }) =>
      NUMBERS.map((number) => [`${path}/${number}`, script]),
    ),
  );

/** @param {import("../support/site.mjs").Site} site @param {Flight} flight */
function leave({ ask }, { path, method }) {
  const body = method === "POST" ? Buffer.from("two loaves, please") : null;
  return NUMBERS.map((number) =>
    ask({ method, target: `${path}/${number}`, body }),
  );
}

/** @param {import("../support/site.mjs").Site} site @param {string} path @param {number} most */
function neverMore({ origin }, path, most) {
  for (const number of NUMBERS) {
    const calls = origin.calls.filter(
      (call) => call.path === `${path}/${number}`,
    );
    assert.ok(calls.length <= most, `${path} was asked ${calls.length} times`);
  }
}
