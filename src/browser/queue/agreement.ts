/** The types that people read are those of what is exported: `tsc` compares. */
import type * as written from "../queue";
import * as made from "./index.js";

/** What has private members is taken from nobody else, as far as `tsc` knows. */
type OfAnyQueue<Work> = Work extends (
  queue: any,
  ...more: infer More
) => infer Made
  ? (queue: written.WriteQueue, ...more: More) => Made
  : never;

type Written = typeof written;

export const exported: Written = {
  ...made,
  QueueFullError: made.QueueFullError as unknown as Written["QueueFullError"],
  QueueOptionError:
    made.QueueOptionError as unknown as Written["QueueOptionError"],
  enhanceForms: made.enhanceForms as OfAnyQueue<typeof made.enhanceForms>,
  queued: made.queued as OfAnyQueue<typeof made.queued>,
  synced: made.synced as OfAnyQueue<typeof made.synced>,
};

/** Of errors, which only the queue makes, what they have counts. */
export const thrown: (
  full: made.QueueFullError,
  wrong: made.QueueOptionError,
) => [written.QueueFullError, written.QueueOptionError] = (...it) => it;

/** Nothing is exported that they leave out. */
export const all: Record<
  Exclude<keyof typeof made, keyof typeof written>,
  never
> = {};
