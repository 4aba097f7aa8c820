// @ts-check
/** A browser that Lighthouse can talk to, with a profile that is thrown away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../setup/paths.mjs";

const FLAGS = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"],
  ...["--no-first-run", "--disable-background-networking", "--disable-sync"],
  ...["--disable-component-update", "--disable-extensions"],
  "--remote-debugging-port=0",
];
const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

export async function startBrowser() {
  const command = process.env.CHROMIUM ?? onPath("chromium");
  if (!command) throw new Error("Chromium is not installed");
  const profile = mkdtempSync(join(tmpdir(), "lastgood-lighthouse-"));
  const child = spawn(
    command,
    [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    { stdio: "ignore" },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    }
    // Its children may still write there.
    const retry = { maxRetries: 10, retryDelay: 200 };
    rmSync(profile, { recursive: true, force: true, ...retry });
  };
  try {
    return { port: await portOf(profile), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The browser writes down where it listens. @param {string} profile */
async function portOf(profile) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until;) {
    try {
      const told = readFileSync(join(profile, "DevToolsActivePort"), "utf8");
      return Number(told.split("\n")[0]);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
  throw new Error("Chromium did not come up");
}
