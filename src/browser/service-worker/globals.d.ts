/** Of the package that this was built from. */
declare const LASTGOOD_VERSION: string;

/** The site's settings: of policy, and how a request is sent that changes something. */
declare var LASTGOOD:
  { send?: (event: FetchEvent) => Response | Promise<Response> } | undefined;

declare module "lastgood-wasm" {
  const text: string;
  export default text;
}
