// @ts-check
/**
 * axios with axios-retry as they come, which in a browser means over
 * XMLHttpRequest: there is no promise of headers, the body is there when the
 * answer is, and some of what `fetch` can be told can't be said.
 */
import axios from "axios";
import axiosRetry from "axios-retry";
import { NotOffered } from "../page/client.js";

const instance = axios.create();
axiosRetry(instance);

/** @param {RequestInit} init */
function refuseWhatItLacks({ mode, redirect, keepalive, body }) {
  if (mode === "no-cors" || redirect === "manual" || keepalive)
    throw new NotOffered();
  if (body instanceof ReadableStream) throw new NotOffered();
}

/** @type {import("../page/client.js").Client} */
export const client = {
  async send(input, init) {
    if (input instanceof Request) throw new NotOffered();
    refuseWhatItLacks(init);
    const { status, data } = await instance.request({
      url: input,
      method: init.method,
      headers: { ...Object(init.headers) },
      data: init.body,
      signal: init.signal ?? undefined,
      responseType: "text",
      transformResponse: (text) => text,
    });
    return { status, type: "xhr", body: null, text: async () => data };
  },
};
