// @ts-check
/**
 * Ports an origin can leave and come back to.
 *
 * An origin that refuses connections closes its socket and later listens on
 * the same port again. Ports the system hands out (`listen(0)`) lie in the
 * range from which outgoing connections take theirs, so one of those could
 * be sitting on the port by then; ours lie below every usual such range.
 */

import net from "node:net";

const FIRST = 18_000;
const COUNT = 14_000;
const TRIES = 200;

/** Ports held by origins of this process, also while they refuse. @type {Set<number>} */
const held = new Set();

/** @param {net.Server} server @param {number} port @returns {Promise<void>} */
export function listenOn(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      { port, host: "127.0.0.1", exclusive: true, backlog: 511 },
      () => {
        server.off("error", reject);
        resolve();
      },
    );
  });
}

/** @param {number} port */
async function isFree(port) {
  const probe = net.createServer();
  try {
    await listenOn(probe, port);
  } catch {
    return false;
  }
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

/** A port that nobody listens on and that stays ours until it is given back. */
export async function holdPort() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (held.has(port)) continue;
    held.add(port);
    if (await isFree(port)) return port;
    held.delete(port);
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT}`);
}

/** @param {number} port */
export function giveBackPort(port) {
  held.delete(port);
}
