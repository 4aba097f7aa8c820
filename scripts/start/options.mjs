// @ts-check
/** What `npm start` can be told on the command line. */
import { parseArgs } from "node:util";

export const HELP = `npm start                              the demo site behind lastgood, and a switchboard to break it
npm start -- --port 8787               where the site is served (any free port if it is taken)
npm start -- --switchboard-port 8788   where the switchboard is served (likewise)
npm start -- --site-port 8789          where the project's site and the playground are served (likewise)
npm start -- --help                    this`;

/**
 * @param {string[]} args
 * @returns {{ port: number, switchboardPort: number, sitePort: number, help: boolean }}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "8787" },
      "switchboard-port": { type: "string", default: "8788" },
      "site-port": { type: "string", default: "8789" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    port: portFrom("--port", values.port),
    switchboardPort: portFrom("--switchboard-port", values["switchboard-port"]),
    sitePort: portFrom("--site-port", values["site-port"]),
    help: values.help,
  };
}

/**
 * @param {string} option
 * @param {string} value
 */
function portFrom(option, value) {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new TypeError(`${option} is "${value}"; it takes a port, 0 to 65535`);
}
