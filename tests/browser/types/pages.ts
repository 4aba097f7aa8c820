/** How people write it: the state of a site, and its service worker. */
import { forget, register, unregister } from "lastgood/register";
import {
  LastgoodStatus,
  watch,
  type Change,
  type State,
  type Watch,
} from "lastgood/status";

async function status() {
  const site: Watch = watch({ url: "/health" });
  const state: State = site.state;
  site.addEventListener("change", ({ detail }) => {
    const { before, since, age }: Change = detail;
    return [before, since.toFixed(), age?.toFixed()];
  });
  site.addEventListener("back", () => location.reload());
  // @ts-expect-error no such state
  if (state === "down") return;
  // @ts-expect-error it is the site's
  site.state = "well";
  // @ts-expect-error a field that does not exist
  watch({ uri: "/" });
  const after: State = await site.tryNow();
  const seen: State = await site.heed(await fetch("/"));
  site.close();
  return [after, seen];
}

function element() {
  const shown = document.querySelector("lastgood-status");
  if (!(shown instanceof LastgoodStatus)) return;
  shown.texts = { why: "The shop is closed for a moment." };
  // @ts-expect-error a text that does not exist
  shown.texts = { because: "" };
  return shown.watch?.paused;
}

async function installed() {
  const registration: ServiceWorkerRegistration | undefined = await register({
    url: new URL("/sw.js", location.href),
    type: "module",
    scope: "/",
    updated: () => console.log("a new version is at work"),
  });
  await register();
  // @ts-expect-error a field that does not exist
  await register({ path: "/sw.js" });
  await forget();
  const was: boolean = await unregister();
  return [registration?.active, was];
}

export { element, installed, status };
