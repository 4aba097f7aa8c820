// @ts-check
/** Where the wasm is: beside the module. */
export const source = () => new URL("more.wasm", import.meta.url);
