// @ts-check
/** One attempt at a request, as both peers make it. */

const ATTEMPT_TIMEOUT_MS = 5_000;

/** Statuses of an origin that is not there. */
export const FAILURES = new Set([
  502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530,
]);

/**
 * One attempt, given up if its headers take too long.
 * @param {Request} request
 * @param {string} [origin]
 */
export async function attempt(request, origin) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ATTEMPT_TIMEOUT_MS);
  const { signal } = controller;
  try {
    if (!origin) return await fetch(request, { signal });
    const { method, body, url } = request;
    const headers = new Headers(request.headers);
    headers.append("cdn-loop", "peer");
    const target = origin + url.slice(url.indexOf("/", 8));
    const init = { method, headers, body, signal };
    return await fetch(target, { ...init, redirect: "manual" });
  } finally {
    clearTimeout(timer);
  }
}
