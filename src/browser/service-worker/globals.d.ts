/** Of the package that this was built from. */
declare const LASTGOOD_VERSION: string;

declare module "lastgood-wasm" {
  const text: string;
  export default text;
}
