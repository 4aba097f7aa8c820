// @ts-check
/** The write queue: `lastgood/queue`. */
export { WriteQueue } from "./queue.js";
export { QueueFullError, QueueOptionError } from "./errors.js";
export { queued, synced, SYNC_TAG } from "./worker.js";
export { enhanceForms } from "./forms.js";
export { LastgoodQueueElement } from "./element.js";
