/** What the build makes, and scripts import by name. */

declare module "lastgood-texts" {
  /** The texts of each language, and those for administrators, by tag. */
  export const files: Record<string, () => Promise<{ default: any }>>;
  /** Other names of languages. */
  export const usual: Record<string, string>;
}

declare module "lastgood-queue-texts" {
  /** The queue's texts in each language but English, by tag. */
  export const files: Record<
    string,
    (() => Promise<{ default: import("./queue").Texts }>) | undefined
  >;
}

declare module "lastgood-tables" {
  /** The core's decisions about single failures. */
  const tables: {
    types: string;
    applied: string;
    phases: string[];
    causes: Record<
      string,
      { phase: string; title: string; blames: boolean; again: string[] }
    >;
    statuses: Record<string, string>;
    failing: number[];
    policy: Record<string, unknown>;
    remedies: Record<string, string>;
  };
  export default tables;
}

declare module "lastgood-queue" {
  export * from "lastgood-core";
  export { default } from "lastgood-core";
}

declare module "lastgood-words" {
  export * from "lastgood-core";
  export { default } from "lastgood-core";
}

declare module "lastgood-bytes" {
  /** A wasm, with a character for each byte. */
  const text: string;
  export default text;
}

declare module "lastgood-wasm" {
  /** Where each wasm is, or the wasm. */
  export const core: () => URL | Uint8Array;
  export const queue: () => URL | Uint8Array;
  export const words: () => URL | Uint8Array;
}
