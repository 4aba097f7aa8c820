// @ts-check
/**
 * A genuine 502: nginx whose application has died. The visitor sees the page
 * from before, or our page; nginx's own page never.
 */
import assert from "node:assert/strict";
import {
  ask,
  HOST,
  originWith,
  sourceOf,
  workerWith,
} from "../support/site.mjs";
import { nginxWith } from "../support/nginx.mjs";
import { test } from "../support/test.mjs";
import { until } from "../support/until.mjs";

/** @typedef {import("../support/site.mjs").Seen} Seen */

/** @param {Seen} seen */
function isNotOfNginx({ text, headers }) {
  assert.ok(!/<center>|nginx\/\d/i.test(text), text);
  assert.ok(!/502 Bad Gateway/i.test(text), text);
  assert.doesNotMatch(headers["proxy-status"] ?? "", /nginx/);
}

test("nginx with a dead upstream", async (t) => {
  const application = await originWith(t, { "*": ["200"] });
  const nginx = await nginxWith(t, application.port);
  const worker = await workerWith(t, { bindings: { ORIGIN: nginx.url } });
  const get = (/** @type {string} */ target) =>
    ask(worker.port, { target, headers: [["Accept", "text/html"]] });

  const before = await get("/page");
  assert.equal(before.status, 200);
  assert.match(before.headers.server, /nginx/);
  await until("it is kept", () => worker.stored(`http://${HOST}/page`));

  await application.stop();
  const direct = await ask(nginx.port, { target: "/page" });
  assert.equal(direct.status, 502);
  assert.match(direct.text, /502 Bad Gateway[\s\S]*nginx/);

  const kept = await get("/page");
  assert.equal(kept.status, 200);
  assert.equal(sourceOf(kept), "copy");
  assert.match(kept.text, /Opening hours[\s\S]*Saturday/);
  assert.match(kept.text, /data-lastgood="notice"/);
  assert.match(kept.headers["cache-status"], /fwd-status=502/);
  isNotOfNginx(kept);

  const unseen = await get("/unseen");
  assert.equal(unseen.status, 503);
  assert.equal(sourceOf(unseen), "answer");
  assert.ok(Number(unseen.headers["retry-after"]) > 0);
  assert.equal(unseen.headers["proxy-status"], "lastgood; received-status=502");
  isNotOfNginx(unseen);

  const body = Buffer.from("two loaves, please");
  const order = await ask(worker.port, {
    method: "POST",
    target: "/order",
    body,
  });
  assert.equal(order.status, 503);
  assert.match(order.text, /may or may not have been saved/);
  isNotOfNginx(order);

  const lines = worker.log
    .of("degraded")
    .map(({ url, shown, trail }) => [url, shown, trail[0].cause]);
  assert.deepEqual(lines, [
    ["/page", "copy", "bad-gateway"],
    ["/unseen", "answer", "bad-gateway"],
    ["/order", "answer", "bad-gateway"],
  ]);

  await application.setScript({ "*": ["200#again"] });
  const again = await get("/page");
  assert.equal(sourceOf(again), "origin");
  assert.match(again.text, /#again\]\]/);
});
