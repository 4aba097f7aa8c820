// @ts-check
/** The core in a thread of its own: however much is played, the page goes on answering. */
import init, { page, play } from "lastgood-playground";

const ready = init({ module_or_path: new URL(WASM, location.href) });

addEventListener("message", async ({ data: { id, scenario, request } }) => {
  await ready;
  const answer =
    request === undefined ? play(scenario) : page(scenario, request);
  postMessage({ id, answer });
});
