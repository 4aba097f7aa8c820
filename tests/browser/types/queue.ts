/** How people write it: the queue for writes. */
import {
  LastgoodQueueElement,
  QueueFullError,
  QueueOptionError,
  SYNC_TAG,
  WriteQueue,
  enhanceForms,
  queued,
  synced,
  type Entry,
  type Outcome,
  type State,
  type Texts,
} from "lastgood/queue";
import german from "lastgood/queue-languages/de.js";

const queue = new WriteQueue({
  routes: [
    { path: "/api/orders", methods: ["POST"], label: "Order" },
    { path: "https://api.test/*", deduplicates: "24h", unknownBlocks: false },
    {
      path: "/api/notes",
      deduplicates: true,
      headers: async ({ key }) => ({ authorization: key }),
      isDone: (response) => !response.redirected,
    },
  ],
  user: "7",
  limits: { entries: 10, bytes: 5e6, entryBytes: 1e6, age: "7d" },
  backoff: { base: 500, cap: "1m" },
  timeout: "30s",
});

// @ts-expect-error a queue without routes
new WriteQueue({});
// @ts-expect-error a route without a path
new WriteQueue({ routes: [{ methods: ["POST"] }] });
// @ts-expect-error a field that does not exist
new WriteQueue({ routes: [{ path: "/", dedupes: true }] });
// @ts-expect-error `base` and `cap` are all there is
new WriteQueue({ routes: [{ path: "/" }], backoff: { first: 5 } });

async function writes(order: FormData, signal: AbortSignal) {
  const init = { method: "POST", body: order, signal, label: "Two loaves" };
  const outcome: Outcome = await queue.send("/api/orders", init);
  if (outcome.sent) return [outcome.sent.status, outcome.unprotected];
  const entry: Entry = outcome.queued ?? outcome.gone;
  const state: State = entry.state;
  const due: number | undefined = entry.due;
  // @ts-expect-error what is sent goes beside the address, as in `fetch`
  await queue.send("/api/orders", order);
  // @ts-expect-error no such state
  if (state === "done") return;
  // @ts-expect-error what it is called is not for the caller to change
  entry.label = "Three loaves";
  const stored: Entry = await queue.add(new Request("/api/orders", init));
  const all: Entry[] = await queue.entries();
  const gone: boolean = await queue.cancel(stored.id);
  const again: Entry | undefined = await queue.sendAgain(stored.id);
  const { waiting, rest } = await queue.drain();
  return [due, all, gone, again, waiting, rest, await queue.clear()];
}

function failures(error: unknown) {
  if (error instanceof QueueFullError) return error.limit?.toFixed();
  if (error instanceof QueueOptionError) return error.remedy.length;
  return undefined;
}

function page() {
  const list = document.querySelector("lastgood-queue");
  if (!list) return;
  const made: LastgoodQueueElement = list;
  made.queue = queue;
  made.texts = { heading: "Not sent so far" };
  made.texts = german;
  const heading: string = made.texts.heading;
  // @ts-expect-error a text that does not exist
  made.texts = { headline: "Not sent so far" };
  const undo: () => void = enhanceForms(queue, { texts: german });
  enhanceForms(queue, { root: document.body });
  return [heading, undo];
}

async function worker(request: Request) {
  const tag: "lastgood-queue" = SYNC_TAG;
  const texts: Texts = german;
  if (!queue.takes(request)) return;
  const answer: Response = await queued(queue, request, { texts });
  await queued(queue, request, { texts: { pageBack: "Back" }, language: "en" });
  await synced(queue);
  return [tag, answer.status];
}

export { failures, page, worker, writes };
