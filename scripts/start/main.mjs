// @ts-check
/**
 * The main job: set up, build, start, say what to try, and stop everything on
 * Ctrl-C. Modules that need the Node packages are imported only after set-up.
 */
import { once } from "node:events";
import { FOR_START, ensureOrExit } from "../setup.mjs";
import { HELP, readOptions } from "./options.mjs";

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @param {string[]} args */
export async function main(args) {
  const options = optionsOrExit(args);
  const began = Date.now();
  await ensureOrExit(FOR_START);
  const { build } = await import("../build.mjs");
  await build({ worker: true, browser: true, site: true });
  say("Starting the worker …");
  const asked = askedToStop();
  const { startDemo } = await import("./demo.mjs");
  const demo = await startDemo(options).catch(giveUp);
  const { freePort } = await import("./ports.mjs");
  const { startSite } = await import("./site.mjs");
  const pages = await startSite(await freePort(options.sitePort));
  say(welcome(demo, pages.url, Date.now() - began));
  const ended = once(demo.worker, "exit").then(() => "ended");
  const why = await Promise.race([asked, ended]);
  say(why === "ended" ? "The worker ended by itself." : "\nStopping …");
  await Promise.all([demo.stop(), pages.stop()]);
  process.exit(why === "ended" ? 1 : 0);
}

/**
 * Resolves at the first Ctrl-C (or its kin). Further ones are swallowed: they
 * would end us before we have ended what we started.
 */
function askedToStop() {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => resolve(signal));
    }
  });
}

/**
 * @param {Error} error
 * @returns {never}
 */
function giveUp({ message }) {
  process.stderr.write(`\nIt could not be started: ${message}\n`);
  process.exit(1);
}

/** @param {string[]} args */
function optionsOrExit(args) {
  try {
    const options = readOptions(args);
    if (!options.help) return options;
    say(HELP);
    return process.exit(0);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return process.exit(1);
  }
}

/**
 * @param {import("./demo.mjs").Demo} demo
 * @param {string} pages
 * @param {number} ms
 */
const welcome = ({ site, switchboard }, pages, ms) => `
  The site through lastgood   ${site}
  The switchboard             ${switchboard}
  The project's site          ${pages}
  The playground              ${pages}/playground/

  Ready after ${(ms / 1000).toFixed(1)} s. Try this:
    1. Open the switchboard and press "Visit": the page comes from the origin.
    2. Press "502": the origin is down now, and the visitor sees the last good page.
    3. Choose "An unseen page" and press "Visit": without a copy there is an honest answer.
    4. Press "Healthy": the next visit gets the fresh page.

  Ctrl-C stops everything.`;
