// @ts-check
/** cockatiel around `fetch`: any error, three retries, its own exponential backoff. */
import { ExponentialBackoff, handleAll, retry } from "cockatiel";

const policy = retry(handleAll, {
  maxAttempts: 3,
  backoff: new ExponentialBackoff(),
});

/** @type {import("../page/client.js").Client} */
export const client = {
  send: (url, init) =>
    policy.execute(
      ({ signal }) => fetch(url, { ...init, signal }),
      init.signal ?? undefined,
    ),
};
