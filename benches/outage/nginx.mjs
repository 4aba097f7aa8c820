// @ts-check
/**
 * nginx as its manual would have it against an outage: stale copies on every
 * failure and while one is being renewed, one request per page at a time, a
 * second attempt, short time-outs, and a page of its own with `Retry-After`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveBackPort, holdPort } from "../../tests/origin/ports.mjs";
import { start, stop, temporaryFolder } from "../harness/children.mjs";
import { listening } from "./listening.mjs";

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** @param {string} folder @param {number} port @param {number} origin */
const configuration = (folder, port, origin) => `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off; tcp_nodelay on; keepalive_requests 1000000;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=pages:10m inactive=24h use_temp_path=off;
  upstream site {
    server 127.0.0.1:${origin} max_fails=0;
    server 127.0.0.1:${origin} max_fails=0;
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    root ${folder}/www;
    error_page 500 502 503 504 =503 @sorry;
    location @sorry {
      internal;
      add_header Retry-After 10 always;
      add_header Cache-Control no-store always;
      default_type text/html;
      return 503 "<!doctype html><title>Unavailable</title><p>Please try again in a moment.</p>";
    }
    location / {
      proxy_pass http://site;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_connect_timeout 1s;
      proxy_send_timeout 2s;
      proxy_read_timeout 2s;
      proxy_next_upstream error timeout http_502 http_503 http_504;
      proxy_next_upstream_tries 2;
      proxy_next_upstream_timeout 1900ms;
      proxy_cache pages;
      proxy_cache_key $request_uri;
      proxy_cache_use_stale error timeout invalid_header updating http_500 http_502 http_503 http_504;
      proxy_cache_background_update on;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 500ms;
      proxy_cache_lock_age 2s;
      proxy_intercept_errors on;
    }
  }
}
`;

/** @type {import("./replay.mjs").Gateway} */
export const nginx = {
  name: "nginx",
  async start(originPort) {
    const folder = temporaryFolder();
    const port = await holdPort();
    const file = join(folder, "nginx.conf");
    mkdirSync(join(folder, "www"));
    writeFileSync(file, configuration(folder, port, originPort));
    const log = join(folder, "error.log");
    const args = ["-c", file, "-p", folder, "-e", log];
    const child = start("nginx", args, ["ignore", "inherit", "inherit"]);
    await listening(child, "nginx", port, log);
    const ended = () => stop(child).finally(() => giveBackPort(port));
    return { port, stop: ended };
  },
};
