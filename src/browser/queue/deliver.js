// @ts-check
/**
 * One sending: what is asked, and what came of it.
 */

/** Nothing that is read to judge an answer is longer, in bytes. */
const LONGEST_READ = 64 * 1024;
/** Nor is it waited for longer. */
const READ_MS = 5000;

/**
 * What the core is told: of an answer, or of its lack.
 * @typedef {{ status: number, fields: string, redirected: boolean, body?: string,
 *   type?: string, applied?: string } | { lost: "network" | "timeout" }} Came
 */

/**
 * @param {Request} request
 * @param {{ timeout: number, redirect?: RequestRedirect | undefined }} how
 * @param {(status: number, fields: string) => string} reads
 * @returns {Promise<{ came: Came, response?: Response }>}
 */
export async function deliver(request, { timeout, redirect }, reads) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), timeout);
  try {
    const response = await fetch(request, {
      signal: patience.signal,
      ...(redirect ? { redirect } : {}),
    });
    return { came: await seen(response, reads), response };
  } catch {
    return { came: { lost: patience.signal.aborted ? "timeout" : "network" } };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Response} response @param {(status: number, fields: string) => string} reads */
async function seen(response, reads) {
  // The browser follows it, and keeps to itself where to.
  if (response.type === "opaqueredirect")
    return { status: 303, fields: "", redirected: false };
  const { status, headers, redirected } = response;
  const fields = [...headers].map(([name, value]) => `${name}:${value}\n`);
  const told = { status, redirected, fields: fields.join("") };
  const wanted = reads(status, told.fields);
  if (!wanted) return told;
  const body = await start(response.clone());
  return wanted === "problem"
    ? { ...told, ...problem(body) }
    : { ...told, body };
}

/** @param {string} body */
function problem(body) {
  try {
    const { type, applied } = JSON.parse(body);
    return { type: String(type), applied: String(applied) };
  } catch {
    return {};
  }
}

/**
 * The text of a short body, as far as it comes in time.
 * @param {Response} response
 */
async function start(response) {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const timer = setTimeout(() => reader.cancel().catch(() => {}), READ_MS);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
      if (text.length > LONGEST_READ) {
        reader.cancel().catch(() => {});
        return "";
      }
    }
  } catch {
    return text;
  } finally {
    clearTimeout(timer);
  }
}
