// @ts-check
/** What every example has to pass. */

/**
 * - `origin`: what the origin behind lastgood does; `bare`: a server that stands
 *   alone, in its place. Without either nobody listens
 * - `elsewhere`: what the alternative server does
 * - `circling`: the request has been here before
 * - `says`: what is told on stderr; `named`: with an id that is in the log
 * - `calls`: requests at the origin, or at least and at most
 * - `empty`: a good answer without a body
 * @typedef {{ name: string, origin?: string[], bare?: string[], elsewhere?: string[],
 *   circling?: boolean, args?: string, key?: string, code?: number, says?: RegExp[],
 *   named?: boolean, empty?: boolean, calls?: number | [number, number],
 *   elsewhereCalls?: number, waitsMs?: number, withinMs?: number }} Case
 */

const JSON_TYPE = "type(application/json)";
const GOOD = `200#good ${JSON_TYPE}`;
const SOON = "[Retry-After: 1]";
const LATE = "[Retry-After: 60]";
const CUT = `200[no-store] ${JSON_TYPE} cut(120)`;
const HTML = "502 type(text/html)";

const CHECK = /check before you send it again/;
const UNCHANGED = /Nothing was changed/;

/** @type {Case[]} */
const READS = [
  { name: "a good answer", origin: [GOOD] },
  { name: "HEAD", origin: ["200"], args: "--method HEAD", empty: true },
  {
    name: "502 twice, then good",
    origin: [`502${SOON}`, `502${SOON}`, GOOD],
    ...{ calls: 3, waitsMs: 2000 },
  },
  {
    name: "a total outage",
    origin: [`502${SOON}`],
    args: "--deadline 3",
    ...{ code: 1, calls: [2, 3], named: true, withinMs: 3000 },
    says: [/bad-gateway, status 503/, UNCHANGED, /in 1 seconds/],
  },
  {
    name: "it is asked to wait for longer than it has time",
    origin: [`503${LATE}`],
    args: "--deadline 5",
    ...{ code: 1, named: true, withinMs: 1000 },
    says: [/unavailable/, /in 60 seconds/],
  },
  {
    name: "a request in circles",
    circling: true,
    args: "--deadline 5",
    ...{ code: 1, calls: 0, named: true, withinMs: 1000 },
    says: [/loop, status 508/, /Look into it/],
  },
  {
    name: "what is not there",
    origin: ["404"],
    elsewhere: [GOOD],
    ...{ code: 1, says: [/status 404/] },
  },
  {
    name: "a body that breaks off, then a whole one",
    origin: [CUT, GOOD],
    calls: 2,
  },
  {
    name: "bodies that break off",
    origin: [CUT],
    args: "--deadline 2",
    ...{ code: 1, calls: [1, 2], says: [/truncated/] },
  },
];

/** @type {Case[]} */
const WRITES = [
  { name: "POST: a good answer", origin: [GOOD], args: "--data {}" },
  {
    name: "POST: 502, so it may have been applied",
    origin: [`502${SOON}`, GOOD],
    elsewhere: [GOOD],
    ...{ args: "--data {}", code: 3, named: true },
    says: [/bad-gateway/, CHECK],
  },
  {
    name: "POST: the connection breaks, so it may have been applied",
    origin: ["reset", GOOD],
    ...{ args: "--method POST", code: 3, named: true },
    says: [/network/, CHECK],
  },
  {
    name: "POST: the answer breaks off",
    origin: [CUT, GOOD],
    elsewhere: [GOOD],
    ...{ args: "--data {}", code: 3, says: [/truncated/, CHECK] },
  },
  {
    name: "POST: a redirect is not followed",
    origin: ["303[Location: /nothing]"],
    ...{ args: "--data {}", code: 3, says: [/status 303/, CHECK] },
  },
  // 521 is the edge's own word that nothing was sent, also from a scripted origin.
  {
    name: "POST: not applied, then good",
    origin: [`521${SOON}`, GOOD],
    ...{ args: "--data {}", calls: 2, waitsMs: 1000 },
  },
  {
    name: "POST: not applied, to the end",
    origin: [`521${SOON}`],
    ...{ args: "--data {} --deadline 2", code: 1, calls: [1, 2], named: true },
    says: [/connection-refused/, UNCHANGED],
  },
  {
    name: "POST: refused by the service",
    origin: [`429${SOON}`],
    elsewhere: [GOOD],
    ...{ args: "--data {}", code: 1, says: [/status 429/] },
  },
  {
    name: "POST with a key: may have been applied, then good",
    origin: [`502${SOON}`, GOOD],
    ...{ args: "--data {} --key k-1", key: "k-1", calls: 2 },
  },
  {
    name: "POST with a key: a doubt stays, although nothing more was sent",
    origin: [`502${SOON}`, `521${SOON}`],
    elsewhere: [GOOD],
    ...{ args: "--data {} --key k-2 --deadline 4", key: "k-2" },
    ...{ code: 3, calls: 2, says: [/bad-gateway/, CHECK] },
  },
];

/** @type {Case[]} */
const ELSEWHERE = [
  {
    name: "elsewhere: an outage here",
    origin: [`502${LATE}`],
    ...{ elsewhere: [GOOD], elsewhereCalls: 1, withinMs: 1000 },
  },
  {
    name: "elsewhere: half of the time is for the first server",
    origin: [`502${SOON}`],
    args: "--deadline 5",
    ...{ elsewhere: [GOOD], elsewhereCalls: 1, calls: [2, 3] },
  },
  {
    name: "elsewhere: a request in circles here",
    circling: true,
    ...{ elsewhere: [GOOD], elsewhereCalls: 1, calls: 0 },
  },
  {
    name: "elsewhere: a POST in circles here, so it was not applied",
    circling: true,
    ...{ args: "--data {}", elsewhere: [GOOD], elsewhereCalls: 1, calls: 0 },
  },
  {
    name: "elsewhere: nobody listens here",
    args: "--data {} --deadline 3",
    ...{ elsewhere: [GOOD], elsewhereCalls: 1, calls: 0 },
  },
  {
    name: "elsewhere: a POST that was not applied here",
    origin: [`521${LATE}`],
    ...{ args: "--data {}", elsewhere: [GOOD], elsewhereCalls: 1 },
  },
  {
    name: "elsewhere: an outage there as well",
    origin: [`502${LATE}`],
    args: "--deadline 2",
    ...{ elsewhere: [`503${LATE} ${JSON_TYPE}`], elsewhereCalls: 1 },
    ...{ code: 1, says: [/status 503/, /in 60 seconds/] },
  },
];

/** @type {Case[]} */
const OTHERS = [
  { name: "HTML from another, then good", bare: [HTML, GOOD], calls: 2 },
  {
    name: "HTML from another",
    bare: [HTML],
    args: "--deadline 2",
    ...{ code: 1, calls: 2, says: [/unexplained, status 502/] },
  },
  {
    name: "POST: HTML from another",
    bare: [HTML, GOOD],
    ...{ args: "--data {}", code: 3, says: [/status 502/, CHECK] },
  },
  {
    name: "JSON that is no problem",
    bare: [`503${SOON} type(application/problem+json)`, GOOD],
    calls: 2,
  },
  {
    name: "bytes that are not HTTP",
    bare: ["junk"],
    args: "--data {}",
    ...{ code: 3, says: [CHECK] },
  },
  {
    name: "silence",
    bare: ["hang"],
    args: "--deadline 2",
    ...{ code: 1, says: [/timeout/], waitsMs: 1900, withinMs: 2000 },
  },
  {
    name: "POST: silence",
    bare: ["hang"],
    elsewhere: [GOOD],
    args: "--data {} --deadline 2",
    ...{ code: 3, says: [/timeout/, CHECK], waitsMs: 1900, withinMs: 2000 },
  },
];

export const CASES = [...READS, ...WRITES, ...ELSEWHERE, ...OTHERS];
