// @ts-check
/** p-retry around `fetch`, three retries. */
import pRetry from "p-retry";

/** @type {import("../page/client.js").Client} */
export const client = {
  send: (url, init) =>
    pRetry(() => fetch(url, init), {
      retries: 3,
      signal: init.signal ?? undefined,
    }),
};
