// @ts-check
/** The command by which operators announce planned work, and its end. */
import * as core from "lastgood-core";

/** @type {import("./commands.js").Command} */
export const maintenance = {
  wish,
  done,
  words: {
    method: "Maintenance is switched on and off with POST.",
    large: "Say less in the message.",
    refused: "Nothing was announced",
    unknown: "It is not known to be announced",
    again:
      "What keeps announcements did not answer, or another one came at the same moment. Ask again.",
    failed: "The announcement failed",
  },
};

/**
 * What is to be announced, freed before anything can fail.
 * @param {any} body
 */
function wish(body) {
  const wish = core.maintenance_wish(body, Date.now());
  const { text, wrong } = wish;
  wish.free();
  return { text, wrong };
}

/**
 * What holds now; nothing, if that is something else. Who is let through is not for the
 * log.
 * @param {string} line as the core writes it
 */
function done(line) {
  const said = core.announced();
  if (said === undefined || !line.endsWith(` ${said}`)) return undefined;
  const holds = JSON.parse(said);
  const { on, path, start, end } = holds;
  return { holds: { maintenance: holds }, logged: { on, path, start, end } };
}
