// @ts-check
/** Where the wasm is: beside the module. */
export const source = () => new URL("lastgood.wasm", import.meta.url);
