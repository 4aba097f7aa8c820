// @ts-check
/** Puts a client where the runner finds it. The build says which one `the-client` is. */
// @ts-ignore: an alias of the build
import { client } from "the-client";
import { abortAll, ask } from "./asking.js";

const page = /** @type {any} */ (globalThis);
page.ask = (/** @type {import("./asking.js").Task} */ task) =>
  ask(client, task);
page.abort = abortAll;
page.ready = prepared();

async function prepared() {
  await client.install?.();
  if (location.hash !== "#cold") await client.warm?.();
}
