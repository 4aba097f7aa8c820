// @ts-check
/** Where the wasm is: within the script. */
import bytes from "lastgood-more-bytes";

export const source = () => bytes;
