// @ts-check
/**
 * Faults on purpose: the platform's part of a rehearsal, which is to compare a
 * signature and to seem to be an origin that is down.
 */
import * as core from "lastgood-core";
import { secret } from "./instance.js";

/** Statuses of {@link Fault} that are none. */
const NETWORK = 0;
const SILENCE = 1;

/** @typedef {{ fault: number, attempts: number }} Fault */

/**
 * The fault that a token asks for, if it is signed with our secret.
 * @param {string} token
 * @param {string} url
 * @returns {Promise<Fault | undefined>}
 */
export async function faultOf(token, url) {
  const key = secret();
  const read = key && core.rehearsal(token, url, Date.now());
  if (!read) return undefined;
  const { fault, attempts, signed, signature } = read;
  read.free();
  const genuine = await verify(key, signature, signed);
  return genuine ? { fault, attempts } : undefined;
}

/**
 * Compares a signature in constant time.
 * @param {string} secret
 * @param {Uint8Array} signature
 * @param {string} signed
 */
async function verify(secret, signature, signed) {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = encoder.encode(secret);
  const { subtle } = crypto;
  const key = await subtle.importKey("raw", raw, algorithm, false, ["verify"]);
  return subtle.verify("HMAC", key, signature, encoder.encode(signed));
}

/**
 * What an attempt seems to come to; nothing if it is to be made.
 * @param {Fault} fault
 * @param {number} number of the attempt, from 1
 * @returns {Promise<Response> | undefined}
 */
export function rehearsed({ fault, attempts }, number) {
  if (number > attempts) return undefined;
  if (fault === NETWORK) return Promise.reject(new Error("rehearsed"));
  if (fault === SILENCE) return new Promise(() => {});
  const headers = { "content-type": "text/plain; charset=utf-8" };
  const body = `A rehearsed ${fault}.\n`;
  return Promise.resolve(new Response(body, { status: fault, headers }));
}
