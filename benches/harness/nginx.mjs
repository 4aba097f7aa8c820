// @ts-check
/** nginx, in the foreground, with the servers it is given. */
import { writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchError, start } from "./children.mjs";

/**
 * @param {string} root its own folder
 * @param {number} port that answers when it is ready
 * @param {string} servers
 */
export async function startNginx(root, port, servers) {
  const file = join(root, "nginx.conf");
  writeFileSync(file, configuration(root, servers));
  const args = ["-c", file, "-p", root, "-e", "stderr"];
  const nginx = start("nginx", args, ["ignore", "inherit", "inherit"]);
  await Promise.race([accepting(port), ended(nginx)]);
  return nginx;
}

/**
 * @param {string} root
 * @param {string} servers
 */
function configuration(root, servers) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${root}/${name};`,
  );
  return `daemon off; master_process off; pid ${root}/pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nodelay on; open_file_cache max=16;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  client_max_body_size 0; types { text/html html; application/octet-stream bin; }
  ${temporary.join(" ")}
  ${servers}
}
`;
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = /** @type {import("node:net").AddressInfo} */ (
        server.address()
      );
      server.close(() => resolve(address.port));
    });
  });
}

/** @param {number} port */
async function accepting(port) {
  while (!(await accepts(port))) await sleep(20);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/**
 * @param {import("./children.mjs").ChildProcess} nginx
 * @returns {Promise<never>}
 */
function ended(nginx) {
  return new Promise((_, reject) => {
    nginx.once("exit", () => reject(new BenchError("nginx did not start")));
  });
}
