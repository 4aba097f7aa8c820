/** Of the package that this was built from. */
declare const LASTGOOD_VERSION: string;

declare module "lastgood-wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
