/**
 * How people write it. `npx tsc -p tests/browser/types` fails where a line is refused that
 * should be right, and where one is taken that should be refused.
 */
import {
  LastgoodError,
  adviceFor,
  configure,
  events,
  explain,
  lastgoodFetch,
  ready,
  type Advice,
  type Cause,
  type Policy,
  type Progress,
  type RequestPolicy,
} from "lastgood";
import { lastgoodFetch as fromSingle } from "lastgood/single";

/** A drop-in: wherever a `fetch` is expected, it fits. */
const dropIn: typeof fetch = lastgoodFetch;
const single: typeof lastgoodFetch = fromSingle;
const inObject: { fetch: typeof globalThis.fetch } = { fetch: lastgoodFetch };

async function requests(signal: AbortSignal) {
  const response: Response = await lastgoodFetch("/a");
  await lastgoodFetch(new URL("https://a.test/"), { method: "POST", signal });
  await lastgoodFetch(new Request("/a"), { headers: [["a", "b"]] });
  await lastgoodFetch("/a", { body: new FormData(), keepalive: true });
  await lastgoodFetch("/a", undefined, { attempts: 2, deadline: "5s" });
  await lastgoodFetch(
    "/a",
    {},
    { backoff: { cap: 5 }, retryOn: [404, "500-504", "network"] },
  );
  await lastgoodFetch("/a", {}, { hedge: true, rescue: "off", coalesce: true });
  await lastgoodFetch("/a", {}, { hedge: { after: "1s" }, throws: true });
  await lastgoodFetch("/a", {}, { hedge: { percentile: 95 }, rescue: "32KiB" });

  // @ts-expect-error there is no request to nothing
  await lastgoodFetch();
  // @ts-expect-error a number is no address
  await lastgoodFetch(7);
  // @ts-expect-error of `init` as `fetch` takes it
  await lastgoodFetch("/a", { methd: "POST" });
  // @ts-expect-error a field that does not exist
  await lastgoodFetch("/a", {}, { atempts: 3 });
  // @ts-expect-error a number, and no text
  await lastgoodFetch("/a", {}, { attempts: "3" });
  // @ts-expect-error one field of both
  await lastgoodFetch("/a", {}, { hedge: { after: 1, percentle: 5 } });
  // @ts-expect-error `base` and `cap` are all there is
  await lastgoodFetch("/a", {}, { backoff: { bse: 5 } });
  // @ts-expect-error no such kind of failure
  await lastgoodFetch("/a", {}, { retryOn: [true] });
  // @ts-expect-error a budget is for all requests together
  await lastgoodFetch("/a", {}, { budget: { percent: 5 } });
  return response.status;
}

async function configuration() {
  const policy: Policy = {
    attempts: 4,
    budget: { percent: 10, most: 50, floor: 5, window: "10s" },
    breaker: { failures: 5, span: "1s", probeEvery: 250 },
    routes: [{ path: "/api/*", retryUnsafe: true, attemptHeader: "x-attempt" }],
  };
  await configure(policy);
  await configure({ breaker: false });
  const done: void = await configure({});

  // @ts-expect-error a route without a path
  await configure({ routes: [{ attempts: 3 }] });
  // @ts-expect-error a budget has no such field
  await configure({ budget: { percnt: 10 } });
  // @ts-expect-error what is told is not chosen
  await configure({ progress: () => {} });
  // @ts-expect-error a route has no budget of its own
  await configure({ routes: [{ path: "/", budget: {} }] });
  return done;
}

function progress() {
  events.addEventListener("wait", ({ detail }) => {
    const {
      delay,
      cause,
      method,
      url,
    }: { delay: number; cause?: Cause; method: string; url: string } = detail;
    // @ts-expect-error a wait is of no attempt that runs
    detail.attempt;
    return `${delay} ${cause} ${method} ${url}`;
  });
  events.addEventListener(
    "attempt",
    (event) => {
      const number: number = event.detail.attempt;
      // @ts-expect-error an attempt is not waited for
      event.detail.delay;
      return number;
    },
    { once: true },
  );
  const gaveUp = ({
    detail,
  }: CustomEvent<Extract<Progress, { type: "gaveup" }>>) => {
    const cause: Cause = detail.cause;
    const again: boolean = detail.retryable;
    return [cause, again];
  };
  events.addEventListener("gaveup", gaveUp);
  events.removeEventListener("gaveup", gaveUp);
  // @ts-expect-error no such event
  events.addEventListener("waits", (event) => event.detail);

  const told: RequestPolicy = {
    progress(event) {
      if (event.type === "wait") return void event.delay.toFixed();
      if (event.type === "gaveup") return void event.attempts.toFixed();
      if (event.type === "copy") return void event.age?.toFixed();
      const { attempt }: { attempt: number } = event;
      return void attempt;
    },
  };
  return told;
}

async function failures() {
  try {
    await lastgoodFetch("/a", {}, { throws: true });
  } catch (error) {
    if (!(error instanceof LastgoodError)) throw error;
    const asThrownByFetch: TypeError = error;
    const wait: number | undefined = error.retryAfter;
    const status = error.response?.status;
    // @ts-expect-error what it is called is not for the caller to change
    error.phase = "processed";
    // @ts-expect-error no such cause
    if (error.cause === "bad-gatway") return;
    switch (error.cause) {
      case "rate-limited":
      case "unavailable":
        return wait;
    }
    return [asThrownByFetch, status];
  }
}

async function explanations(response: Response, error: unknown) {
  const told = await explain(response, { method: "POST", language: "de" });
  if (told.verdict === "good") return;
  const advice: Advice | undefined = told.advice;
  const lines: string[] = (await adviceFor("timeout", { language: "ar" }))
    .administrators;
  // @ts-expect-error no such cause
  await adviceFor("time-out");
  // @ts-expect-error no such verdict
  if (told.verdict === "bad") return;
  // @ts-expect-error it may be a good one, with none
  told.cause.length;
  await ready();
  return [advice?.title, lines, (await explain(error)).retryable];
}

export {
  configuration,
  dropIn,
  explanations,
  failures,
  inObject,
  progress,
  requests,
  single,
};
