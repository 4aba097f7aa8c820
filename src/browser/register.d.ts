/** Installs lastgood's service worker. @packageDocumentation */

export interface Registration {
  /** The service worker of the site. Default: `"/sw.js"`. */
  url?: string | URL;
  /** `"module"` if it imports others. Default: `"classic"`. */
  type?: WorkerType;
  /** The part of the site that it is for. Default: the folder of the script. */
  scope?: string;
  /** Is called when a new version takes over this page. It need not be loaded again. */
  updated?: () => void;
}

/**
 * Installs the service worker; resolves with nothing where the browser has none, or where
 * the site switched it off by `Lastgood-Service-Worker: off` and still says so.
 */
export function register(
  options?: Registration,
): Promise<ServiceWorkerRegistration | undefined>;

/** Removes the service worker of this page and all copies; resolves with whether there was one. */
export function unregister(): Promise<boolean>;

/** Forgets all copies: to be called when a visitor signs out, or in. */
export function forget(): Promise<void>;
