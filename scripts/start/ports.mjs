// @ts-check
/** Finding a port nobody uses, on the loopback address only. */
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * The wished port when it is free, else any free one.
 * @param {number} wished 0 for any
 */
export async function freePort(wished) {
  return (await tryPort(wished)) ?? (await tryPort(0)) ?? wished;
}

/**
 * @param {number} port
 * @returns {Promise<number | undefined>}
 */
async function tryPort(port) {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? address?.port : undefined;
}
