// @ts-check
/** Where the wasm is: within the script. */
import bytes from "lastgood-bytes";

export const source = () => bytes;
