// @ts-check
/** Where the wasm is: beside the modules. */
export const core = () => new URL("lastgood.wasm", import.meta.url);
export const queue = () => new URL("queue.wasm", import.meta.url);
export const words = () => new URL("words.wasm", import.meta.url);
