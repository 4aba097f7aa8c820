// @ts-check
/**
 * The platform's own cost: a worker that only passes requests on. No worker in
 * front of an origin can be cheaper, so throughput is told against this one.
 */
export default {
  /**
   * @param {Request} request
   * @param {{ ORIGIN?: string }} env
   */
  fetch(request, { ORIGIN }) {
    if (!ORIGIN) return fetch(request);
    const { url } = request;
    return fetch(ORIGIN + url.slice(url.indexOf("/", 8)), request);
  },
};
