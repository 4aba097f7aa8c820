// @ts-check
/**
 * Varnish as its manual would have it against an outage: a probe, grace as long
 * as the origin is ill and short while it is well, no copy replaced by an
 * error, no body passed on before it is whole, and an error page with
 * `Retry-After`.
 */
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveBackPort, holdPort } from "../../tests/origin/ports.mjs";
import { start, stop, temporaryFolder } from "../harness/children.mjs";
import { listening } from "./listening.mjs";

export const VARNISHD = process.env.VARNISHD ?? "varnishd";

/** @param {number} origin */
const configuration = (origin) => `vcl 4.1;
import std;

backend site {
  .host = "127.0.0.1";
  .port = "${origin}";
  .connect_timeout = 1s;
  .first_byte_timeout = 2s;
  .between_bytes_timeout = 2s;
  .probe = {
    .url = "/probe/health";
    .interval = 500ms;
    .timeout = 500ms;
    .window = 4;
    .threshold = 3;
    .initial = 3;
  }
}

sub vcl_recv {
  if (req.restarts == 0) {
    set req.grace = 24h;
    if (std.healthy(req.backend_hint)) { set req.grace = 1s; }
  }
}

sub vcl_backend_response {
  set beresp.grace = 24h;
  set beresp.do_stream = false;
  if (beresp.status >= 500) {
    if (bereq.is_bgfetch) { return (abandon); }
    if (bereq.method == "GET" && bereq.retries == 0) { return (retry); }
    return (error(503));
  }
}

sub vcl_backend_error {
  set beresp.status = 503;
  set beresp.ttl = 0s;
  set beresp.grace = 0s;
  set beresp.http.Retry-After = "10";
  set beresp.http.Content-Type = "text/html; charset=utf-8";
  set beresp.body = "<!doctype html><title>Unavailable</title><p>Please try again in a moment.</p>";
  return (deliver);
}

sub vcl_deliver {
  if (resp.status == 503 && req.method == "GET" && req.restarts == 0) {
    set req.grace = 24h;
    return (restart);
  }
}

sub vcl_synth {
  set resp.http.Retry-After = "10";
  set resp.http.Content-Type = "text/html; charset=utf-8";
  synthetic("<!doctype html><title>Unavailable</title><p>Please try again in a moment.</p>");
  return (deliver);
}
`;

/** @type {import("./replay.mjs").Gateway} */
export const varnish = {
  name: "Varnish",
  async start(originPort) {
    const folder = temporaryFolder();
    const port = await holdPort();
    const file = join(folder, "site.vcl");
    writeFileSync(file, configuration(originPort));
    const log = join(folder, "log");
    const said = openSync(log, "w");
    const args = programArguments(folder, port, file);
    const child = start(VARNISHD, args, ["ignore", said, said]);
    await listening(child, "Varnish", port, log);
    const ended = () => stop(child).finally(() => giveBackPort(port));
    return { port, stop: ended };
  },
};

/** @param {string} folder @param {number} port @param {string} file */
const programArguments = (folder, port, file) => [
  ...["-F", "-n", join(folder, "work"), "-a", `127.0.0.1:${port}`],
  ...["-f", file, "-s", "default,64m", "-T", "none", "-j", "none"],
];
