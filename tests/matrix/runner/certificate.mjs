// @ts-check
/**
 * A key and a certificate that nobody trusts, for an origin that speaks HTTP/2:
 * browsers speak it over TLS only. Made in memory, so that no key is kept.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BITS = 0x03;
const UTF8 = 0x0c;
const TIME = 0x17;
const VERSION = 0xa0;
const DAY_MS = 24 * 60 * 60 * 1000;

/** ecdsa-with-SHA256 and commonName, encoded. */
const ALGORITHM = Buffer.from("06082a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");

/** @param {number} length */
function lengthOf(length) {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

/** One value in DER. @param {number} tag @param {Buffer[]} parts */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

/** @param {number} ms */
function time(ms) {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(TIME, Buffer.from(`${digits}Z`));
}

/** @param {string} name */
const named = (name) =>
  der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8, Buffer.from(name)))),
  );

/** @param {Buffer} content */
const pem = (content) =>
  `-----BEGIN CERTIFICATE-----\n${content.toString("base64")}\n-----END CERTIFICATE-----\n`;

/** For a day from now on. */
export function selfSigned() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  });
  const name = named("127.0.0.1");
  const algorithm = der(SEQUENCE, ALGORITHM);
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serial),
    ...[algorithm, name],
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    ...[name, publicKey.export({ type: "spki", format: "der" })],
  );
  const signature = sign("sha256", content, privateKey);
  const signed = der(BITS, Buffer.from([0]), signature);
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: pem(der(SEQUENCE, content, algorithm, signed)),
  };
}
