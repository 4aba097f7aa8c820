// @ts-check

/**
 * Why a request failed for good. A `TypeError`, as what `fetch` rejects with: whoever
 * catches that catches this.
 */
export class LastgoodError extends TypeError {
  /**
   * @param {import("./lastgood").Failure} failure
   * @param {{ response?: Response, error?: unknown }} [had]
   */
  constructor(failure, { response, error } = {}) {
    super(`${told(failure)} (${failure.cause}, ${failure.phase})`);
    this.name = "LastgoodError";
    this.cause = failure.cause;
    this.phase = failure.phase;
    this.retryable = failure.retryable;
    this.retryAfter = failure.retryAfter ?? undefined;
    this.requestId = failure.requestId ?? undefined;
    this.attempts = failure.attempts;
    this.response = response;
    this.error = error;
  }
}

/** @param {import("./lastgood").Failure} failure */
function told({ attempts, status }) {
  if (!attempts) return "Not sent, as the server is known to be down";
  const times = attempts > 1 ? ` in ${attempts} attempts` : "";
  return status ? `The server answered ${status}${times}` : `Failed${times}`;
}
