// @ts-check
/**
 * Whether a worker is well after something befell it: its core decides, its
 * configuration holds, copies are kept and shown. An instance that was started
 * anew and forgot something would pass any healthy request.
 */
import assert from "node:assert/strict";
import { HOST, sourceOf } from "./site.mjs";
import { until } from "./until.mjs";

/** @typedef {import("./site.mjs").Site} Site */

/** What must be told by the configuration for {@link isWell}. */
export const WELL_CONFIGURED = {
  soft_deadline: "200ms",
  backoff: { base: "0ms", cap: "0ms" },
  answer_status: "upstream",
};

/** What the origin must do for {@link isWell}. */
export const WELL_SCRIPTED = {
  "/well": ["200"],
  "/flaky": ["502", "200"],
  "/kept": ["200", "502"],
  "/down": ["502"],
};

/** @param {Site} site */
export async function isWell({ get, worker, log }) {
  const faults = log.of("fault").length;
  assert.equal((await get("/well")).status, 200);
  const flaky = await get("/flaky");
  assert.equal(flaky.status, 200, "a retry reaches the configured origin");
  const down = await get("/down");
  assert.equal(sourceOf(down), "answer");
  assert.equal(down.status, 502, "answer_status still holds");
  await get("/kept");
  await until("it is kept", () => worker.stored(`http://${HOST}/kept`));
  assert.equal(sourceOf(await get("/kept")), "copy");
  assert.equal(log.of("fault").length, faults, "no further fault");
}
