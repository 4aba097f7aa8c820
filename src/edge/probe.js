// @ts-check
/**
 * Probes on a cron trigger. What is asked for, what is good and what follows is
 * decided in the core.
 */
import * as core from "lastgood-core";
import { hop, ready } from "./instance.js";
import { ask } from "./platform.js";

/** As many bytes of a body are looked at. */
const LOOKED_AT = 64 * 1024;

/**
 * Probes each origin, all at once.
 * @param {any} env
 */
export async function probeAll(env) {
  ready(env);
  const origins = Array.from({ length: core.probes() }, (_, origin) => origin);
  await Promise.all(origins.map(probe));
}

/** @param {number} origin */
async function probe(origin) {
  const target = core.probe_target(origin);
  if (target === undefined) return;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), core.probe_patience());
  const { signal } = controller;
  const host = core.host_of(origin);
  const { status, text } = await seen({ target, host, signal }).catch(() => ({
    status: 0,
    text: "",
  }));
  clearTimeout(timer);
  const line = core.probed(origin, status, text, Date.now());
  if (line) console.log(line);
}

/**
 * What an origin answers: its status, and the start of its body.
 * @param {{ target: string, host?: string, signal: AbortSignal }} way
 */
async function seen(way) {
  const headers = { "user-agent": "lastgood-probe", "cdn-loop": hop };
  const response = await ask(new Request(way.target, { headers }), way);
  const { status, body } = response;
  return { status, text: body ? await start(body) : "" };
}

/**
 * The first bytes of a body, as text.
 * @param {ReadableStream<Uint8Array>} body
 */
async function start(body) {
  let bytes = LOOKED_AT;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (bytes > 0) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value.subarray(0, bytes), { stream: true });
    bytes -= value.byteLength;
  }
  reader.cancel().catch(() => {});
  return text;
}
