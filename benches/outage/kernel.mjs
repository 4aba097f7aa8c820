// @ts-check
/**
 * A refused connection never reaches the origin; only the kernel knows of it.
 * Its count is that of the whole machine.
 */
import { readFileSync } from "node:fs";

/** Connections that were refused so far; null where the system doesn't tell. */
export function failedConnections() {
  try {
    const text = readFileSync("/proc/net/snmp", "utf8");
    const [names = "", values = ""] = text.match(/^Tcp:.*$/gm) ?? [];
    const at = names.split(" ").indexOf("AttemptFails");
    return Number(values.split(" ")[at]);
  } catch {
    return null;
  }
}
