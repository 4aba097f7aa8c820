// @ts-check
/**
 * A real nginx in front of whatever listens, or doesn't, on an upstream port:
 * the gateway whose 502 everybody knows.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { giveBackPort, holdPort } from "../origin/ports.mjs";
import { scratchPath } from "./scratch.mjs";
import { until } from "./until.mjs";

/** @typedef {import("./site.mjs").TestContext} TestContext */

const PLACES = [
  process.env.NGINX,
  "/usr/sbin/nginx",
  "/usr/local/bin/nginx",
  "/opt/homebrew/bin/nginx",
];
const TEMP = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

function executable() {
  const found = PLACES.find((place) => place && existsSync(place));
  if (found) return found;
  throw new Error(
    "nginx is not installed: `sudo apt-get install nginx-light`, or name it in NGINX",
  );
}

/** @param {string} dir @param {number} port @param {number} upstream */
const configuration = (dir, port, upstream) => `
daemon off;
master_process off;
pid ${dir}/pid;
error_log ${dir}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  ${TEMP.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
    }
  }
}
`;

/** @param {number} port */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** @param {TestContext} t @param {number} upstream */
export async function nginxWith(t, upstream) {
  const dir = scratchPath("nginx");
  mkdirSync(dir);
  const port = await holdPort();
  const file = path.join(dir, "nginx.conf");
  writeFileSync(file, configuration(dir, port, upstream));
  const child = spawn(
    executable(),
    ["-p", dir, "-e", `${dir}/error.log`, "-c", file],
    { stdio: "inherit" },
  );
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill();
    await ended;
    giveBackPort(port);
  });
  await until("nginx listens", () => accepts(port));
  return { port, url: `http://127.0.0.1:${port}` };
}
