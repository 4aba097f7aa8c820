// @ts-check
/**
 * The ways in which the demo origin can fail. Each is done to the connection
 * itself, so that whoever asks meets the genuine thing and not a description
 * of it. One that is not a way of answering (refusing) is the origin's own
 * business: there the listening socket is closed.
 */

/**
 * @typedef {object} Answer what the site would say
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/**
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} label on the switch
 * @property {string} does one line: what the origin does then
 * @property {"up" | "slow" | "down"} health
 * @property {(exchange: import("./origin.mjs").Exchange) => void} act
 */

export const SLOW_MS = 3000;

/** @type {Fault[]} */
export const FAULTS = [
  {
    name: "healthy",
    label: "Healthy",
    does: "Answers at once.",
    health: "up",
    act: (exchange) => exchange.answer(exchange.site()),
  },
  {
    name: "502",
    label: "502",
    does: "A gateway in front of a dead application.",
    health: "down",
    act: (exchange) => exchange.answer(gatewayPage(502, "Bad Gateway")),
  },
  {
    name: "503",
    label: "503",
    does: "Overloaded, and says so.",
    health: "down",
    act: (exchange) =>
      exchange.answer(gatewayPage(503, "Service Temporarily Unavailable")),
  },
  {
    name: "slow",
    label: "Slow",
    does: "The right answer, 3 seconds late.",
    health: "slow",
    act: (exchange) =>
      exchange.later(SLOW_MS, () => exchange.answer(exchange.site())),
  },
  {
    name: "hanging",
    label: "Hanging",
    does: "Takes the request, never answers.",
    health: "down",
    act: (exchange) => exchange.hold(),
  },
  {
    name: "resetting",
    label: "Resetting",
    does: "Resets the connection.",
    health: "down",
    act: (exchange) => exchange.reset(),
  },
  {
    name: "cutting",
    label: "Cutting",
    does: "Stops halfway through the page.",
    health: "down",
    act: (exchange) => exchange.cut(exchange.site()),
  },
  {
    name: "refusing",
    label: "Refusing",
    does: "Nobody listens on its port.",
    health: "down",
    act: (exchange) => exchange.reset(),
  },
  {
    name: "disguised",
    label: "Disguised",
    does: "A 502 page under status 200.",
    health: "down",
    act: (exchange) =>
      exchange.answer({ ...gatewayPage(502, "Bad Gateway"), status: 200 }),
  },
];

/** @param {string} name */
export function faultNamed(name) {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault) return fault;
  const names = FAULTS.map((one) => one.name).join(", ");
  throw new RangeError(`no fault is called "${name}"; there are ${names}`);
}

/**
 * What nginx says, to the letter, when the application behind it is gone.
 * @param {number} status
 * @param {string} reason
 * @returns {Answer}
 */
function gatewayPage(status, reason) {
  const title = `${status} ${reason}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<center><h1>${title}</h1></center>`,
    "<hr><center>nginx/1.22.1</center>",
    "</body>",
    "</html>",
    "",
  ];
  return {
    status,
    headers: { server: "nginx/1.22.1", "content-type": "text/html" },
    body: lines.join("\r\n"),
  };
}
