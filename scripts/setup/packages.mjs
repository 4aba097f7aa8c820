// @ts-check
/**
 * What the operating system must provide. All that is missing is asked for in
 * one go, so that somebody without root rights gets exactly one command to
 * hand to somebody who has them.
 */
import { existsSync } from "node:fs";
import { platform } from "node:process";
import { onPath } from "./paths.mjs";
import { SetupError, indented, outputOf, run, say } from "./run.mjs";

/**
 * @typedef {object} SystemNeed
 * @property {string} what in the words of a person
 * @property {string[]} apt
 * @property {string[]} brew
 * @property {string} [mac] the command on macOS where it is not Homebrew's
 * @property {() => boolean} present
 */

const SBIN = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/** @type {Record<string, SystemNeed>} */
export const SYSTEM = {
  linker: {
    what: "a C linker (Rust links with it)",
    apt: ["build-essential"],
    brew: [],
    mac: "xcode-select --install",
    present: () => Boolean(onPath("cc")),
  },
  chromium: {
    what: "Chromium and its driver (browser tests)",
    apt: ["chromium", "chromium-driver"],
    brew: ["--cask chromium", "--cask chromedriver"],
    present: browserAndDriverAgree,
  },
  nginx: {
    what: "nginx (the tests get their genuine 502 from it)",
    apt: ["nginx"],
    brew: ["nginx"],
    present: () => Boolean(onPath("nginx", SBIN)),
  },
  php: {
    what: "PHP with cURL (one of the examples)",
    apt: ["php-cli", "php-curl"],
    brew: ["php"],
    present: () =>
      outputOf("php", ["-r", "exit(function_exists('curl_init') ? 0 : 1);"]) !==
      undefined,
  },
  requests: {
    what: "Python's requests (one of the examples)",
    apt: ["python3-requests"],
    brew: [],
    mac: "python3 -m pip install requests",
    present: () => Boolean(pythonWithRequests()),
  },
};

/** apt gives it to the system's own Python, which need not be the first on the PATH. */
export function pythonWithRequests() {
  return ["python3", "/usr/bin/python3"].find(
    (python) => outputOf(python, ["-c", "import requests"]) !== undefined,
  );
}

/** The driver only drives the browser of its own major version. */
function browserAndDriverAgree() {
  const [browser, driver] = ["chromium", "chromedriver"].map(
    (command) => / (\d+)\./.exec(outputOf(command, ["--version"]) ?? "")?.[1],
  );
  return browser !== undefined && browser === driver;
}

/**
 * Installs what is missing among the named needs.
 * @param {string[]} names keys of SYSTEM
 */
export async function ensureSystem(names) {
  const missing = names.map((name) => SYSTEM[name]).filter((n) => !n.present());
  if (missing.length === 0) return;
  say(`    Missing: ${missing.map((need) => need.what).join("; ")}.`);
  if (platform === "darwin") throw new SetupError(brewSentence(missing));
  if (!onPath("apt-get")) throw new SetupError(otherSystemSentence(missing));
  await aptInstall(missing);
  const still = missing.find((need) => !need.present());
  if (!still) return;
  throw new SetupError(
    `apt installed its packages, yet this is still not to be found: ${still.what}; put it on the PATH, then start again.`,
  );
}

/** @param {SystemNeed[]} missing */
function brewSentence(missing) {
  const commands = missing.flatMap(({ brew, mac }) => [
    ...brew.map((item) => `brew install ${item}`),
    ...(mac ? [mac] : []),
  ]);
  return `On macOS (untested) run this, then start again:  ${commands.join(" && ")}`;
}

/** @param {SystemNeed[]} missing */
function otherSystemSentence(missing) {
  const packages = missing.flatMap((need) => need.apt).join(", ");
  return `There is no apt-get here: install what Debian calls ${packages} with your system's package manager, then start again.`;
}

/** The words before a command that needs root, or undefined without rights. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const free = outputOf("sudo", ["-n", "true"]) !== undefined;
  return free ? ["sudo", "-n"] : undefined;
}

/** @param {SystemNeed[]} missing */
async function aptInstall(missing) {
  const packages = missing.flatMap((need) => need.apt);
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const prefix = rootPrefix();
  if (!prefix) {
    throw new SetupError(
      `Run this as root, then start again:  apt-get update && ${command}`,
    );
  }
  say(`    Installing ${packages.join(", ")} with apt (about a minute) …`);
  const strangerToNginx = !onPath("nginx", SBIN);
  await asRoot(prefix, ["apt-get", "update"]);
  const { ok, tail } = await asRoot(prefix, command.split(" "));
  if (!ok) {
    say(indented(tail));
    throw new SetupError(
      `apt could not install them: see its words above, make this work as root, then start again:  ${command}`,
    );
  }
  if (strangerToNginx) await keepNginxOff(prefix);
}

/**
 * @param {string[]} prefix
 * @param {string[]} command
 */
function asRoot(prefix, command) {
  const [first, ...rest] = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    ...command,
  ];
  return run(first, rest);
}

/**
 * Debian starts nginx on port 80 as soon as it is installed. The tests start
 * their own; a machine that had none must not find a web server running.
 * @param {string[]} prefix
 */
async function keepNginxOff(prefix) {
  if (!existsSync("/run/systemd/system") || !onPath("nginx", SBIN)) return;
  await asRoot(prefix, ["systemctl", "disable", "--now", "nginx"]);
}
