// @ts-check
/** One request as requests.lua makes them, and its whole answer. */
import { get } from "node:http";

/** What copies may depend on, as in requests.lua. */
const FIELDS = {
  host: "shop.example",
  "accept-encoding": "gzip, deflate, br",
  "sec-fetch-dest": "document",
};

/**
 * @typedef {object} Answer
 * @property {number | undefined} status
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {Buffer} body
 */

/**
 * @param {number} port
 * @param {string} path
 * @param {import("node:http").Agent} [agent]
 * @returns {Promise<Answer>}
 */
export function ask(port, path, agent) {
  const options = { agent, host: "127.0.0.1", port, path, headers: FIELDS };
  return new Promise((resolve, reject) => {
    const asked = get(options, (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      const { statusCode: status, headers } = response;
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("end", () =>
        resolve({ status, headers, body: Buffer.concat(chunks) }),
      );
      response.once("error", reject);
    });
    asked.once("error", reject);
  });
}
