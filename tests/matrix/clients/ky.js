// @ts-check
/** ky as it comes. */
import ky from "ky";

/** @type {import("../page/client.js").Client} */
export const client = { send: (url, init) => ky(url, init) };
